namespace Gateway.Edge.VirtualKeys.Runtime;

/// <summary>Keeps <see cref="RuntimeKeys"/> near to the store: asks it each second, and at once after a notice.</summary>
internal sealed class RuntimeKeysRefresher(RuntimeKeys keys, KeyNotices notices, EdgeSnapshots snapshots, KeyPepper pepper, TimeProvider time, ILogger<RuntimeKeysRefresher> logger) : BackgroundService
{
    /// <summary>Where nothing has changed, asking is one look at the head of a file, or one indexed query.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>How long the start waits for a store that is there, so that the first requests find their keys.</summary>
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(3);

    private readonly SemaphoreSlim _news = new(0, 1);
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HashSet<string> _shadowed = new(StringComparer.Ordinal);
    private (long Generation, long Revision) _compared;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!keys.IsOn)
        {
            if (!pepper.IsGiven && !keys.IsCurrent)
            {
                logger.PepperMissing();
            }

            return;
        }

        await base.StartAsync(cancellationToken);
        await _first.Task.WaitAsync(StartPatience, TimeProvider.System, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public override void Dispose()
    {
        base.Dispose();
        _news.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var listening = notices.ListenAsync(Wake, stoppingToken);
        while (!stoppingToken.IsCancellationRequested)
        {
            await RefreshAsync(stoppingToken);
            _first.TrySetResult();
            await PauseAsync(stoppingToken);
        }

        await listening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task RefreshAsync(CancellationToken stoppingToken)
    {
        try
        {
            await keys.RefreshAsync(stoppingToken);
            TellShadowed();
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service stops.
        }
#pragma warning disable CA1031 // A bug of ours in one stored key must not end the news of all others.
        catch (Exception exception)
        {
            logger.RefreshFailed(exception);
        }
#pragma warning restore CA1031
    }

    /// <summary>Says once of each key that the document has taken its id.</summary>
    private void TellShadowed()
    {
        var document = snapshots.Current.Keys;
        var now = (document.Generation, keys.Revision);
        if (now == _compared)
        {
            return;
        }

        _compared = now;
        _shadowed.RemoveWhere(id => !document.HasOwn(id) || keys.Find(id) is null);
        foreach (var id in document.OwnIds)
        {
            if (keys.Find(id) is not null && _shadowed.Add(id))
            {
                logger.KeyShadowed(id);
            }
        }
    }

    private async Task PauseAsync(CancellationToken stoppingToken)
    {
        using var pause = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        await using var timer = time.CreateTimer(static source => ((CancellationTokenSource)source!).Cancel(), pause, Interval, Timeout.InfiniteTimeSpan);
        await _news.WaitAsync(pause.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    // One notice is as good as many.
    private void Wake()
    {
        try
        {
            _news.Release();
        }
        catch (Exception exception) when (exception is SemaphoreFullException or ObjectDisposedException)
        {
        }
    }
}
