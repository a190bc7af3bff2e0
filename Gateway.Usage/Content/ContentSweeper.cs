using Gateway.Core.Configuration;

namespace Gateway.Usage.Content;

/// <summary>Deletes whole days of content when <c>usage.capture_retention</c> is over, at the start and every hour. The setting is read each time.</summary>
internal sealed class ContentSweeper(IContentStore store, IConfigStore config, TimeProvider time, ILogger<ContentSweeper> logger) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromHours(1);

    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        var first = ContentDays.Of(time.GetUtcNow() - config.Current.Config.Usage.CaptureRetention);
        try
        {
            if (await store.RemoveBeforeAsync(first, cancellationToken) is > 0 and var days)
            {
                logger.DaysDeleted(days, first);
            }
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // Whatever it is: no reason to end this process.
            logger.SweepFailed(failure.GetType().Name);
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
            // The next start looks again.
        }
    }
}
