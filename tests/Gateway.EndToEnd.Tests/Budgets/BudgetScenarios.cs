using System.Globalization;
using Gateway.Rig.History;
using Xunit.Abstractions;

namespace Gateway.EndToEnd.Tests.Budgets;

/// <summary>Two Edges, two Routers, one Redis.</summary>
public sealed class BudgetRig : IAsyncLifetime
{
    public const string Name = "budgets";

    public GatewayRig Rig { get; private set; } = null!;

    public async Task InitializeAsync() => Rig = await GatewayRig.StartAsync(new RigOptions { Config = BudgetDocument.Text, Edges = 2, Routers = 2 });

    public async Task DisposeAsync() => await Rig.DisposeAsync();
}

[CollectionDefinition(BudgetRig.Name)]
public sealed class BudgetRigs : ICollectionFixture<BudgetRig>;

/// <summary>Hard budgets under a burst that could spend six times as much: nothing is overspent, nothing stays held.</summary>
[Collection(BudgetRig.Name)]
public sealed class BudgetScenarios(BudgetRig shared, ITestOutputHelper output)
{
    private const int Burst = 500;

    [Fact]
    public async Task FiveHundredAtOnceOnOneDollar_SpendNoMore_AndAreServedUpToIt()
    {
        using var client = new BudgetClient(shared.Rig);
        await BurstAsync(shared.Rig, client, ["dollar"], "key:dollar");
    }

    [Fact]
    public async Task ThreeKeysOfOneTeam_SpendItsDollarTogether_AndNoMore()
    {
        using var client = new BudgetClient(shared.Rig);
        await BurstAsync(shared.Rig, client, ["three-a", "three-b", "three-c"], "team:three");
    }

    [Fact]
    public async Task EveryScriptDeliveredTwice_ChangesNothing()
    {
        await using var rig = await GatewayRig.StartAsync(new RigOptions { Config = BudgetDocument.Text, Edges = 2, Routers = 2, RedisTwice = true });
        using var client = new BudgetClient(rig);
        await BurstAsync(rig, client, ["twice"], "key:twice");
        Assert.True(rig.RedisTwice!.Doubled > Burst, $"Only {rig.RedisTwice.Doubled} scripts were doubled.");
    }

    [Fact]
    public async Task SpentMoney_GoesToTheCheaperModel()
    {
        using var client = new BudgetClient(shared.Rig);
        var statuses = new List<int>();
        for (var i = 0; i < 6; i++)
        {
            statuses.Add((await client.SendAsync(i, "fallback")).Status);
        }

        // 0.03 USD: two at 0.013, four at 0.001.
        Assert.All(statuses, static status => Assert.Equal(200, status));
        await BudgetEnd.SettledAsync(shared.Rig, client, "fallback", "key:fallback", TimeSpan.FromSeconds(60), 30_000_000, output);
        var meter = await MeteredAsync(shared.Rig, "fallback");
        Assert.Equal((2, 4), (meter.Count(static row => row.Model == "sim-priced"), meter.Count(static row => row.Model == "sim-cheap")));
    }

    [Fact]
    public async Task UnpricedModel_IsRefusedForAHardBudget_AndServedWithoutOne()
    {
        using var client = new BudgetClient(shared.Rig);
        var refused = await client.SendAsync(1, "empty", "unpriced");
        Assert.Equal((400, "model_not_priced"), (refused.Status, refused.Code));
        Assert.Equal(200, (await client.SendAsync(2, "soft", "unpriced")).Status);
        Assert.Equal(200, (await client.SendAsync(3, "free", "unpriced")).Status);
    }

    [Fact]
    public async Task SoftBudget_IsCountedAndNeverRefuses()
    {
        using var client = new BudgetClient(shared.Rig);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(200, (await client.SendAsync(i, "soft")).Status);
        }

