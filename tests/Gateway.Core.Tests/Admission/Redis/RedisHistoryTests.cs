using System.Collections.Concurrent;
using Gateway.Core.Admission.Redis;

namespace Gateway.Core.Tests.Admission.Redis;

/// <summary>Ten thousand random histories: repeated, reordered, late and lost calls, with the invariants after every step.</summary>
public sealed class RedisHistoryTests(AdmissionRedis redis) : IClassFixture<AdmissionRedis>
{
    [Theory]
    [InlineData(0)]
    [InlineData(2_500)]
    [InlineData(5_000)]
    [InlineData(7_500)]
    public async Task Held_and_spent_stay_within_every_hard_budget_and_nothing_stays_held(int first)
    {
        var seen = new ConcurrentDictionary<string, int>();
        RedisAdmissionStore[] stores = [new(redis.Calls(), TimeProvider.System), new(redis.Calls(), TimeProvider.System)];
        var authority = new RedisBudgetAuthority(redis.Calls(), TimeProvider.System);
        await Parallel.ForEachAsync(Enumerable.Range(first, 2_500), new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (seed, _) =>
        {
            var history = new AdmissionHistory(seed, redis.Database, stores, authority);
            await history.RunAsync();
            foreach (var (what, count) in history.Seen)
            {
                seen.AddOrUpdate(what, count, (_, before) => before + count);
            }
        });

        // All that can happen did.
        string[] expected = ["Admitted", "Late", "Limited", "Rebuilding", "Repeated", "Settled", "Unaffordable", "Void", "lost", "swept"];
        Assert.Equal(expected, seen.Keys.Order(StringComparer.Ordinal));
        Assert.All(seen, static what => Assert.True(what.Value > 100, $"{what.Key}: {what.Value}"));
    }
}
