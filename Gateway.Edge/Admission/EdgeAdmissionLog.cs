namespace Gateway.Edge.Admission;

/// <summary>Log messages of admission, event ids 2030-2049. Ids and numbers only.</summary>
internal static partial class EdgeAdmissionLog
{
    [LoggerMessage(2030, LogLevel.Error, "Admission met an unexpected failure; the request was decided as if the shared state did not answer.")]
    public static partial void AdmissionFailed(this ILogger logger, Exception exception);

    [LoggerMessage(2031, LogLevel.Warning, "Usage does not tell what was spent ({Error}): without Redis, hard budgets that it has not told yet refuse. Said once, until it does.")]
    public static partial void UsageNotTelling(this ILogger logger, string error);

    [LoggerMessage(2032, LogLevel.Information, "Usage tells what was spent.")]
    public static partial void UsageTelling(this ILogger logger);

    [LoggerMessage(2033, LogLevel.Warning, "Edges do not hear of each other ({ExceptionType}): limits are divided by as many as were heard of last. Said once.")]
    public static partial void MembershipNotUsable(this ILogger logger, string exceptionType);

    [LoggerMessage(2034, LogLevel.Warning, "{Count} request(s) ended more than a minute ago and Usage knows no cost of them: what they held is given back.")]
    public static partial void EndsUnknown(this ILogger logger, int count);
}
