using StackExchange.Redis;

namespace Gateway.Edge.VirtualKeys.Runtime;

/// <summary>
/// Tells other Edges through Redis that a key was changed, and hears it from them. It says no more than that: what has changed is asked of the store. Without Redis, or when a notice is lost, the
/// change arrives with the next turn of <see cref="RuntimeKeysRefresher"/>. Thread-safe.
/// </summary>
internal sealed class KeyNotices(IServiceProvider services, TimeProvider time, ILogger<KeyNotices> logger)
{
    public static readonly RedisChannel Channel = new("gateway:keys", RedisChannel.PatternMode.Literal);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private volatile IConnectionMultiplexer? _redis;

    /// <summary>In the background. A notice that is lost is no loss.</summary>
    public void Tell()
    {
        if (_redis is { IsConnected: true } redis)
        {
            try
            {
                redis.GetDatabase().Publish(Channel, "changed", CommandFlags.FireAndForget);
            }
            catch (Exception exception) when (exception is RedisException or TimeoutException or ObjectDisposedException)
            {
            }
        }
    }

    /// <summary>Hears until it is cancelled. The client of Redis keeps the subscription up by itself, once there is one.</summary>
    /// <param name="heard">Called on a thread of that client: to be quick, and not to throw.</param>
    public async Task ListenAsync(Action heard, CancellationToken stoppingToken)
    {
        if (services.GetService<IServiceProviderIsService>()?.IsService(typeof(IConnectionMultiplexer)) != true)
        {
            return;
        }

        var wasTold = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                // The first resolution waits for the connection: not on a thread of others.
                var redis = await Task.Factory.StartNew(services.GetRequiredService<IConnectionMultiplexer>, stoppingToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
                await redis.GetSubscriber().SubscribeAsync(Channel, (_, _) => heard()).WaitAsync(Pause, time, stoppingToken);
                _redis = redis;
                return;
            }
#pragma warning disable CA1031 // Whatever is wrong with Redis must not end the Edge: it goes on without notices.
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                if (!wasTold)
                {
                    logger.NoticesNotUsable(exception.GetType().Name);
                    wasTold = true;
                }

                await Task.Delay(Pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
#pragma warning restore CA1031
        }
    }
}
