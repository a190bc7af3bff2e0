using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Gateway.Core.Admission.Redis;

/// <summary>
/// The way to Redis of one service: connects in the background, asks while the breaker is closed, probes all the time. A Redis that is absent, slow or answers garbage costs requests at most a
/// few deadlines, never an error. Thread-safe.
/// </summary>
public sealed class RedisLink : BackgroundService, IRedisScripts
{
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>Once a probe was good while Redis is not used: whoever waits for it waits for the rest of them.</summary>
    private static readonly TimeSpan NextProbe = TimeSpan.FromMilliseconds(250);

    /// <summary>So many in a row without any answer: a second connection shall tell whether it is Redis or the connection that hangs.</summary>
    private const int UnansweredToReplace = 3;

    /// <summary>Between two tries to replace a connection that says that it is there, and one that says that it is not: the client is at work on the latter itself.</summary>
    private static readonly TimeSpan ReplaceInterval = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan ReplaceIntervalWhileDown = TimeSpan.FromSeconds(5);

    /// <summary>How long the start waits for a Redis that is there, so that the first requests are not decided without it.</summary>
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(1);

    // It writes: a Redis that answers PING but is read-only or full is of no use.
    private static readonly RedisScript Probe = new("probe", "redis.call('SET', KEYS[1], '1', 'PX', 10000) return redis.call('TIME')");

    private readonly RedisConnection _connection;
    private readonly TimeProvider _time;
    private readonly ILogger<RedisLink> _logger;
    private readonly RedisBreaker _breaker;
    private readonly RedisMetrics _metrics;
    private readonly Random _random;
    private readonly TaskCompletionSource _firstProbe = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile RedisCalls? _calls;
    private bool _told;
    private int _unanswered;
    private Task _replacing = Task.CompletedTask;
    private TimeSpan _replacePause;
    private long _replaceTriedAt;

    public RedisLink(RedisConnection connection, TimeProvider time, IMeterFactory meters, ILogger<RedisLink> logger)
    {
        _connection = connection;
        _time = time;
        _logger = logger;
        _breaker = new RedisBreaker(time);
        _metrics = new RedisMetrics(meters);
        _random = new Random();
    }

    /// <summary>Redis is used again (true) or no longer (false). Called on the thread that found out: to be quick.</summary>
    public event Action<bool>? Changed;

    /// <summary>The connection broke and is there again: what Redis knew may be lost. Called on a thread of the client: to be quick.</summary>
    public event Action? Reconnected
    {
        add => _connection.Restored += value;
        remove => _connection.Restored -= value;
    }

    public bool IsUp => _breaker.IsClosed;

