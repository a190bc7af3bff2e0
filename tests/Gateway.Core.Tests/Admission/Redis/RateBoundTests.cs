using System.Collections.Concurrent;
using Gateway.Core.Admission.Redis;
using Gateway.Core.Admission.Shared;
using StackExchange.Redis;

namespace Gateway.Core.Tests.Admission.Redis;

/// <summary>The rate contract by the clock that decides: in any interval of length W at most Burst + Limit * W / Window.</summary>
public sealed class RateBoundTests(AdmissionRedis redis) : IClassFixture<AdmissionRedis>
{
    private readonly AdmissionScene _scene = new(redis);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Two_stores_at_once_keep_the_bound_of_every_limit_in_every_interval(int seed)
    {
        var random = new Random(seed);
        var rules = Rules(random);
        await using var stores = await TwoAsync();
        var admitted = new ConcurrentBag<(long At, long Tokens, int[] Rules)>();
        var refused = 0;

        // Workers of both stores, each request with some of the limits.
        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            var own = new Random((seed * 100) + worker);
            for (var i = 0; i < 400; i++)
            {
                int[] picked = [.. Enumerable.Range(0, rules.Count).Where(_ => own.Next(3) > 0)];
                var request = _scene.Request([.. picked.Select(rule => rules[rule])], tokens: own.Next(1, 60));
                var (answer, at) = await stores.AdmitAsync(worker % 2, request);
                if (answer.Outcome is AdmissionOutcome.Admitted)
                {
                    admitted.Add((at, request.Tokens, picked));
                }
                else
                {
                    Interlocked.Increment(ref refused);
                }
            }
        })));

        Assert.True(refused > 100 && admitted.Count > 20, $"{admitted.Count} of {refused + admitted.Count} were admitted");
        for (var rule = 0; rule < rules.Count; rule++)
        {
            var costs = admitted.Where(one => one.Rules.Contains(rule)).OrderBy(static one => one.At).Select(one => (one.At, Cost: rules[rule].Unit is LimitUnit.Tokens ? one.Tokens : 1));
            AssertBound(rules[rule], [.. costs]);
        }
    }

    [Theory]
    [InlineData(LimitUnit.Requests)]
    [InlineData(LimitUnit.Tokens)]
    public async Task A_request_after_exactly_the_wait_is_admitted_and_one_before_it_is_not(LimitUnit unit)
    {
        var rule = new LimitRule("key:true", "rate", unit, 7, TimeSpan.FromSeconds(1), 3, Shadow: false);
        await using var stores = await TwoAsync();
        for (var i = 0; i < 5; i++)
        {
            var (answer, at) = await stores.AdmitAsync(0, _scene.Request([rule], tokens: 1));
            while (answer.Outcome is AdmissionOutcome.Admitted)
            {
                (answer, at) = await stores.AdmitAsync(0, _scene.Request([rule], tokens: 1));
            }

            // By the clock of Redis, which decides: the timer's own clock may run a little differently.
            var over = at + (long)answer.RetryAfter.TotalMicroseconds;
            while (true)
            {
                var (next, when) = await stores.AdmitAsync(1, _scene.Request([rule], tokens: 1));
                Assert.Equal(when >= over ? AdmissionOutcome.Admitted : AdmissionOutcome.Limited, next.Outcome);
                if (when >= over)
                {
                    break;
                }
            }
        }
    }

    [Theory]
    [InlineData(7, 1, 86_400_000_000)]
    [InlineData(1_500_000, 600, 1_000_000)]
    [InlineData(3, 1_000_000_000_000, 86_400_000_000)]
    [InlineData(9_000_000_000, 1, 86_400_000_000)]
    public void Sums_of_rates_round_against_the_spender(long limit, long tokens, long windowMicros)
    {
        var window = TimeSpan.FromMicroseconds(windowMicros);
        var cost = RateSums.Tokens(tokens, limit, window);
        var back = RateSums.Tokens(-tokens, limit, window);
        var rule = new LimitRule("a", "b", LimitUnit.Tokens, limit, window, tokens, Shadow: false);

        Assert.True((Int128)cost * limit >= Int128.Min((Int128)tokens * windowMicros, (Int128)1_000_000_000_000_000 * limit));
        Assert.InRange(cost + back, 0, 1);
        Assert.True((Int128)RateSums.Tolerance(rule) * limit <= (Int128)tokens * windowMicros);
        Assert.True(RateSums.Remaining(rule, 0) <= tokens);
        Assert.Equal(0, RateSums.Remaining(rule, RateSums.Tolerance(rule)));
    }

    private static List<LimitRule> Rules(Random random)
    {
        var rules = new List<LimitRule>();
        foreach (var scope in new[] { "key:a", "team:a", "org:a" })
        {
            rules.Add(new LimitRule(scope, "requests/1", LimitUnit.Requests, random.Next(100, 900), TimeSpan.FromSeconds(1), random.Next(1, 60), Shadow: false));
            rules.Add(new LimitRule(scope, "tokens/60", LimitUnit.Tokens, random.Next(100_000, 2_000_000), TimeSpan.FromMinutes(1), random.Next(60, 3_000), Shadow: false));
        }

        return rules;
    }

    // Over all pairs in one pass: costs of from..to - rate * W is greatest for the "from" with the greatest rate * time - costs before it. Times the window, so that it is exact.
    private static void AssertBound(LimitRule rule, List<(long At, long Cost)> admitted)
    {
        var window = (Int128)RateSums.Micros(rule.Window);
        Int128 before = 0;
        var best = Int128.MinValue;
        foreach (var (at, cost) in admitted)
        {
            best = Int128.Max(best, ((Int128)at * rule.Limit) - (before * window));
            before += cost;
            var most = (before * window) + best - ((Int128)at * rule.Limit);
            Assert.True(most <= rule.Burst * window, $"{rule.Id}: {(decimal)most / (decimal)window} instead of {rule.Burst}");
        }
    }

    private async Task<Stores> TwoAsync() => new([await redis.ConnectAsync(), await redis.ConnectAsync()]);

    private sealed class Stores(ConnectionMultiplexer[] connections) : IAsyncDisposable
    {
        private readonly Timed[] _redis = [.. connections.Select(static connection => new Timed(new RedisCalls(connection, new ManualTime())))];
        private RedisAdmissionStore[]? _stores;

        /// <returns>With the time of the decision.</returns>
        public async Task<(AdmissionAnswer Answer, long At)> AdmitAsync(int store, AdmissionRequest request)
        {
            var stores = LazyInitializer.EnsureInitialized(ref _stores, () => [.. _redis.Select(static redis => new RedisAdmissionStore(redis, TimeProvider.System))])!;
            var answer = await stores[store].AdmitAsync(request, CancellationToken.None);
            Assert.True(_redis[store].Times.TryRemove(request.RequestId, out var at));
            return (answer!, at);
        }

        public ValueTask DisposeAsync()
        {
            Array.ForEach(connections, static connection => connection.Close(allowCommandsToComplete: false));
            return ValueTask.CompletedTask;
        }
    }

    private sealed class Timed(RedisCalls calls) : IRedisScripts
    {
        public ConcurrentDictionary<Guid, long> Times { get; } = [];

        public bool IsUp => true;

        public async ValueTask<RedisValue[]?> RunAsync(RedisScript script, RedisKey[] keys, RedisValue[] values, bool urgent, CancellationToken cancellationToken)
        {
            var answer = await calls.RunAsync(script, keys, values, urgent, cancellationToken);
            Assert.NotNull(answer);
            Assert.True(RedisKeys.TryReadMember(values[4], out var requestId, out _));
            Times[requestId] = (long)answer[1];
            return answer;
        }
    }
}
