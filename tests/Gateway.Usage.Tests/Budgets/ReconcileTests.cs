namespace Gateway.Usage.Tests.Budgets;

public sealed class ReconcileTests
{
    [Fact]
    public async Task A_settlement_that_was_lost_is_repeated()
    {
        var rig = new BudgetRig();
        await rig.OpenAsync();
        rig.Ship(rig.NewId(), 50);
        await rig.RunAsync(TimeSpan.FromSeconds(4));
        Assert.Equal(0, rig.Store.Spent(BudgetRig.Key));    // the Router's own settlement may still come
        await rig.RunAsync(TimeSpan.FromSeconds(8));

        Assert.Equal((50, 50), (rig.Store.Spent(BudgetRig.Key), rig.Store.Spent(BudgetRig.Team)));
        Assert.Single(rig.Log.Of(5106));
        Assert.Empty(rig.Log.Of(5107));
        Assert.DoesNotContain("discard", rig.Store.Calls);
    }

    [Fact]
    public async Task Counters_that_lack_money_without_a_reason_are_made_again()
    {
        var rig = new BudgetRig();
        await rig.OpenAsync();
        var id = rig.NewId();
        rig.Store.Admit(BudgetRig.Hold(id));
        await rig.Store.SettleAsync(BudgetRig.Settlement(id, 50), default);
        rig.Ship(id, 50);
        await rig.RunAsync(TimeSpan.FromSeconds(10));

        // The mark of the settlement is there, its money is not.
        rig.Store.Lose(BudgetRig.Team, 20);
        await rig.RunAsync(TimeSpan.FromSeconds(80));

        Assert.Equal((50, 50), (rig.Store.Spent(BudgetRig.Key), rig.Store.Spent(BudgetRig.Team)));
        Assert.Contains("lack 20 nano-USD", Assert.Single(rig.Log.Of(5107)), StringComparison.Ordinal);
        Assert.True(rig.Store.IsOpen);
    }

    [Fact]
    public async Task Counters_ahead_are_normal_while_records_are_on_their_way()
    {
        var rig = new BudgetRig();
        await rig.OpenAsync();
        var id = rig.NewId();
        rig.Store.Admit(BudgetRig.Hold(id));
        await rig.Store.SettleAsync(BudgetRig.Settlement(id, 50), default);
        rig.Ship(rig.NewId(), 0);
        await rig.RunAsync(TimeSpan.FromSeconds(50));
        Assert.Empty(rig.Log.Of(5108));
        await rig.RunAsync(TimeSpan.FromSeconds(20));

        Assert.Contains("have 100 nano-USD more", Assert.Single(rig.Log.Of(5108)), StringComparison.Ordinal);
        Assert.DoesNotContain("discard", rig.Store.Calls);
        rig.Ship(id, 50);
        await rig.RunAsync(TimeSpan.FromSeconds(200));
        Assert.Single(rig.Log.Of(5108));
    }

    [Fact]
    public async Task Windows_that_are_over_are_not_compared()
    {
        var rig = new BudgetRig();
        rig.Ship(rig.NewId(), 50, new Core.Admission.Shared.BudgetSlot("key:demo|day:2025-12-31@UTC", 0));
        await rig.OpenAsync();
        rig.Time.Advance(TimeSpan.FromHours(13));
        rig.Store.Lose();
        await rig.RunAsync(TimeSpan.FromSeconds(60));
        rig.Ship(rig.NewId(), 50, new Core.Admission.Shared.BudgetSlot("key:demo|day:2025-12-31@UTC", 0));
        await rig.RunAsync(TimeSpan.FromSeconds(120));

        Assert.True(rig.Store.IsOpen);
        Assert.Empty(rig.Log.Of(5107));
    }
}
