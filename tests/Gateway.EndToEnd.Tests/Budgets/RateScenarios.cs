using System.Globalization;
using Xunit.Abstractions;

namespace Gateway.EndToEnd.Tests.Budgets;

/// <summary>The contract of rates over two Edges: in any interval of length W at most Burst + W * rate (I5), and <c>retry-after</c> is true.</summary>
[Collection(BudgetRig.Name)]
public sealed class RateScenarios(BudgetRig shared, ITestOutputHelper output)
{
    private const int Seconds = 5;

    [Theory]
    [InlineData("rate-one", 10.0, 20.0)]      // 600 a minute, 2 s of it at once
    [InlineData("rate-mixed", 5.0, 5.0)]      // 5 a second is the tightest of four limits
    [InlineData("rate-tokens", 4.1, 4.1)]     // 4,100 tokens a second, a thousand and a few for each request
    [InlineData("rate-team", 8.0, 16.0)]      // of the team, over two keys
    public async Task AdmittedInEveryInterval_IsAtMostBurstAndRate(string key, double perSecond, double atOnce)
    {
        var burst = atOnce;
        using var client = new BudgetClient(shared.Rig);
        string[] keys = key == "rate-team" ? ["rate-team-a", "rate-team-b"] : [key];
        for (var edge = 0; edge < shared.Rig.Edges.Count; edge++)
        {
            // Each Edge learns how long answers are; what is estimated before that is corrected afterwards.
            Assert.True((await client.SendAsync(edge, keys[0], "cheap")).IsServed);
        }

        await Task.Delay(TimeSpan.FromSeconds(3));
        using var enough = new CancellationTokenSource(TimeSpan.FromSeconds(Seconds));
        var sent = 0;
        async Task<List<(long From, long To, BudgetAnswer Answer)>> LoopAsync()
        {
            var seen = new List<(long, long, BudgetAnswer)>();
            while (!enough.IsCancellationRequested)
            {
                var i = Interlocked.Increment(ref sent);
                var from = TimeProvider.System.GetTimestamp();
                var answer = await client.SendAsync(i, keys[i % keys.Length], "cheap");
                seen.Add((from, TimeProvider.System.GetTimestamp(), answer));
            }

            return seen;
        }

        var all = (await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(LoopAsync)))).SelectMany(static seen => seen).ToList();

        var admitted = all.Where(static one => one.Answer.IsServed).ToList();
        Assert.All(all.Where(static one => !one.Answer.IsServed), static one => Assert.Equal((429, "rate_limit_exceeded"), (one.Answer.Status, one.Answer.Code)));
        var alone = admitted.Count(static one => one.Answer.Degraded is not null);
        output.WriteLine($"{key}: {admitted.Count} admitted of {all.Count}, {alone} of them by an Edge alone");

        // A machine without time for Redis makes Edges decide alone: the way there and back may let one more burst pass.
        burst += alone > 0 ? burst : 0;
        Assert.True(admitted.Count >= Seconds * perSecond * 0.8, $"{key}: only {admitted.Count} were admitted in {Seconds} s.");

        // An admission lies between sending and the answer: those that certainly fall into an interval are counted.
        var froms = admitted.Select(static one => one.From).Order().ToArray();
        foreach (var start in froms)
        {
            var inside = admitted.Where(one => one.From >= start).Select(static one => one.To).Order().ToArray();
            for (var i = 0; i < inside.Length; i++)
            {
                var seconds = TimeProvider.System.GetElapsedTime(start, inside[i]).TotalSeconds;
                Assert.True(i + 1 <= burst + (perSecond * seconds) + 0.001, string.Create(CultureInfo.InvariantCulture, $"{key}: {i + 1} in {seconds:0.000} s, more than {burst} and {perSecond} a second."));
            }
        }
    }

    [Fact]
    public async Task WhoWaitsExactlyRetryAfter_IsAdmitted()
    {
        const int Trials = 150;
        using var client = new BudgetClient(shared.Rig);
        var admitted = 0;
        for (var i = 0; i < Trials; i++)
        {
            BudgetAnswer refused;
            while ((refused = await client.SendAsync(i, "rate-wait", "cheap")).IsServed)
            {
                // Until the limit is reached.
            }

            Assert.Equal(429, refused.Status);
            var (told, wait) = (TimeProvider.System.GetTimestamp(), TimeSpan.FromMilliseconds(double.Parse(refused.RetryAfterMs!, CultureInfo.InvariantCulture)));
            while (TimeProvider.System.GetElapsedTime(told) < wait)
            {
                // Timers may be a millisecond early.
                await Task.Delay(1);
            }

            var again = await client.SendAsync(i + 1, "rate-wait", "cheap");
            if (!again.IsServed)
            {
                output.WriteLine($"told {refused.RetryAfterMs} ms, then {again.Status} {again.Code}: {again.RetryAfterMs} ms, {again.Degraded}");
            }

            admitted += again.IsServed ? 1 : 0;
        }

        output.WriteLine($"{admitted} of {Trials} admitted after exactly retry-after");

        Assert.True(admitted >= Trials * 0.99, $"Only {admitted} of {Trials} were admitted.");
    }
}
