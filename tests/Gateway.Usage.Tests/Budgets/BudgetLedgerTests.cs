using Gateway.Core.Admission.Shared;
using Gateway.Core.Configuration;
using Gateway.Core.Journal;
using Gateway.Usage.Budgets;
using Gateway.Usage.Ledger;

namespace Gateway.Usage.Tests.Budgets;

/// <summary>From the batches of Routers to what budgets know, over restarts.</summary>
public sealed class BudgetLedgerTests
{
    private static readonly BudgetSlot Key = new("key:demo|lifetime", 0);
    private static readonly BudgetSlot Rolling = new("team:research|rolling:86400", DateTimeOffset.UtcNow.UtcTicks / (TimeSpan.TicksPerDay / BudgetClock.RollingSlots));

    [Fact]
    public async Task Budgets_are_the_same_after_a_restart_and_repeated_batches_add_nothing()
    {
        await using var usage = await UsageHost.StartAsync(segmentBytes: 4096);
        var journal = new FakeJournal();
        var finals = Enumerable.Range(0, 60).Select(static i => Budgeted(FakeJournal.Final(input: 100 + i), i % 2 == 0 ? [Key] : [Key, Rolling])).ToArray();
        foreach (var final in finals)
        {
            journal.Add(final.Intent).Add(final);
        }

        await usage.PostAsync(journal.All());
        await usage.PostAsync(journal.All());
        var all = finals.Sum(static final => final.CostNanoUsd);
        var half = finals.Where(static final => final.Intent.Budgets.Count == 2).Sum(static final => final.CostNanoUsd);
        Assert.Equal([all, half], usage.Service<BudgetBook>().SpentIn("acme", [Key, Rolling]));
        Assert.False(usage.Service<DispatchedRequests>().Contains(finals[0].Intent.RequestId));
        await usage.StartAgainAsync(4096);

        var book = usage.Service<BudgetBook>();
        Assert.Equal([all, half], book.SpentIn("acme", [Key, Rolling]));
        Assert.Equal(60, book.Cut("acme").Settled.Count);
        await usage.PostAsync(journal.All());
        Assert.Equal([all, half], book.SpentIn("acme", [Key, Rolling]));
    }

    [Fact]
    public async Task Requests_that_have_begun_are_known_until_their_record_comes()
    {
        await using var usage = await UsageHost.StartAsync();
        var final = Budgeted(FakeJournal.Final(), [Key]);
        var journal = new FakeJournal().Add(final.Intent);
        await usage.PostAsync(journal.All());
        Assert.True(usage.Service<DispatchedRequests>().Contains(final.Intent.RequestId));
        journal.Add(final);
        await usage.PostAsync(journal.Batch(2, 2));

        Assert.False(usage.Service<DispatchedRequests>().Contains(final.Intent.RequestId));
        Assert.Equal(final.CostNanoUsd, usage.Service<BudgetBook>().Find(final.Intent.RequestId)?.CostNanoUsd);
    }

    [Fact]
    public async Task An_alert_of_the_ledger_is_not_repeated_by_the_next_start()
    {
        await using var usage = await UsageHost.StartAsync();
        var budget = new BudgetConfig { LimitNanoUsd = 1_000_000, Window = BudgetWindow.Lifetime, Alerts = [50, 90] };
        usage.Config.Change(config => config with { Keys = [new VirtualKeyConfig { Id = "demo", Secret = "", Budgets = [budget] }] });
        var journal = new FakeJournal().Add(Budgeted(FakeJournal.Final(), [Key]));    // 510,000
        await usage.PostAsync(journal.All());
        await AlertsAsync(usage, 1);
        await usage.StartAgainAsync();
        journal.Add(Budgeted(FakeJournal.Final(), [Key]));
        await usage.PostAsync(journal.Batch(2, 2));
        await AlertsAsync(usage, 2);

        Assert.Contains(" 90 %", usage.Log.Of(5150)[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Owner_organisation_and_budgets_of_a_record_stay_in_the_ledger()
    {
        await using var usage = await UsageHost.StartAsync();
        var final = Budgeted(FakeJournal.Final(), [Key, Rolling]);
        await usage.PostAsync(new FakeJournal().Add(final).All());
        await usage.StartAgainAsync();

        var kept = Assert.Single((await usage.Ledger.ListAsync(new RequestQuery(10), default)).Requests).Final.Intent;
        Assert.Equal(("alice", "acme"), (kept.Owner, kept.Organisation));
        Assert.Equal([Key, Rolling], kept.Budgets);
    }

    private static async Task AlertsAsync(UsageHost usage, int count)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (usage.Log.Of(5150).Length < count)
        {
            await tick.WaitForNextTickAsync(deadline.Token);
        }
    }

    private static UsageFinal Budgeted(UsageFinal final, BudgetSlot[] slots) => final with { Intent = final.Intent with { Organisation = "acme", Owner = "alice", Budgets = slots } };
}
