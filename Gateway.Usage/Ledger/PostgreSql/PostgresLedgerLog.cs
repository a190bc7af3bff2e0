namespace Gateway.Usage.Ledger.PostgreSql;

/// <summary>Event ids 5050-5069.</summary>
internal static partial class PostgresLedgerLog
{
    [LoggerMessage(5050, LogLevel.Warning, "The upkeep of the ledger in PostgreSQL did not work; it is tried again.")]
    public static partial void UpkeepFailed(this ILogger logger, Exception exception);
}
