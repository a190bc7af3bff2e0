using Gateway.Core.Configuration;
using Gateway.Core.Errors;

namespace Gateway.Usage.Ledger;

/// <summary>
/// Turns requests into sums when <c>usage.retention</c> is over, at the start and every hour. The setting is read each time. Nothing is taken by a clock that the ledger shows to be wrong: what is gone does not come
/// back when the clock is right again.
/// </summary>
internal sealed class LedgerSweeper(ILedgerStore ledger, IConfigStore config, TimeProvider time, ILogger<LedgerSweeper> logger) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromHours(1);

    /// <summary>Clocks of Routers may differ from ours by less.</summary>
    private static readonly TimeSpan MostSkew = TimeSpan.FromHours(1);

    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        try
        {
            var ahead = await ledger.ListAsync(new RequestQuery(1, FromUnixMs: (now + MostSkew).ToUnixTimeMilliseconds()), cancellationToken);
            if (ahead.Requests is [var newest, ..])
            {
                logger.ClockIsBehind(DateTimeOffset.FromUnixTimeMilliseconds(newest.Final.Intent.TimeUnixMs), now);
                return;
            }

            if (await ledger.CarryAsync(now - config.Current.Config.Usage.Retention, cancellationToken) is > 0 and var requests)
            {
                logger.RequestsCarried(requests, ledger.KeptFrom);
            }
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // Whatever it is: no reason to end this process, and what was carried by then stays carried.
            logger.CarryFailed(failure is GatewayException refused ? refused.Error.Message : failure.GetType().Name);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        try
        {
            do
            {
                await SweepAsync(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The next start goes on.
        }
    }
}
