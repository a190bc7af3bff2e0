using Gateway.Core.Admission.Redis;
using StackExchange.Redis;

namespace Gateway.Edge.VirtualKeys.Runtime;

/// <summary>
/// Tells other Edges through Redis that a key was changed, and hears it from them. It says no more than that: what has changed is asked of the store. Without Redis, or when a notice is lost, the
/// change arrives with the next turn of <see cref="RuntimeKeysRefresher"/>. Thread-safe.
/// </summary>
internal sealed class KeyNotices(ILogger<KeyNotices> logger, RedisConnection? redis = null)
{
    public static readonly RedisChannel Channel = new("gateway:keys", RedisChannel.PatternMode.Literal);

    /// <summary>In the background. A notice that is lost is no loss.</summary>
    public void Tell()
    {
        if (redis?.Current is { IsConnected: true } connection)
        {
            try
            {
                connection.GetDatabase().Publish(Channel, "changed", CommandFlags.FireAndForget);
            }
            catch (Exception exception) when (exception is RedisException or TimeoutException or ObjectDisposedException)
            {
            }
        }
    }

    /// <summary>Hears from now on; returns at once where there is no Redis.</summary>
    /// <param name="heard">Called on a thread of the client of Redis: to be quick, and not to throw.</param>
    public Task ListenAsync(Action heard, CancellationToken stoppingToken) =>
        redis?.SubscribeAsync(Channel, _ => heard(), logger.NoticesNotUsable, stoppingToken) ?? Task.CompletedTask;
}
