using Gateway.Core.Admission;
using Gateway.Edge.Admission;
using Gateway.Edge.Tests.Rig;

namespace Gateway.Edge.Tests.Admission;

public sealed class RateLeaseTests
{
    /// <summary>1,000 a second, a burst of 10,000: a lease may hold 100, and the script's burst is 9,900.</summary>
    private static readonly RateLimit Busy = RateLimit.PerMinute("busy", 60_000);

    /// <summary>100 a second, 50 at once: a lease may hold 10, and the script's burst is 40.</summary>
    private static readonly RateLimit Tight = new("tight", 6_000, TimeSpan.FromMinutes(1), 50);

    private readonly ManualTime _time = new();
    private readonly SharedLimitsModel _redis;
    private readonly LeasingEdge _edge;

    public RateLeaseTests()
    {
        _redis = new SharedLimitsModel(_time);
        _edge = new LeasingEdge(_time, _redis);
    }

    [Fact]
    public async Task BusyKey_AsksRedisAboutTenTimesASecond()
    {
        for (var i = 0; i < 2_000; i++)
        {
            Assert.True((await AdmitAsync(Busy)).Admitted);
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }

        // Two seconds, and the few questions until the rate is known.
        Assert.InRange(_redis.Takes.Count, 20, 30);
    }

    [Fact]
    public async Task CrowdOfAThousand_AsksRedisAFewTimes()
    {
        var gate = new TaskCompletionSource<bool>();
        _redis.Gate = gate.Task;
        var crowd = Enumerable.Range(0, 1_000).Select(_ => AdmitAsync(Busy)).ToArray();
        _redis.Gate = null;
        gate.SetResult(true);

        Assert.All(await Task.WhenAll(crowd), static decision => Assert.True(decision.Admitted && decision.Remaining >= 0));
        Assert.Equal([1, 999], _redis.Takes.Select(static take => take.Wanted));
    }

