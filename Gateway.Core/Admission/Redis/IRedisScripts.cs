using StackExchange.Redis;

namespace Gateway.Core.Admission.Redis;

/// <summary>Runs scripts in Redis. Thread-safe, never throws for Redis' sake.</summary>
public interface IRedisScripts
{
    /// <summary>False while Redis is not asked: it failed too often, or was never reached.</summary>
    bool IsUp { get; }

    /// <summary>Runs one script.</summary>
    /// <param name="keys">All keys that it touches, with one hash tag.</param>
    /// <param name="urgent">True for calls that other requests do not add up to: they are made as soon as Redis is back, without the ramp.</param>
    /// <returns>Null when there was no good answer in time: then it may have run all the same, now or later.</returns>
    /// <exception cref="OperationCanceledException">By <paramref name="cancellationToken"/>; the script may run all the same.</exception>
    ValueTask<RedisValue[]?> RunAsync(RedisScript script, RedisKey[] keys, RedisValue[] values, bool urgent, CancellationToken cancellationToken);
}
