using Gateway.Core.Admission;

namespace Gateway.Core.Tests.Admission;

public sealed class LocalRateLimiterTests
{
    private static readonly RateLimit TwelveAMinute = RateLimit.PerMinute("k", 12);

    private readonly Clock _time = new();

    [Fact]
    public void Burst_IsAdmittedAtOnce_ThenOnePerInterval()
    {
        var limiter = new LocalRateLimiter(_time);

        // 12 a minute: two at once, then one in five seconds.
        Assert.Equal((true, 1L, TimeSpan.FromSeconds(5)), Facts(limiter.Admit(TwelveAMinute)));
        Assert.Equal((true, 0L, TimeSpan.FromSeconds(10)), Facts(limiter.Admit(TwelveAMinute)));
        var refused = limiter.Admit(TwelveAMinute);
        Assert.Equal((false, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(10)), (refused.Admitted, refused.RetryAfter, refused.ResetAfter));

        _time.Advance(refused.RetryAfter - TimeSpan.FromMicroseconds(1));
        Assert.False(limiter.Admit(TwelveAMinute).Admitted);
        _time.Advance(TimeSpan.FromMicroseconds(1));
        Assert.True(limiter.Admit(TwelveAMinute).Admitted);
        Assert.False(limiter.Admit(TwelveAMinute).Admitted);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(5, 7)]
    [InlineData(60, 3)]
    [InlineData(100_000, 11)]
    public void EveryInterval_AdmitsAtMostBurstPlusRateTimesIt(long perMinute, int seed)
    {
        var limiter = new LocalRateLimiter(_time);
        var limit = RateLimit.PerMinute("k", perMinute) with { Burst = Math.Clamp(perMinute / 6, 1, 100) };
        var random = new Random(seed);
        var interval = TimeSpan.FromMinutes(1) / perMinute;
        var admitted = new List<TimeSpan>();
        for (var i = 0; i < 2_000; i++)
        {
            _time.Advance(interval * random.NextDouble() * (random.Next(10) == 0 ? 20 : 0.5));
            if (limiter.Admit(limit).Admitted)
            {
                admitted.Add(_time.Elapsed);
            }
        }

        for (var from = 0; from < admitted.Count; from++)
        {
            for (var to = from; to < Math.Min(admitted.Count, from + 200); to++)
            {
                var allowed = limit.Burst + ((admitted[to] - admitted[from]) / interval);
                Assert.True(to - from + 1 <= allowed + 1e-6, $"{to - from + 1} in {admitted[to] - admitted[from]}");
            }
        }

        Assert.True(admitted.Count > limit.Burst);
    }

    [Fact]
    public void Refused_ConsumesNothing()
    {
        var limiter = new LocalRateLimiter(_time);
        while (limiter.Admit(TwelveAMinute).Admitted)
        {
        }

        for (var i = 0; i < 1000; i++)
        {
            Assert.False(limiter.Admit(TwelveAMinute).Admitted);
        }

        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.True(limiter.Admit(TwelveAMinute).Admitted);
    }

    [Fact]
    public void Scopes_DoNotShare()
    {
        var limiter = new LocalRateLimiter(_time);
        while (limiter.Admit(TwelveAMinute).Admitted)
        {
        }

        Assert.True(limiter.Admit(TwelveAMinute with { Scope = "other" }).Admitted);
    }

    [Fact]
    public async Task ManyThreads_AdmitExactlyTheBurst()
    {
        var limiter = new LocalRateLimiter(_time);
        var limit = RateLimit.PerMinute("k", 6_000);

        var admitted = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Enumerable.Range(0, 1_000).Count(_ => limiter.Admit(limit).Admitted))));

        Assert.Equal(limit.Burst, admitted.Sum());
    }

    [Fact]
    public void Table_IsBounded_AndIdleScopesGoFirst()
    {
        var limiter = new LocalRateLimiter(_time, capacity: 100);
        for (var i = 0; i < 90; i++)
        {
            limiter.Admit(TwelveAMinute with { Scope = $"idle {i}" });
        }

        _time.Advance(TimeSpan.FromMinutes(1));
        while (limiter.Admit(TwelveAMinute with { Scope = "busy" }).Admitted)
        {
        }

        for (var i = 0; i < 1_000; i++)
        {
            limiter.Admit(TwelveAMinute with { Scope = $"new {i}" });
            Assert.True(limiter.Count <= 100, $"{limiter.Count}");
        }

        Assert.False(limiter.Admit(TwelveAMinute with { Scope = "busy" }).Admitted);
    }

    [Fact]
    public void Learned_IsWhereTheScopeGoesOn()
    {
        var limiter = new LocalRateLimiter(_time);

        limiter.Learn("k", TimeSpan.FromSeconds(10), limiter.NowMicros);
        limiter.Learn("k", TimeSpan.FromSeconds(2), limiter.NowMicros);

        Assert.Equal(TimeSpan.FromSeconds(5), limiter.Peek(TwelveAMinute).RetryAfter);
        Assert.Equal(TimeSpan.FromSeconds(5), limiter.Admit(TwelveAMinute).RetryAfter);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.True(limiter.Peek(TwelveAMinute).Admitted);
        Assert.True(limiter.Admit(TwelveAMinute).Admitted);
    }

    private static (bool Admitted, long Remaining, TimeSpan ResetAfter) Facts(RateDecision decision) => (decision.Admitted, decision.Remaining, decision.ResetAfter);

    private sealed class Clock : TimeProvider
    {
        public TimeSpan Elapsed { get; private set; } = TimeSpan.FromDays(1);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Elapsed.Ticks;

        public void Advance(TimeSpan by) => Elapsed += by;
    }
}
