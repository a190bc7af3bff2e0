using Gateway.Usage.Budgets;

namespace Gateway.Usage.Tests.Budgets;

/// <summary>What corrections do to counters of budgets that run.</summary>
public sealed class CorrectionBudgetTests
{
    [Theory]
    [InlineData(30)]
    [InlineData(-30)]
    public async Task A_correction_is_booked_once_without_an_alarm(long difference)
    {
        var rig = new BudgetRig();
        await SpendAsync(rig, 100);
        rig.Book.AddCorrection(Charge(rig, difference));
        await rig.RunAsync(TimeSpan.FromSeconds(200));
        Assert.Equal((100 + difference, 100 + difference), (rig.Store.Spent(BudgetRig.Key), rig.Store.Spent(BudgetRig.Team)));

        // Another process on the same ledger tells it again.
        rig.Restart();
        await rig.RunAsync(TimeSpan.FromSeconds(200));
        Assert.Equal(100 + difference, rig.Store.Spent(BudgetRig.Key));
        Assert.Empty(rig.Log.Of(5106));
        Assert.Empty(rig.Log.Of(5107));
        Assert.Empty(rig.Log.Of(5108));
        Assert.DoesNotContain("discard", rig.Store.Calls);
    }

    [Fact]
    public async Task Counters_that_are_made_again_have_their_corrections_once()
    {
        var rig = new BudgetRig();
        await SpendAsync(rig, 100);
        rig.Book.AddCorrection(Charge(rig, -40));
        rig.Store.Lose();
        await rig.RunAsync(TimeSpan.FromSeconds(100));

        Assert.True(rig.Store.IsOpen);
        Assert.Equal(60, rig.Store.Spent(BudgetRig.Key));
    }

    [Fact]
    public async Task A_correction_that_the_store_does_not_answer_is_told_again()
    {
        var rig = new BudgetRig();
        await SpendAsync(rig, 100);
        rig.Book.AddCorrection(Charge(rig, -40));
        rig.Store.LosesAnswers = true;
        await rig.RunAsync(TimeSpan.FromSeconds(20));
        rig.Store.LosesAnswers = false;
        await rig.RunAsync(TimeSpan.FromSeconds(20));

        Assert.Equal(60, rig.Store.Spent(BudgetRig.Key));
    }

    [Fact]
    public async Task More_corrections_than_can_be_told_one_by_one_make_the_counters_anew()
    {
        var rig = new BudgetRig();
        await SpendAsync(rig, 100_000);
        for (var i = 0; i <= BudgetBook.MostCorrections; i++)
        {
            rig.Book.AddCorrection(Charge(rig, -1));
        }

        await rig.RunAsync(TimeSpan.FromSeconds(60));

        Assert.Equal(100_000 - BudgetBook.MostCorrections - 1, rig.Store.Spent(BudgetRig.Key));
        Assert.Single(rig.Log.Of(5111));
        Assert.Single(rig.Store.Calls, static call => call == "discard");
        Assert.True(rig.Store.IsOpen);
    }

    [Fact]
    public void Corrections_that_stores_have_forgotten_and_those_of_budgets_that_are_over_are_not_told()
    {
        var rig = new BudgetRig();
        rig.Book.AddCorrection(Charge(rig, 5) with { Budgets = [new("key:demo|day:2025-12-30@UTC", 0)] });
        Assert.Empty(rig.Book.Corrections(BudgetRig.Organisation, 0).News);
        rig.Book.AddCorrection(Charge(rig, 5));
        Assert.Single(rig.Book.Corrections(BudgetRig.Organisation, 0).News);
        rig.Time.Advance(TimeSpan.FromHours(24));

        Assert.Empty(rig.Book.Corrections(BudgetRig.Organisation, 0).News);
    }

    private static SpentCharge Charge(BudgetRig rig, long difference) => new(rig.NewId(), BudgetRig.Organisation, [BudgetRig.Key, BudgetRig.Team], difference, 0);

    private static async Task SpendAsync(BudgetRig rig, long cost)
    {
        await rig.OpenAsync();
        var id = rig.NewId();
        rig.Store.Admit(BudgetRig.Hold(id));
        await rig.Store.SettleAsync(BudgetRig.Settlement(id, cost), default);
        rig.Ship(id, cost);
        await rig.RunAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(cost, rig.Store.Spent(BudgetRig.Key));
    }
}
