namespace Gateway.Usage.Ledger.PostgreSql;

/// <summary>What the ledger in PostgreSQL needs done beside batches and reports: reading what other processes took, summing up, the tables of the next days.</summary>
internal sealed class LedgerUpkeep(PostgresLedger ledger, TimeProvider time, ILogger<LedgerUpkeep> logger) : BackgroundService
{
    private static readonly TimeSpan FollowEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RollUpEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MakeDaysEvery = TimeSpan.FromHours(1);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // What is there is known before the listeners; a database that is away does not stop the start.
        await ledger.TryFollowAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        EveryAsync(FollowEvery, ledger.TryFollowAsync, stoppingToken),
        EveryAsync(FollowEvery, ledger.KeepColumnsAsync, stoppingToken),
        EveryAsync(RollUpEvery, ledger.RollUpAsync, stoppingToken),
        EveryAsync(MakeDaysEvery, token => ledger.MakeDaysAsync(time.GetUtcNow(), token), stoppingToken));

    private async Task EveryAsync(TimeSpan period, Func<CancellationToken, Task> work, CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(period, time);
        try
        {
            do
            {
                try
                {
                    await work(stoppingToken);
                }
                catch (Exception exception) when (exception is LedgerUnavailableException or LedgerFullException)
                {
                    logger.UpkeepFailed(exception);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Whoever comes next goes on where this one stopped.
        }
    }
}
