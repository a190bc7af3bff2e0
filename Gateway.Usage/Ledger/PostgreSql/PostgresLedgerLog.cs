namespace Gateway.Usage.Ledger.PostgreSql;

/// <summary>Event ids 5050-5069.</summary>
internal static partial class PostgresLedgerLog
{
    [LoggerMessage(5050, LogLevel.Warning, "The upkeep of the ledger in PostgreSQL did not work; it is tried again.")]
    public static partial void UpkeepFailed(this ILogger logger, Exception exception);

    [LoggerMessage(5051, LogLevel.Warning, "A transaction of the ledger did not work: {Problem} It is tried again after try {Attempt}.")]
    public static partial void TriedAgain(this ILogger logger, string problem, int attempt);

    [LoggerMessage(5052, LogLevel.Information, "Reports are answered from columns on this machine: {Rows} rows were read from PostgreSQL in {Took}.")]
    public static partial void CacheLoaded(this ILogger logger, long rows, TimeSpan took);

    [LoggerMessage(5053, LogLevel.Information, "The columns on this machine are made again: {Reason}. Reports ask PostgreSQL until they are.")]
    public static partial void CacheBeginsAnew(this ILogger logger, string reason);

    [LoggerMessage(5054, LogLevel.Warning, "The columns on this machine cannot be kept; reports ask PostgreSQL, which is slower. It is tried again in {Pause}. Check GATEWAY_DATA, its permissions and the room on its disk.")]
    public static partial void CacheFailed(this ILogger logger, Exception exception, TimeSpan pause);
}