    public ValueTask<RedisValue[]?> RunAsync(RedisScript script, RedisKey[] keys, RedisValue[] values, bool urgent, CancellationToken cancellationToken)
    {
        if (_calls is { } calls && _breaker.Allows(urgent))
        {
            return AskAsync(calls, script, keys, values, urgent ? RedisCalls.UrgentDeadline : RedisCalls.Deadline, cancellationToken);
        }

        _metrics.NotAsked();
        return new((RedisValue[]?)null);
    }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await base.StartAsync(cancellationToken);
        await _firstProbe.Task.WaitAsync(StartPatience, TimeProvider.System, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            // Also while requests use it: without traffic nobody else would notice that it is gone.
            var isComingBack = await ProbeAsync(stoppingToken) && !_breaker.IsClosed;
            ReplaceIfItHangs(stoppingToken);
            await Task.Delay(Varied(isComingBack ? NextProbe : ProbeInterval), _time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async ValueTask<RedisValue[]?> AskAsync(RedisCalls calls, RedisScript script, RedisKey[] keys, RedisValue[] values, TimeSpan deadline, CancellationToken cancellationToken)
    {
        var asked = _time.GetTimestamp();
        var result = await calls.RunAsync(script, keys, values, deadline, cancellationToken);
        var took = _time.GetElapsedTime(asked);
        _metrics.Called(script, took, result.Values is not null);
        if (result.Values is null)
        {
            _metrics.Failed(result.Failure);
        }

        if (result.Failure is not RedisFailure.Starved && (result.Values is null ? _breaker.Failed(took) : _breaker.Succeeded(took)))
        {
            Tell(isUp: false);
        }

        return result.Values;
    }

    /// <returns>Whether it was a good one.</returns>
    private async Task<bool> ProbeAsync(CancellationToken stoppingToken)
    {
        try
        {
            var calls = _calls ??= new RedisCalls(await _connection.GetAsync(stoppingToken), _time);
            var asked = _time.GetTimestamp();
            var result = await calls.RunAsync(Probe, [RedisKeys.Probe], [], RedisCalls.Deadline, stoppingToken);
            var answered = result.Values is { Length: 2 };
            _unanswered = !answered && result.Failure is RedisFailure.Deadline or RedisFailure.Connection or RedisFailure.Crowded ? _unanswered + 1 : 0;
            var isGood = answered && _time.GetElapsedTime(asked) <= RedisBreaker.Slow;
            if (_breaker.Probed(isGood))
            {
                Tell(isUp: true);
            }
            else if (!answered)
            {
                _metrics.Failed(result.Failure is RedisFailure.None ? RedisFailure.Garbage : result.Failure);
                if (_breaker.Failed())
                {
                    Tell(isUp: false);
                }
            }

            return isGood;
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service stops.
            return false;
        }
#pragma warning disable CA1031 // A connection string that cannot be used must not end the service: it goes on without Redis and /ready says so.
        catch (Exception exception)
        {
            if (!_told)
            {
                // Once: it is tried again twice a second.
                _told = true;
                _logger.RedisNotUsable(exception.GetType().Name);
            }

            return false;
        }
#pragma warning restore CA1031
        finally
        {
            _firstProbe.TrySetResult();
        }
    }

    private void Tell(bool isUp)
    {
        _metrics.SetOpen(!isUp);
        if (isUp)
        {
            _logger.RedisUsed();
        }
        else
        {
            _logger.RedisLost();
        }

        try
        {
            Changed?.Invoke(isUp);
        }
#pragma warning disable CA1031 // Neither a request nor the probes end by what a listener does.
        catch (Exception exception)
        {
            _logger.ListenerFailed(exception);
        }
#pragma warning restore CA1031
    }

    // Not awaited by the probes: they go on on the old connection, which may come back first.
    private void ReplaceIfItHangs(CancellationToken stoppingToken)
    {
        if (_unanswered >= UnansweredToReplace && _replacing.IsCompleted && _time.GetElapsedTime(_replaceTriedAt) >= _replacePause)
        {
            _replaceTriedAt = _time.GetTimestamp();
            _replacePause = Varied(_connection.Current is { IsConnected: true } ? ReplaceInterval : ReplaceIntervalWhileDown);
            _replacing = ReplaceAsync(stoppingToken);
        }
    }

    private async Task ReplaceAsync(CancellationToken stoppingToken)
    {
        try
        {
            if (await _connection.TryReplaceAsync(AnswersAsync, stoppingToken))
            {
                _calls = new RedisCalls(_connection.Current!, _time);
            }
        }
#pragma warning disable CA1031 // Without another connection the old one is as good as before.
        catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
        {
            _logger.RedisNotReplaced(exception.GetType().Name);
        }
#pragma warning restore CA1031

        // The old one is asked last: a Redis that has just come back answers both.
        async Task<bool> AnswersAsync(IConnectionMultiplexer other) =>
            await IsAnsweredAsync(new RedisCalls(other, _time), stoppingToken) && !await IsAnsweredAsync(_calls!, stoppingToken);
    }

    private static async Task<bool> IsAnsweredAsync(RedisCalls calls, CancellationToken stoppingToken) =>
        (await calls.RunAsync(Probe, [RedisKeys.Probe], [], RedisCalls.Deadline, stoppingToken)).Values is { Length: 2 };

    // Not all services at the same moment: a tenth more or less.
    private TimeSpan Varied(TimeSpan time) => time * (0.9 + (0.2 * _random.NextDouble()));
}
