using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Gateway.Core.Admission.Redis;

/// <summary>
/// The connection to Redis of one process: made in the background, and replaced as a whole when it hangs although Redis answers another one. Subscriptions move with it. Thread-safe.
/// </summary>
/// <remarks>
/// The client reconnects by itself, but not always: a host on the way that forgot the connection without a word leaves it open until the keep-alive finds out, and a storm of resets can leave the
/// client with a queue that nobody writes any more. Only a second connection that does answer tells such a case from a Redis that is slow or gone.
/// </remarks>
/// <param name="services">Has an <see cref="IConnectionMultiplexer"/>: the first connection.</param>
/// <param name="options">What another one is made with; null where the first was made by somebody else, who has to mend it too.</param>
public sealed class RedisConnection(IServiceProvider services, Func<ConfigurationOptions?>? options, TimeProvider time, ILogger<RedisConnection> logger) : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly List<(RedisChannel Channel, Action<RedisValue> Heard)> _subscriptions = [];
    private volatile IConnectionMultiplexer? _current;
    private bool _isReplacement;
    private bool _isDisposed;

    /// <summary>It broke and is there again, or was replaced. Called on a thread of the client: to be quick.</summary>
    public event Action? Restored;

    /// <summary>Null until there is one. Not to be kept: it may be replaced.</summary>
    public IConnectionMultiplexer? Current => _current;

    /// <summary>The first connection is made now, and waited for.</summary>
    /// <exception cref="Exception">Whatever the client throws over a connection string that cannot be used.</exception>
    public async Task<IConnectionMultiplexer> GetAsync(CancellationToken cancellationToken)
    {
        if (_current is { } current)
        {
            return current;
        }

        // The first resolution connects and waits: on a thread of its own, so that it blocks neither a socket nor the pool.
        var first = await OnOwnThread(services.GetRequiredService<IConnectionMultiplexer>).WaitAsync(cancellationToken);
        lock (_lock)
        {
            if (_current is null)
            {
                first.ConnectionRestored += OnRestored;
                _current = first;
            }

            return _current;
        }
    }

    /// <summary>Hears a channel from now on; returns when it is heard for the first time. Tries until then, and says only once that it could not.</summary>
    /// <param name="heard">Called on a thread of the client: to be quick, and not to throw.</param>
    /// <param name="notYet">The type of what went wrong.</param>
    public async Task SubscribeAsync(RedisChannel channel, Action<RedisValue> heard, Action<string> notYet, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(notYet);
        var (isKept, wasTold) = (false, false);
        while (true)
        {
            try
            {
                await GetAsync(cancellationToken);
                IConnectionMultiplexer current;
                lock (_lock)
                {
                    // Under one lock: what replaces this connection takes the subscription along.
                    current = _current!;
                    if (!isKept)
                    {
                        _subscriptions.Add((channel, heard));
                        isKept = true;
                    }
                }

                await SubscribeAsync(current, channel, heard).WaitAsync(Pause, time, cancellationToken);
                return;
            }
#pragma warning disable CA1031 // Whatever is wrong with Redis must not end the service: it goes on without this channel.
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                if (!wasTold)
                {
                    notYet(exception.GetType().Name);
                    wasTold = true;
                }

                await Task.Delay(Pause, time, cancellationToken);
            }
#pragma warning restore CA1031
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            if (_isReplacement)
            {
                _current!.Dispose();
            }
        }
    }

    /// <summary>Makes another connection and takes it in place of this one, if it answers.</summary>
    /// <param name="answers">Whether it does, and whether it is still wanted.</param>
    /// <returns>Whether it was replaced.</returns>
    internal async Task<bool> TryReplaceAsync(Func<IConnectionMultiplexer, Task<bool>> answers, CancellationToken cancellationToken)
    {
        if (options?.Invoke() is not { } made)
        {
            return false;
        }

        // Once: whoever calls tries again.
        var once = made.Clone();
        once.ConnectRetry = 1;
        var other = await OnOwnThread<IConnectionMultiplexer>(() => ConnectionMultiplexer.Connect(once));
        var isTaken = false;
        (RedisChannel Channel, Action<RedisValue> Heard)[] subscriptions;
        IConnectionMultiplexer before;
        try
        {
            if (cancellationToken.IsCancellationRequested || !await answers(other) || !TryTake(other, out subscriptions, out before))
            {
                return false;
            }

            isTaken = true;
        }
        finally
        {
            // Also when the service stops while it is asked.
            if (!isTaken)
            {
                Close(other);
            }
        }

        foreach (var (channel, heard) in subscriptions)
        {
            // What fails here is made up for by the client as soon as it can.
            _ = SubscribeAsync(other, channel, heard).ContinueWith(static failed => _ = failed.Exception, TaskScheduler.Default);
        }

        Close(before);
        logger.RedisReplaced();
        Restored?.Invoke();
        return true;
    }

    private bool TryTake(IConnectionMultiplexer other, out (RedisChannel Channel, Action<RedisValue> Heard)[] subscriptions, out IConnectionMultiplexer before)
    {
        lock (_lock)
        {
            subscriptions = [.. _subscriptions];
            before = _current!;
            if (_isDisposed)
            {
                return false;
            }

            before.ConnectionRestored -= OnRestored;
            other.ConnectionRestored += OnRestored;
            (_current, _isReplacement) = (other, true);
            return true;
        }
    }

    private static Task SubscribeAsync(IConnectionMultiplexer redis, RedisChannel channel, Action<RedisValue> heard) => redis.GetSubscriber().SubscribeAsync(channel, (_, value) => heard(value));

    // It may block, and what hangs must not hold up what works.
    private static void Close(IConnectionMultiplexer redis) => _ = OnOwnThread(() =>
    {
        redis.Close(allowCommandsToComplete: false);
        redis.Dispose();
        return true;
    }).ContinueWith(static failed => _ = failed.Exception, TaskScheduler.Default);

    private static Task<T> OnOwnThread<T>(Func<T> work) => Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private void OnRestored(object? sender, ConnectionFailedEventArgs restored)
    {
        if (restored.ConnectionType == ConnectionType.Interactive)
        {
            Restored?.Invoke();
        }
    }
}
