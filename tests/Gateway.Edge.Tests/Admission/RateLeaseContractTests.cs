using Gateway.Core.Admission;
using Gateway.Edge.Admission;
using Gateway.Edge.Tests.Rig;

namespace Gateway.Edge.Tests.Admission;

/// <summary>"In any interval of length W at most Burst + W * rate are admitted", with leases, over several Edges, at random.</summary>
public sealed class RateLeaseContractTests
{
    private readonly ManualTime _time = new();
    private readonly SharedLimitsModel _redis;

    public RateLeaseContractTests() => _redis = new SharedLimitsModel(_time);

    [Theory]
    [InlineData(2, 6_000, 30, 1)]
    [InlineData(2, 6_000, 1_000, 2)]
    [InlineData(5, 60_000, 300, 3)]
    [InlineData(5, 60_000, 10_000, 4)]
    [InlineData(3, 700, 10, 5)]
    public async Task Edges_AtRandom_TogetherKeepTheContract(int count, long perMinute, long burst, int seed)
    {
        var limit = new RateLimit("k", perMinute, TimeSpan.FromMinutes(1), burst);
        var random = new Random(seed);
        var edges = Enumerable.Range(0, count).Select(_ => new LeasingEdge(_time, _redis)).ToArray();
        var admitted = new List<long>();
        var asked = 0;
        for (var phase = 0; phase < 400; phase++)
        {
            // Quiet enough to fill up, as fast as the limit, or a crowd.
            var pace = TimeSpan.FromMinutes(1) / perMinute * (random.Next(4) switch { 0 => 30, 1 => 1.0 / count, 2 => 0.1, _ => 0 });
            var favourite = edges[random.Next(count)];
            for (var i = random.Next(1, 80); i > 0; i--)
            {
                _time.Advance(pace * random.NextDouble() * 2);
                var edge = random.Next(3) == 0 ? edges[random.Next(count)] : favourite;
                asked++;
                if (random.Next(10) > 0)
                {
                    Note((await edge.Limiter.AdmitAsync(limit, CancellationToken.None)).Admitted);
                    continue;
                }

                // An answer that is late, while others of the same Edge wait for it and other Edges go on.
                var gate = new TaskCompletionSource<bool>();
                _redis.Gate = gate.Task;
                var late = Enumerable.Range(0, random.Next(1, 9)).Select(_ => edge.Limiter.AdmitAsync(limit, CancellationToken.None).AsTask()).ToArray();
                _redis.Gate = null;
                _time.Advance(TimeSpan.FromMilliseconds(random.Next(50)));
                Note((await edges.First(other => other != edge).Limiter.AdmitAsync(limit, CancellationToken.None)).Admitted);
                gate.SetResult(true);
                foreach (var decision in await Task.WhenAll(late))
                {
                    Note(decision.Admitted);
                }
            }
        }

        RateContract.AssertHolds(admitted, burst, Gcra.Of(limit).IntervalMicros);
        Assert.InRange(admitted.Count, burst + 1, asked * 10);
        Assert.Contains(_redis.Takes, static take => take.Unused > 0);
        Assert.Contains(_redis.Takes, static take => take.Wanted > 1);

        void Note(bool isAdmitted)
        {
            if (isAdmitted)
            {
                admitted.Add(_redis.Now);
            }
        }
    }

    /// <summary>Takers that do not guess but do their worst: any size, used at any moment until L, settled at any time after.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Script_WhoeverTakesWhatever_GivesBackNoMoreThanWasTaken(int seed)
    {
        var limit = new RateLimit("k", 1_000, TimeSpan.FromSeconds(1), 200);
        var random = new Random(seed);
        var edges = new (long Granted, long Left, long At)[6];
        var used = new List<long>();
        long refunded = 0;
        var (greedy, pace) = (false, 1);
        for (var i = 0; i < 40_000; i++)
        {
            // Stretches of holding without using, or of using all at once; slower and faster than the limit.
            if (random.Next(30) == 0)
            {
                (greedy, pace) = (random.Next(2) == 0, random.Next(3) switch { 0 => 200, 1 => 1_000, _ => 20_000 });
            }

            _time.Advance(TimeSpan.FromMicroseconds(random.Next(pace)));
            ref var edge = ref edges[random.Next(edges.Length)];
            var fresh = _redis.Now - edge.At < RateLease.LengthMicros;
            if (fresh && edge.Left > 0 && random.Next(3) > 0)
            {
                var use = random.NextInt64(greedy ? edge.Left + 1 : 2);
                edge.Left -= use;
                used.AddRange(Enumerable.Repeat(_redis.Now, (int)use));
                continue;
            }

            var before = _redis.Take(limit, new RateTake(0, 0, 0, 0), _redis.Now).Remaining;
            var grant = _redis.Take(limit, new RateTake(random.Next(1, greedy ? 250 : 60), edge.Granted - edge.Left, edge.Left, edge.At), _redis.Now);
            refunded += Math.Max(0, grant.Remaining + grant.Granted - before);
            edge = (grant.Granted, grant.Granted, grant.AtMicros);
        }

        RateContract.AssertHolds(used, limit.Burst, 1_000, RateLease.LengthMicros);
        Assert.True(refunded > 100, $"{refunded}");
        Assert.True(used.Count > 1_000, $"{used.Count}");
    }

    /// <summary>Held places keep the TAT ahead of the clock; giving them back must not turn that time into a second burst.</summary>
    [Fact]
    public void Script_RefundAfterIdleTime_IsNoSecondBurst()
    {
        var limit = new RateLimit("k", 1_000, TimeSpan.FromSeconds(1), 200);
        var used = new List<long>();
        var held = Enumerable.Range(0, 5).Select(_ => _redis.Take(limit, new RateTake(40, 0, 0, 0), _redis.Now)).ToArray();
        _time.Advance(TimeSpan.FromMilliseconds(199));

        Use(_redis.Take(limit, new RateTake(500, 0, 0, 0), _redis.Now));
        foreach (var grant in held)
        {
            Use(_redis.Take(limit, new RateTake(500, 0, grant.Granted, grant.AtMicros), _redis.Now));
        }

        RateContract.AssertHolds(used, limit.Burst, 1_000);
        Assert.Equal(199, used.Count);

        void Use(RateGrant grant) => used.AddRange(Enumerable.Repeat(_redis.Now, (int)grant.Granted));
    }

    [Theory]
    [InlineData(600, 100)]
    [InlineData(6_000, 21)]
    public async Task SparseClient_GetsTheDecisionsOfTheLimitWithoutLeases(long perMinute, long burst)
    {
        var limit = new RateLimit("k", perMinute, TimeSpan.FromMinutes(1), burst);
        var edge = new LeasingEdge(_time, _redis);
        var gcra = Gcra.Of(new RateLease(limit, edge.Local).Enforced);
        var tat = 0L;
        var random = new Random(7);
        for (var i = 0; i < 1_000; i++)
        {
            var expected = gcra.Decide(tat, _redis.Now, out tat);

            Assert.Equal(expected, await edge.Limiter.AdmitAsync(limit, CancellationToken.None));

            _time.Advance(TimeSpan.FromMicroseconds(RateLease.LengthMicros + random.Next(50_000)));
        }

        Assert.Equal(1_000, _redis.Takes.Count);
        Assert.All(_redis.Takes, static take => Assert.Equal((1, 0), (take.Wanted, take.Unused)));
    }
}
