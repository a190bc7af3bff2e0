using Gateway.Core.Admission;
using Gateway.Core.Admission.Redis;
using StackExchange.Redis;

namespace Gateway.Edge.Admission;

/// <summary>Takes grants of plain rates from Redis. Thread-safe.</summary>
internal sealed class RedisLimits(IRedisScripts redis) : ISharedLimits
{
    /// <summary>No honest answer tells of more: a longer wait is garbage.</summary>
    private const long MaxMicros = 24L * 60 * 60 * 1_000_000;

    private static readonly RedisScript Script = new("take", GcraScript.Text);

    public bool IsUp => redis.IsUp;

    /// <returns>Null when Redis did not give a good answer in time. What was settled must not be told again: it may have arrived.</returns>
    public async ValueTask<RateGrant?> TryTakeAsync(RateLimit limit, RateTake take, CancellationToken cancellationToken)
    {
        if (!redis.IsUp)
        {
            return null;
        }

        var gcra = Gcra.Of(limit);
        RedisKey[] keys = [GcraScript.Key(limit.Scope)];
        RedisValue[] values = [gcra.IntervalMicros, gcra.Burst, take.Wanted, take.Used, take.Unused, take.TakenAtMicros];
        var answer = await redis.RunAsync(Script, keys, values, urgent: false, cancellationToken);
        return answer is null ? null : Read(answer, gcra, take);
    }

    private static RateGrant? Read(RedisValue[] values, Gcra gcra, RateTake take)
    {
        if (values is not { Length: 5 }
            || !TryRead(values[0], take.Wanted, out var granted) || !TryRead(values[1], gcra.Burst, out var remaining)
            || !TryRead(values[2], MaxMicros, out var wait) || !TryRead(values[3], MaxMicros, out var reset)
            || !TryRead(values[4], long.MaxValue, out var at) || (granted == 0) != (wait > 0))
        {
            return null;
        }

        return new RateGrant(granted, remaining, Micros(wait), Micros(reset), at);
    }

    private static bool TryRead(RedisValue value, long max, out long number)
    {
        number = value.IsInteger ? (long)value : -1;
        return number >= 0 && number <= max;
    }

    private static TimeSpan Micros(long value) => new(value * TimeSpan.TicksPerMicrosecond);
}
