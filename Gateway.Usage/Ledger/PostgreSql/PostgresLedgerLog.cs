namespace Gateway.Usage.Ledger.PostgreSql;

/// <summary>Event ids 5050-5069.</summary>
internal static partial class PostgresLedgerLog
{
    [LoggerMessage(5050, LogLevel.Warning, "The upkeep of the ledger in PostgreSQL did not work; it is tried again.")]
    public static partial void UpkeepFailed(this ILogger logger, Exception exception);

    [LoggerMessage(5051, LogLevel.Warning, "A transaction of the ledger did not work: {Problem} It is tried again after try {Attempt}.")]
    public static partial void TriedAgain(this ILogger logger, string problem, int attempt);
}
