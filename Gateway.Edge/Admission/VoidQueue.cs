using System.Threading.Channels;
using Gateway.Core.Admission.Shared;

namespace Gateway.Edge.Admission;

/// <summary>
/// Gives back in the background what requests may hold that no Router got, until the shared state has answered. What is not answered within a minute is left to the end of its lease. Thread-safe.
/// </summary>
internal sealed class VoidQueue(IAdmissionStore? shared, TimeProvider time, EdgeAdmissionMetrics metrics, ILogger<VoidQueue> logger) : BackgroundService
{
    public const int Capacity = 16_384;

    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>The stop of the Edge waits no longer for what is still here.</summary>
    private static readonly TimeSpan LastWord = TimeSpan.FromSeconds(1);

    private const int Workers = 4;

    private readonly Channel<(Hold Hold, long Since)> _queue = Channel.CreateBounded<(Hold Hold, long Since)>(Capacity);
    private int _waiting;

    /// <summary>Holds that are not given back yet.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    public void Add(Hold hold)
    {
        if (shared is null)
        {
            return;
        }

        if (_queue.Writer.TryWrite((hold, time.GetTimestamp())))
        {
            Interlocked.Increment(ref _waiting);
        }
        else
        {
            metrics.VoidDropped();
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        // What stops before this one may have given back its leases a moment ago.
        _queue.Writer.TryComplete();
        if (ExecuteTask is { } working)
        {
            await working.WaitAsync(LastWord, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await base.StopAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var workers = new Task[shared is null ? 0 : Workers];
        for (var i = 0; i < workers.Length; i++)
        {
            workers[i] = WorkAsync(shared!, stoppingToken);
        }

        return Task.WhenAll(workers);
    }

    private async Task WorkAsync(IAdmissionStore store, CancellationToken stoppingToken)
    {
        try
        {
            while (await _queue.Reader.WaitToReadAsync(stoppingToken))
            {
                while (_queue.Reader.TryRead(out var next))
                {
                    await VoidAsync(store, next.Hold, next.Since, stoppingToken);
                    Interlocked.Decrement(ref _waiting);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service stops.
        }
    }

    private async Task VoidAsync(IAdmissionStore store, Hold hold, long since, CancellationToken stoppingToken)
    {
        while (time.GetElapsedTime(since) < Patience)
        {
            try
            {
                if (store.IsUp && await store.VoidAsync(hold, stoppingToken))
                {
                    return;
                }
            }
#pragma warning disable CA1031 // Whatever it was, it is tried again.
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                logger.AdmissionFailed(exception);
            }
#pragma warning restore CA1031

            await Task.Delay(Pause, time, stoppingToken);
        }

        metrics.VoidDropped();
    }
}
