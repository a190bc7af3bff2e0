using Gateway.Core.Admission;
using StackExchange.Redis;

namespace Gateway.Edge.Admission;

/// <summary>
/// The way to Redis: connects in the background, asks while the breaker is closed, probes all the time. A Redis that is
/// absent, slow or answers garbage costs requests at most a few deadlines, never an error.
/// </summary>
internal sealed class RedisLink(IServiceProvider services, TimeProvider time, EdgeMetrics metrics, ILogger<RedisLink> logger) : BackgroundService, ISharedLimits
{
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>How long the start waits for a Redis that is there, so that the first requests are not decided locally.</summary>
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(1);

    // The script itself, on a key of its own: a Redis that answers PING but cannot run or write is of no use.
    private static readonly RateLimit ProbeLimit = new("probe", 1_000_000, TimeSpan.FromSeconds(1), 1_000_000);

    private readonly RedisBreaker _breaker = new();
    private readonly TaskCompletionSource _firstProbe = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile RedisLimits? _limits;
    private bool _told;

    public bool IsUp => _breaker.IsClosed;

    public ValueTask<RateGrant?> TryTakeAsync(RateLimit limit, RateTake take, CancellationToken cancellationToken) =>
        _breaker.IsClosed && _limits is { } limits ? AskAsync(limits, limit, take, cancellationToken) : new((RateGrant?)null);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await base.StartAsync(cancellationToken);
        await _firstProbe.Task.WaitAsync(StartPatience, TimeProvider.System, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        metrics.SetDegraded(true);
        while (!stoppingToken.IsCancellationRequested)
        {
            // Also while requests use it: without traffic nobody else would notice that it is gone.
            await ProbeAsync(stoppingToken);
            await Task.Delay(ProbeInterval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async ValueTask<RateGrant?> AskAsync(RedisLimits limits, RateLimit limit, RateTake take, CancellationToken cancellationToken)
    {
        var grant = await limits.TryTakeAsync(limit, take, cancellationToken);
        if (grant is not null)
        {
            _breaker.Succeeded();
        }
        else
        {
            Failed();
        }

        return grant;
    }

    private void Failed()
    {
        if (_breaker.Failed())
        {
            metrics.SetDegraded(true);
            logger.RedisLost();
        }
    }

    private async Task ProbeAsync(CancellationToken stoppingToken)
    {
        try
        {
            _limits ??= new RedisLimits(await ConnectAsync().WaitAsync(stoppingToken), time);
            var good = await _limits.TryTakeAsync(ProbeLimit, RateTake.One, stoppingToken) is not null;
            if (_breaker.Probed(good))
            {
                metrics.SetDegraded(false);
                logger.RedisUsed();
            }
            else if (!good)
            {
                Failed();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service stops.
        }
#pragma warning disable CA1031 // A connection string that cannot be used must not end the Edge: limits stay local and /ready says so.
        catch (Exception exception)
        {
            if (!_told)
            {
                // Once: it is tried again twice a second.
                _told = true;
                logger.RedisNotUsable(exception.GetType().Name);
            }
        }
#pragma warning restore CA1031
        finally
        {
            _firstProbe.TrySetResult();
        }
    }

    // The first resolution connects and waits: on a thread of its own, so that it blocks neither a socket nor the pool.
    private Task<IConnectionMultiplexer> ConnectAsync() => Task.Factory.StartNew(
        services.GetRequiredService<IConnectionMultiplexer>, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
