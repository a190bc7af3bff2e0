using Gateway.Core.Admission.Shared;

namespace Gateway.Usage.Tests.Budgets;

public sealed class SweepTests
{
    private static readonly TimeSpan UntilNobodyIsMissed = TimeSpan.FromSeconds(100);

    [Fact]
    public async Task A_hold_that_expired_is_settled_with_the_cost_in_the_ledger()
    {
        var rig = new BudgetRig();
        await rig.OpenAsync();
        var id = rig.NewId();
        rig.Store.Admit(BudgetRig.Hold(id));
        await rig.RunAsync(FakeBudgetStore.Lease);
        rig.Ship(id, 77);
        await rig.RunAsync(TimeSpan.FromSeconds(2));

        Assert.Equal((77, 0), (rig.Store.Spent(BudgetRig.Key), rig.Store.Holds));
        Assert.Equal(SettleOutcome.Repeated, await rig.Store.SettleAsync(BudgetRig.Settlement(id, 77), default));
    }

    [Fact]
    public async Task A_further_part_of_a_request_that_ended_is_given_back_and_not_charged_again()
    {
        var rig = new BudgetRig();
        await rig.OpenAsync();
        var id = rig.NewId();
        rig.Store.Admit(BudgetRig.Hold(id));
        rig.Store.Admit(BudgetRig.Hold(id, part: 1));
        rig.Ship(id, 77);
        await rig.RunAsync(FakeBudgetStore.Lease + TimeSpan.FromSeconds(2));

        Assert.Equal((77, 0), (rig.Store.Spent(BudgetRig.Key), rig.Store.Holds));
    }

    [Fact]
    public async Task A_hold_that_nobody_dispatched_is_given_back_when_it_expires()
    {
        var rig = new BudgetRig();
        await rig.OpenAsync();
        await rig.RunAsync(UntilNobodyIsMissed);
        rig.Store.Admit(BudgetRig.Hold(rig.NewId()));

        await rig.RunAsync(FakeBudgetStore.Lease - TimeSpan.FromSeconds(1));
        Assert.Equal(1, rig.Store.Holds);
        await rig.RunAsync(TimeSpan.FromSeconds(3));

        Assert.Equal((0, 0), (rig.Store.Spent(BudgetRig.Key), rig.Store.Holds));
        Assert.Empty(rig.Log.Of(5105));
    }

    [Fact]
    public async Task A_dispatched_request_has_sixty_seconds_for_its_record()
    {
        var rig = new BudgetRig();
        await rig.OpenAsync();
        await rig.RunAsync(UntilNobodyIsMissed);
        var (late, lost) = (rig.NewId(), rig.NewId());
        rig.Store.Admit(BudgetRig.Hold(late));
        rig.Store.Admit(BudgetRig.Hold(lost));
        rig.Dispatched.Began(late);
        rig.Dispatched.Began(lost);

        await rig.RunAsync(FakeBudgetStore.Lease + TimeSpan.FromSeconds(55));
        Assert.Equal(2, rig.Store.Holds);
        rig.Ship(late, 8);
        await rig.RunAsync(TimeSpan.FromSeconds(8));

        Assert.Equal((8, 0), (rig.Store.Spent(BudgetRig.Key), rig.Store.Holds));
        Assert.Contains(lost.ToString(), Assert.Single(rig.Log.Of(5105)), StringComparison.Ordinal);

        // Its record comes after all: then it counts.
        rig.Ship(lost, 5);
        await rig.RunAsync(TimeSpan.FromSeconds(15));
        Assert.Equal(13, rig.Store.Spent(BudgetRig.Key));
    }

    [Fact]
    public async Task While_a_service_that_went_away_may_come_back_with_records_everything_waits()
    {
        var rig = new BudgetRig();
        await rig.OpenAsync();
        ValueTask RenewAsync() => new(rig.Store.RenewAsync(BudgetRig.Organisation, "router", [], isAll: false, default).AsTask());
        await rig.RunAsync(UntilNobodyIsMissed, RenewAsync);
        rig.Store.Admit(BudgetRig.Hold(rig.NewId()));

        // Killed before it could ship what it had begun.
        await rig.RunAsync(FakeBudgetStore.Lease + TimeSpan.FromSeconds(55));
        Assert.Equal(1, rig.Store.Holds);
        await rig.RunAsync(TimeSpan.FromSeconds(8));

        Assert.Equal(0, rig.Store.Holds);
    }

    [Theory]
    [InlineData("edge:1", 0)]
    [InlineData("router:1", 1)]
    public async Task Only_who_leaves_records_is_waited_for(string holder, int holds)
    {
        var rig = new BudgetRig();
        await rig.OpenAsync();
        ValueTask RenewAsync() => new(rig.Store.RenewAsync(BudgetRig.Organisation, holder, [], isAll: false, default).AsTask());
        await rig.RunAsync(UntilNobodyIsMissed, RenewAsync);
        rig.Store.Admit(BudgetRig.Hold(rig.NewId()));
        await rig.RunAsync(FakeBudgetStore.Lease + TimeSpan.FromSeconds(2));

        Assert.Equal(holds, rig.Store.Holds);
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 1)]
    public async Task A_process_that_has_just_started_does_not_know_whom_it_has_missed(bool hasSpent, int holds)
    {
        var rig = new BudgetRig();
        if (hasSpent)
        {
            rig.Ship(rig.NewId(), 1);
        }

        rig.Restart();
        await rig.OpenAsync();
        rig.Store.Admit(BudgetRig.Hold(rig.NewId()));
        await rig.RunAsync(FakeBudgetStore.Lease + TimeSpan.FromSeconds(2));

        Assert.Equal(holds, rig.Store.Holds);
    }

    [Fact]
    public async Task A_store_that_does_not_answer_is_swept_later()
    {
        var rig = new BudgetRig();
        await rig.OpenAsync();
        var id = rig.NewId();
        rig.Store.Admit(BudgetRig.Hold(id));
        rig.Ship(id, 77);
        rig.Store.Before = call => rig.Store.LosesAnswers = call == "settle";
        await rig.RunAsync(FakeBudgetStore.Lease + TimeSpan.FromSeconds(2));
        rig.Store.Before = null;
        rig.Store.LosesAnswers = false;
        await rig.RunAsync(TimeSpan.FromSeconds(10));

        Assert.Equal((77, 0), (rig.Store.Spent(BudgetRig.Key), rig.Store.Holds));
    }
}
