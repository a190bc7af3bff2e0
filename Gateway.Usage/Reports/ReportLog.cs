namespace Gateway.Usage.Reports;

internal static partial class ReportLog
{
    [LoggerMessage(5200, LogLevel.Error, "The ledger could not be read for a report.")]
    public static partial void ReportFailed(this ILogger logger, Exception exception);

    [LoggerMessage(5201, LogLevel.Error, "A report broke off after it had begun; its reader's connection was cut.")]
    public static partial void ReportBroken(this ILogger logger, Exception exception);

    [LoggerMessage(5202, LogLevel.Warning, "The ledger could not be read for those who follow its requests; it is tried again.")]
    public static partial void TailFailed(this ILogger logger, Exception exception);
}
