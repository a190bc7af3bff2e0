using System.Globalization;
using Gateway.EndToEnd.Tests.Budgets;
using Gateway.EndToEnd.Tests.Ledgers;
using Gateway.Rig.History;
using Xunit.Abstractions;

namespace Gateway.EndToEnd.Tests;

/// <summary>
/// Services die under load, again and again. Each call that reached a provider is in the ledger, once, with the tokens that the meter counted; what nobody can know is flagged; no budget is overspent and
/// nothing stays held.
/// </summary>
public sealed class KillTests(ITestOutputHelper output)
{
    /// <summary>Environment variable: so many requests instead of <see cref="DefaultRequests"/>.</summary>
    private const string RequestsVariable = "RIG_LEDGER_REQUESTS";

    private const int DefaultRequests = 20_000;
    private const int Clients = 12;
    private const int HardClients = 8;

    /// <summary>Environment variable: how often Usage, a Router and an Edge are killed, instead of <see cref="DefaultKills"/>: each round takes the time that three services take to start.</summary>
    private const string KillsVariable = "RIG_LEDGER_KILLS";

    private const int DefaultKills = 10;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(12);

    [Fact]
    public async Task UsageRoutersAndEdgesAreKilledAgainAndAgain_LedgerMinusMeterIsZero_AndNoBudgetIsOverspent()
    {
        var kills = NumberOf(KillsVariable, DefaultKills);
        var requests = NumberOf(RequestsVariable, DefaultRequests);
        using var limit = new CancellationTokenSource(Limit);
        await using var rig = await GatewayRig.StartAsync(new RigOptions { Config = LedgerDocument.Text, Edges = 2, Routers = 2 });
        await rig.ControlAsync(0, $$"""{"rules":[{"credential":"{{LedgerDocument.FailingCredential}}","directives":["status=500","status=503"],"share":0.02,"seed":5}]}""");
        using var load = new LedgerLoad(rig, breaks: true);
        using var hard = new BudgetClient(rig);
        using var admin = rig.Admin();
        var started = TimeProvider.System.GetTimestamp();
        var rounds = 0;
        // Each round has its share: what starts again needs the machine too, and more requests than were asked for would only keep it from that.
        var clients = load.RunAsync(Clients, number => number <= requests, limit.Token, number => number <= (long)requests * (Volatile.Read(ref rounds) + 1) / (kills + 1));
        var hards = Enumerable.Range(0, HardClients).Select(_ => Task.Run(() => HardAsync(hard, load, () => Volatile.Read(ref rounds), kills, limit.Token))).ToArray();

        for (var round = 1; round <= kills; round++)
        {
            // Spread over the run by progress, not by the clock, so that a slow machine kills as often; and nothing dies before it has done something.
            Volatile.Write(ref rounds, round);
            var (at, router) = ((long)requests * round / (kills + 1), rig.Routers[round / 2 % 2]);
            await LedgerWatch.UntilAsync(() => Task.FromResult(load.Sent >= at || clients.IsFaulted), limit.Token);
            await LedgerWatch.UntilAsync(async () => await LedgerWatch.MetricAsync(rig.Usage, "gateway_ledger_taken_total", limit.Token) > 0, limit.Token);
            await LedgerWatch.UntilAsync(async () => await LedgerWatch.MetricAsync(router, "gateway_journal_appends_total", limit.Token) > 0, limit.Token);
            RigProcess[] victims = round % 2 == 0 ? [rig.Usage, router, rig.Edges[round / 2 % 2]] : [router, rig.Edges[round / 2 % 2], rig.Usage];
            foreach (var victim in victims)
            {
                await victim.KillAsync();
            }

            await Task.WhenAll(victims.Select(static victim => victim.StartAndWaitAsync("/ready")));
        }

        Volatile.Write(ref rounds, kills + 1);
        await Task.WhenAll([clients, .. hards]);
        Say($"{load.Seen.Count} requests in {TimeProvider.System.GetElapsedTime(started).TotalSeconds:0} s, {load.Seen.Count(static seen => seen.IsGood)} with a good end");
        await LedgerWatch.CaughtUpAsync(rig, limit.Token);
        var history = await LedgerWatch.HistoryAsync(rig, admin, load, limit.Token);

        var reckoning = LedgerReckoning.Of(history, LedgerDocument.Rules);
        reckoning.Assert(output);
        await LedgerReckoning.AssertSumsAsync(admin, history.Ledger, limit.Token);

        // Most ended well: what is compared is no heap of refusals. And no kill can have met more than all that ran.
        var asked = load.Seen.Where(static seen => seen.Model == LedgerDocument.Chat).ToList();
        Assert.True(asked.Count(static seen => seen.IsGood) > asked.Count * 9 / 10, $"Only {asked.Count(static seen => seen.IsGood)} of {asked.Count} requests ended well.");
        Assert.InRange(reckoning.Flagged.GetValueOrDefault("recovered"), 1, kills * (Clients + HardClients));

        // What nobody can know was said by those who found it; and no journal has lost anything.
        Assert.Equal(reckoning.Flagged["recovered"], rig.Routers.SelectMany(static router => LedgerWatch.Named(router, "([0-9]+) requests of a Router that died were ended")).Sum());
        Assert.DoesNotMatch("lacks (its )?records|has lost its records|was damaged|is refused", string.Join('\n', rig.Usage.Output, rig.Routers[0].Output, rig.Routers[1].Output));

        // The money: I3 and I4, and the counters of the budgets are the ledger's.
        long spent = 0;
        for (var key = 1; key <= LedgerDocument.HardKeys; key++)
        {
            spent += await BudgetEnd.SettledAsync(rig, hard, LedgerDocument.HardKey(key), $"key:{LedgerDocument.HardKey(key)}", TimeSpan.FromSeconds(100), BudgetDocument.DollarNanoUsd, output);
        }

        Assert.True(spent > 0);
        await rig.Usage.StopAsync();
        var verified = await rig.CommandAsync("verify", TimeSpan.FromMinutes(1));
        output.WriteLine(verified.Output);
        Assert.Equal(0, verified.ExitCode);
        Say($"{TimeProvider.System.GetElapsedTime(started).TotalSeconds:0} s in all");
    }

    /// <summary>Spends the dollar of one key after the other, faster than it lasts, with requests that are long enough for a kill to meet some of them.</summary>
    private static async Task HardAsync(BudgetClient client, LedgerLoad load, Func<int> round, int kills, CancellationToken limit)
    {
        for (var at = round(); at <= kills; at = round())
        {
            var (key, number) = (LedgerDocument.HardKey(1 + ((Math.Max(at, 1) - 1) / 2 % LedgerDocument.HardKeys)), load.Next());
            var answer = await client.SendAsync(number, key, LedgerDocument.Priced, "slow_headers=150ms", limit);
            load.Add(new ClientObservation { Tag = $"{key}:{number}", Model = LedgerDocument.Priced, RequestId = answer.Id, Status = answer.Status, Terminals = answer.IsServed ? 1 : 0, SentUs = load.StartedUs });
            if (!answer.IsServed)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), limit);
            }
        }
    }

    private static int NumberOf(string variable, int usual) => int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var wanted) ? wanted : usual;

    private void Say(FormattableString text) => output.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
