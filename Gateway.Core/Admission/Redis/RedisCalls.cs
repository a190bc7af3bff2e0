using StackExchange.Redis;

namespace Gateway.Core.Admission.Redis;

/// <summary>
/// Makes single calls, without a breaker (see <see cref="RedisLink"/>): never waits longer than its deadline, never queues without bound, never throws for Redis' sake. Thread-safe (interlocked).
/// </summary>
public sealed class RedisCalls(IConnectionMultiplexer redis, TimeProvider time) : IRedisScripts
{
    /// <summary>A decision that takes longer is worth less than one made without Redis.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromMilliseconds(50);

    /// <summary>For calls that nothing can stand in for: ends, holds, and admissions by hard budgets.</summary>
    public static readonly TimeSpan UrgentDeadline = TimeSpan.FromMilliseconds(250);

    /// <summary>More calls than this in flight means that Redis hangs; queueing more would only use memory.</summary>
    public const int MaxInFlight = 1024;

    private int _inFlight;

    public bool IsUp => true;

    public async ValueTask<RedisValue[]?> RunAsync(RedisScript script, RedisKey[] keys, RedisValue[] values, bool urgent, CancellationToken cancellationToken) =>
        (await RunAsync(script, keys, values, urgent ? UrgentDeadline : Deadline, cancellationToken)).Values;

    internal async ValueTask<RedisCallResult> RunAsync(RedisScript script, RedisKey[] keys, RedisValue[] values, TimeSpan deadline, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _inFlight) > MaxInFlight)
        {
            Interlocked.Decrement(ref _inFlight);
            return new(RedisFailure.Crowded);
        }

        var asked = time.GetTimestamp();
        var asking = AskAsync(script, keys, values);
        try
        {
            return await asking.WaitAsync(deadline, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // Both may have been waiting for a thread: the answer is as good as the clock.
            return asking.IsCompletedSuccessfully ? await asking
                : time.GetElapsedTime(asked) > deadline * 2 ? await AwaitOnceMoreAsync(asking, deadline, cancellationToken)
                : new(RedisFailure.Deadline);
        }
    }

    // This process stood still, and the answer may lie in its socket: the time is lost already, so that a little more costs less than to decide without Redis.
    private async ValueTask<RedisCallResult> AwaitOnceMoreAsync(Task<RedisCallResult> asking, TimeSpan deadline, CancellationToken cancellationToken)
    {
        try
        {
            return await asking.WaitAsync(deadline, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return asking.IsCompletedSuccessfully ? await asking : new(RedisFailure.Starved);
        }
    }

    // Goes on after the deadline: the place in flight is free only when the library has let go of the call.
    private async Task<RedisCallResult> AskAsync(RedisScript script, RedisKey[] keys, RedisValue[] values)
    {
        try
        {
            var database = redis.GetDatabase();
            RedisResult answer;
            try
            {
                answer = await database.ScriptEvaluateAsync(script.Sha1, keys, values);
            }
            catch (RedisServerException unknown) when (unknown.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
            {
                // A restart or SCRIPT FLUSH forgot it. EVAL runs it and makes it known again, in one round trip.
                answer = await database.ExecuteAsync("EVAL", Arguments(script, keys, values));
            }

            return (RedisValue[]?)answer is { } read ? new(read, RedisFailure.None) : new(RedisFailure.Garbage);
        }
        catch (RedisServerException)
        {
            return new(RedisFailure.Server);
        }
        catch (Exception broken) when (broken is RedisConnectionException or ObjectDisposedException)
        {
            return new(RedisFailure.Connection);
        }
        catch (Exception late) when (late is TimeoutException or OperationCanceledException)
        {
            return new(RedisFailure.Deadline);
        }
#pragma warning disable CA1031 // Whatever Redis or its client does wrong, the answer is the same: there is none.
        catch (Exception)
        {
            return new(RedisFailure.Garbage);
        }
#pragma warning restore CA1031
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }

    private static object[] Arguments(RedisScript script, RedisKey[] keys, RedisValue[] values)
    {
        var arguments = new object[2 + keys.Length + values.Length];
        arguments[0] = script.Text;
        arguments[1] = keys.Length;
        for (var i = 0; i < keys.Length; i++)
        {
            arguments[2 + i] = keys[i];
        }

        for (var i = 0; i < values.Length; i++)
        {
            arguments[2 + keys.Length + i] = values[i];
        }

        return arguments;
    }
}
