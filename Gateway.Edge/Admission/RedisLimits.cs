using Gateway.Core.Admission;
using StackExchange.Redis;

namespace Gateway.Edge.Admission;

/// <summary>
/// Asks Redis for one grant. Never throws for Redis' sake, never waits longer than its deadline, never queues without
/// bound. Thread-safe.
/// </summary>
internal sealed class RedisLimits(IConnectionMultiplexer redis, TimeProvider time)
{
    /// <summary>A limit check that takes longer is worth less than a local one.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromMilliseconds(50);

    /// <summary>More calls than this in flight means that Redis hangs; queueing more would only use memory.</summary>
    public const int MaxInFlight = 1024;

    /// <summary>No honest answer tells of more: a longer wait is garbage.</summary>
    private const long MaxMicros = 24L * 60 * 60 * 1_000_000;

    private int _inFlight;

    /// <returns>Null when Redis did not give a good answer in time. What was settled must not be told again: it may have arrived.</returns>
    public async ValueTask<RateGrant?> TryTakeAsync(RateLimit limit, RateTake take, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _inFlight) > MaxInFlight)
        {
            Interlocked.Decrement(ref _inFlight);
            return null;
        }

        var asking = AskAsync(limit, take);
        try
        {
            return await asking.WaitAsync(Deadline, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    // Goes on after the deadline: the place in flight is free only when the library has let go of the call.
    private async Task<RateGrant?> AskAsync(RateLimit limit, RateTake take)
    {
        try
        {
            var gcra = Gcra.Of(limit);
            var database = redis.GetDatabase();
            RedisKey[] keys = [GcraScript.Key(limit.Scope)];
            RedisValue[] values = [gcra.IntervalMicros, gcra.Burst, take.Wanted, take.Used, take.Unused, take.TakenAtMicros];
            try
            {
                return Read(await database.ScriptEvaluateAsync(GcraScript.Sha1, keys, values), gcra, take);
            }
            catch (RedisServerException unknown) when (unknown.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
            {
                // A restart or SCRIPT FLUSH forgot it. EVAL runs it and makes it known again, in one round trip.
                return Read(await database.ExecuteAsync("EVAL", [GcraScript.Text, 1, keys[0], .. values]), gcra, take);
            }
        }
#pragma warning disable CA1031 // Whatever Redis or its client does wrong, the answer is the same: decide locally.
        catch (Exception)
        {
            return null;
        }
#pragma warning restore CA1031
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }

    private static RateGrant? Read(RedisResult result, Gcra gcra, RateTake take)
    {
        var values = (RedisValue[]?)result;
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
        number = (long)value;
        return number >= 0 && number <= max;
    }

    private static TimeSpan Micros(long value) => new(value * TimeSpan.TicksPerMicrosecond);
}
