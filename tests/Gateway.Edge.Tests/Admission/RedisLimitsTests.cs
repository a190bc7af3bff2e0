using System.Diagnostics;
using Gateway.Core.Admission;
using Gateway.Core.Admission.Redis;
using Gateway.Edge.Admission;
using Gateway.Edge.Tests.Rig;
using StackExchange.Redis;

namespace Gateway.Edge.Tests.Admission;

/// <summary>The script in a real Redis. The clock is that of Redis, so these tests measure intervals instead of setting them.</summary>
public sealed class RedisLimitsTests : IAsyncLifetime
{
    private static readonly TimeSpan NoDeadline = TimeSpan.FromSeconds(30);

    private RedisProcess _redis = null!;
    private ConnectionMultiplexer _one = null!;
    private ConnectionMultiplexer _two = null!;

    public async Task InitializeAsync()
    {
        _redis = await RedisProcess.StartNewAsync();
        _one = await ConnectionMultiplexer.ConnectAsync(_redis.ConnectionString + ",syncTimeout=60000");
        _two = await ConnectionMultiplexer.ConnectAsync(_redis.ConnectionString + ",syncTimeout=60000");
    }

    public async Task DisposeAsync()
    {
        _one.Dispose();
        _two.Dispose();
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task Script_DecidesAsTheLocalLimiterDoes()
    {
        var limits = new RedisLimits(new RedisCalls(_one, new ManualTime()));
        var limit = RateLimit.PerMinute("same", 12);

        var first = await AskAsync(limits, limit);
        var second = await AskAsync(limits, limit);
        var third = await AskAsync(limits, limit);

        Assert.Equal((true, 1L, TimeSpan.Zero), (first.Admitted, first.Remaining, first.RetryAfter));
        Assert.Equal(TimeSpan.FromSeconds(5), first.ResetAfter);
        Assert.Equal((true, 0L), (second.Admitted, second.Remaining));
        Assert.False(third.Admitted);
        // Less than the interval, by the time since the first.
        Assert.InRange(third.RetryAfter, TimeSpan.FromSeconds(0.1), TimeSpan.FromSeconds(5));
        Assert.Equal(third.RetryAfter + TimeSpan.FromSeconds(5), third.ResetAfter);
    }

    [Fact]
    public async Task RetryAfter_IsTrue()
    {
        var limits = new RedisLimits(new RedisCalls(_one, new ManualTime()));
        var limit = new RateLimit("true", 1, TimeSpan.FromSeconds(2), 1);
        Assert.True((await AskAsync(limits, limit)).Admitted);
        RateDecision refused;
        while ((refused = await AskAsync(limits, limit)).Admitted)
        {
            // The machine stood still for so long that the place came back.
        }

        // By the clock of Redis, which decides: the timer's own clock may run a little differently.
        var over = await RedisMicrosAsync() + (long)refused.RetryAfter.TotalMicroseconds;
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (await RedisMicrosAsync() < over)
        {
            await tick.WaitForNextTickAsync();
        }

        Assert.True((await AskAsync(limits, limit)).Admitted);
    }

    private async Task<long> RedisMicrosAsync()
    {
        var time = (RedisValue[])await _one.GetDatabase().ExecuteAsync("TIME");
        return ((long)time[0] * 1_000_000) + (long)time[1];
    }

    [Fact]
    public async Task TwoLimiters_TogetherAdmitAtMostBurstPlusRateTimesTime()
    {
        RedisLimits[] limits = [new(new RedisCalls(_one, new ManualTime())), new(new RedisCalls(_two, new ManualTime()))];
        var limit = new RateLimit("shared", 50, TimeSpan.FromSeconds(1), 50);
        await AskAsync(limits[0], limit with { Scope = "warm" });
        await AskAsync(limits[1], limit with { Scope = "warm" });

        var clock = Stopwatch.StartNew();
        var admitted = await Task.WhenAll(Enumerable.Range(0, 16).Select(async worker =>
        {
            var count = 0;
            for (var i = 0; i < 200; i++)
            {
                count += (await AskAsync(limits[worker % 2], limit)).Admitted ? 1 : 0;
            }

            return count;
        }));
        var elapsed = clock.Elapsed;

        // The bound is the limiter's own: however slow the machine, more time means more that may be admitted.
        Assert.InRange(admitted.Sum(), limit.Burst, limit.Burst + (long)Math.Ceiling(elapsed.TotalSeconds * 50));
        Assert.True(admitted.Sum() < 3200 || elapsed > TimeSpan.FromMinutes(1), "nothing was refused");
    }

    [Fact]
    public async Task ScriptFlushed_IsAnsweredAllTheSame()
    {
        var limits = new RedisLimits(new RedisCalls(_one, new ManualTime()));
        // Two at once and one more every 5 s: no machine is so slow that a place comes back between the two.
        var limit = RateLimit.PerMinute("flushed", 12);
        Assert.Equal(1, (await AskAsync(limits, limit)).Remaining);

        await _redis.CommandAsync("SCRIPT FLUSH");

        Assert.Equal(0, (await AskAsync(limits, limit)).Remaining);
    }

    [Theory]
    [InlineData("SET {default}:rl:odd garbage", true)]
    [InlineData("SET {default}:rl:odd 99999999999999999999", true)]
    [InlineData("SET {default}:rl:odd \"99999999999999999999 99999999999999999999 99999999999999999999\"", true)]
    [InlineData("LPUSH {default}:rl:odd x", false)]
    public async Task OddStateInRedis_LocksNobodyOut(string command, bool readable)
    {
        await _redis.CommandAsync(command);
        var limits = new RedisLimits(new RedisCalls(_one, new ManualTime()));

        var decision = await limits.TryTakeAsync(RateLimit.PerMinute("odd", 12), RateTake.One, CancellationToken.None);

        Assert.Equal(readable, decision is not null);
        Assert.True(decision is null || decision.Value.ResetAfter <= TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Keys_Expire()
    {
        await AskAsync(new RedisLimits(new RedisCalls(_one, new ManualTime())), RateLimit.PerMinute("expiring", 12));

        var left = await _one.GetDatabase().KeyTimeToLiveAsync("{default}:rl:expiring");

        Assert.InRange(left!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(6));
    }

    [Fact]
    public async Task Paused_GivesUpAtTheDeadline_AndCapsWhatIsInFlight()
    {
        var time = new ManualTime();
        var limits = new RedisLimits(new RedisCalls(_one, time));
        var limit = RateLimit.PerMinute("paused", 60_000);
        await AskAsync(limits, limit);
        await _redis.PauseAsync();

        var asking = Enumerable.Range(0, RedisCalls.MaxInFlight).Select(_ => limits.TryTakeAsync(limit, RateTake.One, CancellationToken.None).AsTask()).ToArray();
        var tooMany = limits.TryTakeAsync(limit, RateTake.One, CancellationToken.None);
        Assert.True(tooMany.IsCompletedSuccessfully);
        Assert.Null(await tooMany);
        Assert.DoesNotContain(asking, static task => task.IsCompleted);

        time.Advance(RedisCalls.Deadline);
        var answers = await Task.WhenAll(asking).WaitAsync(NoDeadline);
        await _redis.ResumeAsync();

        Assert.All(answers, static answer => Assert.Null(answer));
    }

    private static async Task<RateDecision> AskAsync(RedisLimits limits, RateLimit limit)
    {
        var grant = await limits.TryTakeAsync(limit, RateTake.One, CancellationToken.None);
        Assert.NotNull(grant);
        return new RateDecision(grant.Value.Granted == 1, grant.Value.Remaining, grant.Value.RetryAfter, grant.Value.ResetAfter, Degraded: false);
    }
}
