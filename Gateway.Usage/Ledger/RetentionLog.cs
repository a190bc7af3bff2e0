namespace Gateway.Usage.Ledger;

/// <summary>Event ids 5030-5034.</summary>
internal static partial class RetentionLog
{
    [LoggerMessage(5030, LogLevel.Information, "{Requests} requests were turned into sums: usage.retention is over. Requests from {KeptFrom:yyyy-MM-dd} on are kept.")]
    public static partial void RequestsCarried(this ILogger logger, long requests, DateTimeOffset keptFrom);

    [LoggerMessage(5031, LogLevel.Warning, "The ledger has a request of {Newest:u}, and this clock says {Now:u}: one of them is wrong. No request is turned into sums until they agree.")]
    public static partial void ClockIsBehind(this ILogger logger, DateTimeOffset newest, DateTimeOffset now);

    [LoggerMessage(5032, LogLevel.Error, "Requests whose time is over cannot be turned into sums ({Problem}); it is tried again in an hour.")]
    public static partial void CarryFailed(this ILogger logger, string problem);
}