    [Fact]
    public async Task SixtyFourAtOnce_OneQuestionInFlight()
    {
        var limit = Tight with { Scope = "crowded" };
        var gate = new TaskCompletionSource<bool>();
        _redis.Gate = gate.Task;

        // All have asked or wait before the first answer comes.
        var callers = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Task.Factory.StartNew(
            () => AdmitAsync(limit), CancellationToken.None, TaskCreationOptions.None, TaskScheduler.Default)));
        Assert.Single(_redis.Takes);
        gate.SetResult(true);

        var decisions = await Task.WhenAll(callers).WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(1, _redis.MostInFlight);
        Assert.Equal(40, decisions.Count(static decision => decision.Admitted));
        Assert.All(decisions, static decision => Assert.True(decision.Admitted != (decision.RetryAfter > TimeSpan.Zero)));
    }

    [Fact]
    public async Task Unused_ComesBack()
    {
        var other = new LeasingEdge(_time, _redis);
        Assert.Equal(21, await AdmitManyAsync(_edge, Tight, 21));
        var taken = _redis.Takes.Sum(static take => take.Wanted);
        Assert.InRange(taken, 22, 40);
        Assert.Equal(40 - taken, await AdmitManyAsync(other, Tight, 100));

        // Over for the lease, ten more by the rate, and all that the first did not use when it says so.
        _time.Advance(TimeSpan.FromMicroseconds(RateLease.LengthMicros));
        Assert.Equal(10 + taken - 21, await AdmitManyAsync(_edge, Tight, 100));
    }

    [Fact]
    public async Task ExpiredLease_IsNotUsed()
    {
        await AdmitManyAsync(_edge, Busy, 50);
        var asked = _redis.Takes.Count;
        await AdmitAsync(Busy);
        Assert.Equal(asked, _redis.Takes.Count);

        _time.Advance(TimeSpan.FromMicroseconds(RateLease.LengthMicros));
        await AdmitAsync(Busy);

        Assert.Equal(asked + 1, _redis.Takes.Count);
        Assert.Equal(51, _redis.Takes.Sum(static take => take.Used));
    }

    [Fact]
    public async Task Headers_CountDownByOne()
    {
        var last = await AdmitAsync(Busy);
        Assert.Equal(9_899, last.Remaining);
        for (var i = 0; i < 500; i++)
        {
            var next = await AdmitAsync(Busy);
            Assert.Equal((last.Remaining - 1, last.ResetAfter + TimeSpan.FromMilliseconds(1)), (next.Remaining, next.ResetAfter));
            last = next;
        }
    }

    [Fact]
    public async Task Refused_ConsumesNothing_AndExactlyRetryAfterLaterIsAdmitted()
    {
        Assert.Equal(40, await AdmitManyAsync(_edge, Tight, 40));
        var refused = await AdmitAsync(Tight);
        Assert.Equal((false, TimeSpan.FromMilliseconds(10)), (refused.Admitted, refused.RetryAfter));
        var asked = _redis.Takes.Count;
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(refused, await AdmitAsync(Tight));
        }

        Assert.Equal(asked, _redis.Takes.Count);
        _time.Advance(refused.RetryAfter - TimeSpan.FromMicroseconds(1));
        Assert.Equal(TimeSpan.FromMicroseconds(1), (await AdmitAsync(Tight)).RetryAfter);
        _time.Advance(TimeSpan.FromMicroseconds(1));
        Assert.True((await AdmitAsync(Tight)).Admitted);
        Assert.False((await AdmitAsync(Tight)).Admitted);
    }

    [Fact]
    public async Task RedisAway_WhatTheLeaseAdmittedIsNotGivenAgain()
    {
        Assert.Equal(25, await AdmitManyAsync(_edge, Tight, 25));
        var taken = _redis.Takes.Sum(static take => take.Wanted);
        var asked = _redis.Takes.Count;
        _redis.IsUp = false;

        Assert.True((await AdmitAsync(Tight)).Degraded);
        Assert.Equal(40 - taken - 1, await AdmitManyAsync(_edge, Tight, 100));
        Assert.Equal(asked, _redis.Takes.Count);

        // Back: what was admitted alone still counts here until one more is due.
        _redis.IsUp = true;
        _time.Advance(TimeSpan.FromMicroseconds(9_999));
        Assert.Equal(taken - 25, await AdmitManyAsync(_edge, Tight, taken - 25));
        Assert.Equal(TimeSpan.FromMicroseconds(1), (await AdmitAsync(Tight)).RetryAfter);
        Assert.Equal(asked, _redis.Takes.Count);
    }

    [Fact]
    public async Task NoAnswer_AllWhoWaitDecideLocally_AndNothingIsSettledTwice()
    {
        await AdmitManyAsync(_edge, Busy, 10);
        _time.Advance(TimeSpan.FromSeconds(1));
        var gate = new TaskCompletionSource<bool>();
        _redis.Gate = gate.Task;
        var callers = Enumerable.Range(0, 8).Select(_ => AdmitAsync(Busy)).ToArray();
        Assert.DoesNotContain(callers, static caller => caller.IsCompleted);
        gate.SetResult(false);

        Assert.All(await Task.WhenAll(callers), static decision => Assert.True(decision is { Admitted: true, Degraded: true }));

        _redis.Gate = null;
        Assert.False((await AdmitAsync(Busy)).Degraded);
        Assert.Equal((0, 0), (_redis.Takes[^1].Used, _redis.Takes[^1].Unused));
    }

    [Fact]
    public async Task CallerGone_OthersGetTheAnswer()
    {
        using var gone = new CancellationTokenSource();
        var gate = new TaskCompletionSource<bool>();
        _redis.Gate = gate.Task;
        var asking = _edge.Limiter.AdmitAsync(Busy, gone.Token).AsTask();
        var leaving = _edge.Limiter.AdmitAsync(Busy, gone.Token).AsTask();
        var staying = AdmitAsync(Busy);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        _redis.Gate = null;
        gate.SetResult(true);

        Assert.True((await asking).Admitted);
        Assert.True((await staying).Admitted);
    }

    [Theory]
    [InlineData(599, 99, false)]
    [InlineData(600, 2, false)]
    [InlineData(600, 3, true)]
    [InlineData(6_000, 20, false)]
    [InlineData(6_000, 21, true)]
    public void SmallLimits_AreNotLeased(long perMinute, long burst, bool leased)
    {
        var leases = new RateLeases(_edge.Local);

        Assert.Equal(leased, leases.Find(new RateLimit("k", perMinute, TimeSpan.FromMinutes(1), burst)) is not null);
    }

    [Fact]
    public void Table_IsBounded_AndIdleLeasesGo()
    {
        var leases = new RateLeases(_edge.Local, capacity: 10);
        _time.Advance(TimeSpan.FromSeconds(1));
        var kept = leases.Find(Busy)!;
        Assert.Equal(LeaseTurn.Ask, kept.Next(again: false, out _, out _, out _));
        Assert.Same(kept, leases.Find(Busy));
        for (var i = 0; i < 100; i++)
        {
            Assert.NotNull(leases.Find(Busy with { Scope = $"{i}" }));
            Assert.InRange(leases.Count, 1, 10);
        }

        Assert.Same(kept, leases.Find(Busy));
        Assert.NotSame(kept, leases.Find(Busy with { Burst = 500 }));
        Assert.Equal(400, leases.Find(Busy with { Burst = 500 })!.Enforced.Burst);
    }

    private Task<RateDecision> AdmitAsync(RateLimit limit) => _edge.Limiter.AdmitAsync(limit, CancellationToken.None).AsTask();

    private static async Task<long> AdmitManyAsync(LeasingEdge edge, RateLimit limit, long count)
    {
        var admitted = 0L;
        for (var i = 0L; i < count; i++)
        {
            admitted += (await edge.Limiter.AdmitAsync(limit, CancellationToken.None)).Admitted ? 1 : 0;
        }

        return admitted;
    }
}
