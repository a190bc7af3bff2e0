using System.Diagnostics;
using Gateway.Core.Admission;
using Gateway.Core.Admission.Redis;
using Gateway.Edge.Admission;
using Gateway.Edge.Tests.Rig;
using StackExchange.Redis;

namespace Gateway.Edge.Tests.Admission;

/// <summary>Leases on a real Redis.</summary>
public sealed class RedisLeaseTests : IAsyncLifetime
{
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

    /// <summary>What the other tests rely on: the model, told the time that Redis saw, answers the same.</summary>
    [Theory]
    [InlineData(100_000, 50, 1)]
    [InlineData(10_000, 300, 2)]
    [InlineData(3_000, 7, 3)]
    public async Task Script_DoesTheSumsOfTheModel(long perSecond, long burst, int seed)
    {
        var limit = new RateLimit("sums", perSecond, TimeSpan.FromSeconds(1), burst);
        var limits = new RedisLimits(new RedisCalls(_one, new ManualTime()));
        var model = new SharedLimitsModel(new ManualTime());
        var random = new Random(seed);
        var held = new Queue<RateGrant>();
        int settled = 0, refused = 0;
        long wanted = 0, first = 0, last = 0;
        for (var i = 0; i < 1_000; i++)
        {
            var take = new RateTake(random.Next(1, 12), 0, 0, 0);
            if (held.Count > random.Next(5))
            {
                var old = held.Dequeue();
                var used = random.NextInt64(old.Granted + 1);
                take = take with { Used = used, Unused = old.Granted - used, TakenAtMicros = old.AtMicros };
                settled++;
            }

            var grant = (await limits.TryTakeAsync(limit, take, CancellationToken.None))!.Value;

            Assert.Equal(model.Take(limit, take, grant.AtMicros), grant);
            if (grant.Granted > 0)
            {
                held.Enqueue(grant);
            }

            refused += grant.Granted == 0 ? 1 : 0;
            wanted += take.Wanted;
            (first, last) = (first == 0 ? grant.AtMicros : first, grant.AtMicros);
        }

        Assert.True(settled > 200, $"{settled}");
        // Where more was wanted than twice what the limit could give in the time that it took, however fast the machine is.
        Assert.True(wanted < 2 * (burst + (perSecond * (last - first) / 1_000_000)) || refused > 0, "nothing was refused");
    }

    [Fact]
    public async Task TwoLeasingEdges_TogetherAdmitAtMostBurstPlusRateTimesTime()
    {
        // Calls have all the time that they need: what an Edge decides because an answer is late is not what this is about.
        var counted = new Counting(new RedisLimits(new RedisCalls(_one, new ManualTime())));
        LeasingEdge[] edges = [new(TimeProvider.System, counted), new(TimeProvider.System, new Counting(new RedisLimits(new RedisCalls(_two, new ManualTime()))))];
        var limit = new RateLimit("shared", 1_000, TimeSpan.FromSeconds(1), 500);
        foreach (var edge in edges)
        {
            await edge.Limiter.AdmitAsync(limit with { Scope = "warm" }, CancellationToken.None);
        }

        var clock = Stopwatch.StartNew();
        var admitted = await Task.WhenAll(Enumerable.Range(0, 16).Select(worker => Task.Run(async () =>
        {
            var count = 0;
            for (var i = 0; i < 5_000; i++)
            {
                count += await edges[worker % 2].Limiter.AdmitAsync(limit, CancellationToken.None) is { Admitted: true, Degraded: false } ? 1 : 0;
            }

            return count;
        })));
        var elapsed = clock.Elapsed;

        Assert.InRange(admitted.Sum(), 300, limit.Burst + (long)Math.Ceiling(elapsed.TotalSeconds * 1_000));
        Assert.True(counted.Calls > 0);
    }

    private sealed class Counting(RedisLimits limits) : ISharedLimits
    {
        private int _calls;

        public int Calls => _calls;

        public bool IsUp => true;

        public ValueTask<RateGrant?> TryTakeAsync(RateLimit limit, RateTake take, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _calls);
            return limits.TryTakeAsync(limit, take, cancellationToken);
        }
    }
}