        await BudgetEnd.UntilAsync(async () => (await client.BudgetsAsync("soft")).Single() is { Held: 0, Spent: 3 * BudgetDocument.CostNanoUsd }, TimeSpan.FromSeconds(60), "the soft budget is counted");
    }

    [Fact]
    public async Task Request_CostsOneRoundTripForItsAdmission_AndOneForItsEnd()
    {
        const int Requests = 400;
        using var client = new BudgetClient(shared.Rig);
        await BudgetEnd.UntilAsync(async () => (await client.SendAsync(0, "counted")).IsServed, TimeSpan.FromSeconds(60), "the counters of the budgets are made");
        using var redis = new RedisAsk(shared.Rig.Redis!.Port);
        var (idle, started) = (await redis.ScriptsRunAsync(), TimeProvider.System.GetTimestamp());
        await Task.Delay(TimeSpan.FromSeconds(3));
        var (before, began) = (await redis.ScriptsRunAsync(), TimeProvider.System.GetTimestamp());
        var perSecond = (before - idle) / TimeProvider.System.GetElapsedTime(started, began).TotalSeconds;

        for (var i = 0; i < Requests; i += 8)
        {
            Assert.All(await Task.WhenAll(Enumerable.Range(i, 8).Select(number => client.SendAsync(number, "counted"))), static answer => Assert.Equal(200, answer.Status));
        }

        // Ends may still be under way.
        await Task.Delay(TimeSpan.FromSeconds(2));
        var (after, seconds) = (await redis.ScriptsRunAsync(), TimeProvider.System.GetElapsedTime(began).TotalSeconds);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{after - before} scripts for {Requests} requests in {seconds:0.0} s; {perSecond:0.0} a second without any"));

        // Four limits and two budgets: one script takes them all, one ends them. Leases and looks at the epoch come on top.
        Assert.InRange(after - before, 2 * Requests, (2.05 * Requests) + ((perSecond + 5) * seconds));
    }

    private async Task BurstAsync(GatewayRig rig, BudgetClient client, string[] keys, string scope)
    {
        using var stop = new CancellationTokenSource();
        var watch = WatchAsync(client, keys[0], scope, rig.Edges.Count, stop.Token);

        var first = await Task.WhenAll(Enumerable.Range(0, Burst).Select(i => client.SendAsync(i, keys[i % keys.Length])));
        Say(first);

        // Where the machine had no time the gateway says so, and when to come again: clients do.
        var all = await Task.WhenAll(first.Select((answer, i) => AgainAsync(client, answer, i, keys[i % keys.Length])));
        Say(all);
        Assert.True(all.Count(static answer => answer.IsServed) >= 76, "Fewer than 76 were served.");
        Assert.All(all.Where(static answer => !answer.IsServed), static answer => Assert.Equal((429, "budget_exceeded", "false"), (answer.Status, answer.Code, answer.ShouldRetry)));
        var spent = await BudgetEnd.SettledAsync(rig, client, keys[0], scope, TimeSpan.FromSeconds(60), BudgetDocument.DollarNanoUsd, output);
        var metered = (await MeteredAsync(rig, keys)).Sum(static row => row.TokensGenerated) * 13_000;
        Assert.Equal(metered, spent);
        await stop.CancelAsync();
        output.WriteLine($"{await watch} looks at spent and held, none above the limit");
    }

    private static async Task<BudgetAnswer> AgainAsync(BudgetClient client, BudgetAnswer answer, int number, string key)
    {
        for (var tries = 0; answer.Status == 503 && tries < 8; tries++)
        {
            Assert.Equal("budget_unavailable", answer.Code);
            await Task.Delay(TimeSpan.FromMilliseconds(double.Parse(answer.RetryAfterMs!, CultureInfo.InvariantCulture)));
            answer = await client.SendAsync(number, key);
        }

        return answer;
    }

    /// <summary>I3, twenty times a second.</summary>
    private static async Task<int> WatchAsync(BudgetClient client, string key, string scope, int edges, CancellationToken stop)
    {
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        var looks = 0;
        try
        {
            while (await tick.WaitForNextTickAsync(stop))
            {
                var budget = (await client.BudgetsAsync(key, looks % edges, stop)).Single(budget => budget.Scope == scope);
                Assert.True(budget.IsKept, $"{budget.Spent} spent and {budget.Held} held of {budget.Limit}.");
                looks++;
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Enough.
        }

        return looks;
    }

    private static async Task<IReadOnlyList<MeterEntry>> MeteredAsync(GatewayRig rig, params string[] keys) =>
        [.. (await HistoryReader.MetersAsync(rig, CancellationToken.None)).Where(row => keys.Any(key => row.User.StartsWith(key + ":", StringComparison.Ordinal)))];

    private void Say(IEnumerable<BudgetAnswer> answers) =>
        output.WriteLine(string.Join(", ", answers.GroupBy(static answer => $"{answer.Status} {answer.Code}".Trim()).OrderBy(static group => group.Key, StringComparer.Ordinal).Select(static group => $"{group.Count()} x {group.Key}")));
}
