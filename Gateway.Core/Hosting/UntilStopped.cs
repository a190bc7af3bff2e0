namespace Gateway.Core.Hosting;

/// <summary>Work of a background service that its stop ends by cancelling.</summary>
public static class UntilStopped
{
    /// <summary>Runs until it is over or stopped. To be stopped is no failure: the host would otherwise call it one when it stops before it had wholly started.</summary>
    public static async Task RunAsync(Func<CancellationToken, Task> work, CancellationToken stoppingToken)
    {
        try
        {
            await work(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopped.
        }
    }
}
