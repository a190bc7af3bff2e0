using Gateway.Core.Admission.Local;
using Gateway.Core.Admission.Shared;
using static Gateway.Core.Tests.Admission.Local.LocalRequests;

namespace Gateway.Core.Tests.Admission.Local;

public sealed class LocalBudgetTests
{
    private readonly ManualTime _time = new();
    private readonly LocalAdmissionStore _store;

    public LocalBudgetTests() => _store = new LocalAdmissionStore(_time);

    [Fact]
    public void The_estimate_is_held_while_there_is_plenty_and_every_byte_when_there_is_not()
    {
        // Input 50 by estimate and 100 by bytes, ten tokens of 10: a bound of 150.
        Assert.Equal(150, _store.Admit(Paying(100, 10, 10, Lifetime(3_001))).HeldNanoUsd);
        Assert.Equal(200, _store.Admit(Paying(100, 10, 10, Lifetime(3_000, "key:b"))).HeldNanoUsd);
    }

    [Fact]
    public void The_cap_is_what_the_tightest_hard_budget_affords()
    {
        var answer = _store.Admit(Paying(100, 1_000, 1, Lifetime(1_000_000_000), Lifetime(735, "team:a"), Lifetime(10, "org:o", hard: false)));

        Assert.Equal((AdmissionOutcome.Admitted, 63L, 730L), (answer.Outcome, answer.OutputCap, answer.HeldNanoUsd));
        Assert.All(answer.Budgets, static budget => Assert.Equal(730, budget.HeldNanoUsd));
    }

    [Fact]
    public void A_cap_that_is_too_small_is_refused_and_the_refusal_is_remembered()
    {
        var request = Paying(100, 1_000, 64, Lifetime(1_000_000), Lifetime(735, "team:a"));

        var refused = _store.Admit(request);

        Assert.Equal((AdmissionOutcome.Unaffordable, 1), (refused.Outcome, refused.Binding));
        Assert.Equal(0, _store.HeldNanoUsd);
        Assert.Equal(AdmissionOutcome.Unaffordable, _store.Admit(request with { Budgets = [Lifetime(1_000_000), Lifetime(1_000_000, "team:a")] }).Outcome);
        Assert.Equal(AdmissionOutcome.Admitted, _store.Admit(request with { RequestId = Guid.NewGuid(), Budgets = [Lifetime(1_000_000), Lifetime(1_000_000, "team:a")] }).Outcome);
    }

    [Fact]
    public void Of_budgets_that_do_not_suffice_the_one_that_resets_last_binds()
    {
        var day = new BudgetCharge(new BudgetSlot("key:demo|day", 0), 1, 300, true, _time.GetUtcNow() + TimeSpan.FromHours(3));
        var month = new BudgetCharge(new BudgetSlot("key:demo|month", 0), 1, 300, true, _time.GetUtcNow() + TimeSpan.FromDays(3));
        _store.Settle(SettlementOf(Paying(100, 10, 1, day, month), null, 250));

        var refused = _store.Admit(Paying(100, 10, 1, day, month, Lifetime(1_000_000)));

        Assert.Equal((1, TimeSpan.FromDays(3)), (refused.Binding, refused.RetryAfter));
    }

    [Fact]
    public void How_long_a_budget_refuses_is_said_by_what_it_waits_for()
    {
        var reset = _time.GetUtcNow() + TimeSpan.FromHours(3);
        BudgetCharge Day(long limit) => new(new BudgetSlot("key:demo|day", 0), 1, limit, true, reset);
        TimeSpan Wait(BudgetCharge budget) => _store.Admit(Paying(100, 10, 10, budget)).RetryAfter;
        var first = Paying(100, 10, 10, Day(300));
        var answer = _store.Admit(first);

        Assert.Equal(TimeSpan.FromSeconds(1), Wait(Day(300)));          // until the other request ends
        Assert.Equal(TimeSpan.FromDays(366), Wait(Day(199)));           // never
        _store.Settle(SettlementOf(first, answer, 150));
        Assert.Equal(TimeSpan.FromHours(3), Wait(Day(300)));
        Assert.Equal(TimeSpan.FromDays(366), Wait(Day(300) with { ResetsAt = null }));
    }

    [Fact]
    public void A_rolling_window_waits_for_as_many_slots_as_must_leave()
    {
        var hour = TimeSpan.TicksPerHour;
        var slot = _time.GetUtcNow().UtcTicks / hour;
        BudgetCharge At(long number) => new(
            new BudgetSlot("key:demo|rolling:86400", number), BudgetClock.RollingSlots + 1, 1_000, true, new DateTimeOffset((number + 1) * hour, TimeSpan.Zero));
        foreach (var (age, cost) in new[] { (24, 100), (22, 700), (3, 200) })
        {
            var request = Paying(1, 1, 1, At(slot - age));
            _store.Settle(SettlementOf(request, null, cost));
        }

        Assert.Equal(TimeSpan.FromHours(1), _store.Admit(Paying(0, 10, 10, At(slot))).RetryAfter);
        Assert.Equal(TimeSpan.FromHours(3), _store.Admit(Paying(100, 10, 10, At(slot))).RetryAfter);
        Assert.Equal(TimeSpan.FromHours(22), _store.Admit(Paying(800, 10, 10, At(slot))).RetryAfter);
    }

    [Fact]
    public void A_soft_budget_counts_and_never_refuses()
    {
        var soft = Lifetime(10, hard: false);
        var request = Paying(100, 10, 10, soft);

        var answer = _store.Admit(request);

        Assert.Equal((AdmissionOutcome.Admitted, 10L, 150L), (answer.Outcome, answer.OutputCap, answer.HeldNanoUsd));
        Assert.Equal(SettleOutcome.Settled, _store.Settle(SettlementOf(request, answer, 120)));
        Assert.Equal(new BudgetState(120, 0), StateOf(_store, soft));
    }

    [Fact]
    public void A_limit_that_refuses_holds_no_money()
    {
        var rule = PerMinute(6, burst: 1);
        _store.Admit(Of(rule));

        Assert.Equal(AdmissionOutcome.Limited, _store.Admit(Paying(100, 10, 10, Lifetime(1_000_000)) with { Limits = [rule] }).Outcome);

        Assert.Equal(0, _store.HeldNanoUsd);
    }

    [Fact]
    public void A_budget_that_refuses_takes_nothing_of_a_limit()
    {
        var rule = PerMinute(6, burst: 1);

        Assert.Equal(AdmissionOutcome.Unaffordable, _store.Admit(Paying(100, 10, 10, Lifetime(20)) with { Limits = [rule] }).Outcome);

        Assert.Equal(AdmissionOutcome.Admitted, _store.Admit(Of(rule)).Outcome);
    }

    [Fact]
    public void A_settlement_after_a_void_or_without_a_hold_counts_all_the_same()
    {
        var budget = Lifetime(1_000_000);
        var request = Paying(100, 10, 10, budget);
        var answer = _store.Admit(request);
        _store.Void(HoldOf(request, answer));

        Assert.Equal(SettleOutcome.Late, _store.Settle(SettlementOf(request, answer, 120)));
        Assert.Equal(SettleOutcome.Repeated, _store.Settle(SettlementOf(request, answer, 120)));
        Assert.Equal(SettleOutcome.Late, _store.Settle(SettlementOf(Paying(100, 10, 10, budget), null, 7)));

        Assert.Equal(new BudgetState(127, 0), StateOf(_store, budget));
    }

    [Fact]
    public void A_hold_ends_with_its_lease_unless_it_is_renewed_and_is_made_again_by_the_next_renewal()
    {
        var request = Paying(100, 10, 10, Lifetime(1_000_000));
        var hold = HoldOf(request, _store.Admit(request));
        _time.Advance(TimeSpan.FromSeconds(20));
        _store.Renew(hold);
        _time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(150, _store.HeldNanoUsd);

        _time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(0, _store.HeldNanoUsd);
        _store.Renew(hold);
        _store.Renew(hold);
        Assert.Equal(150, _store.HeldNanoUsd);

        _store.Void(hold);
        _store.Renew(hold);
        Assert.Equal(0, _store.HeldNanoUsd);
    }

    [Fact]
    public void A_decision_that_was_forgotten_is_not_held_twice()
    {
        var store = new LocalAdmissionStore(_time, capacity: new LocalCapacity { Decisions = 1 });
        var request = Paying(100, 10, 10, Lifetime(1_000_000));
        store.Admit(request);
        store.Admit(Of());

        var answer = store.Admit(request);

        Assert.Equal(150, store.HeldNanoUsd);
        store.Void(HoldOf(request, answer));
        Assert.Equal(0, store.HeldNanoUsd);
    }

    [Fact]
    public void The_slots_of_a_rolling_window_leave_one_by_one()
    {
        BudgetCharge At(long slot) => new(new BudgetSlot("key:demo|rolling:86400", slot), BudgetClock.RollingSlots + 1, 1_000, true, null);
        foreach (var slot in new long[] { 100, 101, 124 })
        {
            var request = Paying(100, 10, 10, At(slot));
            Assert.Equal(AdmissionOutcome.Admitted, _store.Admit(request).Outcome);
            _store.Settle(SettlementOf(request, null, 200));
        }

        Assert.Equal([600L, 400L, 200L, 0L], new long[] { 124, 125, 126, 149 }.Select(slot => StateOf(_store, At(slot)).SpentNanoUsd));
    }

    [Fact]
    public void A_store_that_is_told_by_the_ledger_decides_nothing_hard_before()
    {
        var store = new LocalAdmissionStore(_time, isToldBySource: true);
        var request = Paying(100, 10, 10, Lifetime(1_000), Lifetime(10, "org:o", hard: false));
        var rebuilding = store.Admit(request);
        Assert.Equal((AdmissionOutcome.Rebuilding, 0), (rebuilding.Outcome, rebuilding.Binding));
        Assert.Equal(AdmissionOutcome.Admitted, store.Admit(Paying(100, 10, 10, Lifetime(10, "org:o", hard: false))).Outcome);

        var question = store.Unknown(request)!;
        Assert.Equal(["key:demo|lifetime", "org:o|lifetime"], question.Slots.Select(static slot => slot.Id));
        store.Fill(question, [850, 5]);

        Assert.Null(store.Unknown(request));
        Assert.Equal(AdmissionOutcome.Unaffordable, store.Admit(request).Outcome);
        Assert.Equal(AdmissionOutcome.Admitted, store.Admit(Paying(100, 1, 1, Lifetime(1_000))).Outcome);
    }

    [Fact]
    public void A_settlement_that_crosses_the_ledgers_answer_is_never_forgotten()
    {
        var budget = Lifetime(1_000_000);
        var store = new LocalAdmissionStore(_time, isToldBySource: true);
        var (before, during) = (Paying(100, 10, 10, budget), Paying(100, 10, 10, budget));
        store.Fill(store.Unknown(before)!, [1_000]);
        store.Settle(SettlementOf(before, store.Admit(before), 100));

        var question = Assert.Single(store.UsedWithin(TimeSpan.FromMinutes(1), 10));
        store.Settle(SettlementOf(during, store.Admit(during), 30));
        store.Fill(question, [1_100]);    // without the one that came meanwhile
        Assert.Equal(1_130, StateOf(store, budget).SpentNanoUsd);

        store.Fill(Assert.Single(store.UsedWithin(TimeSpan.FromMinutes(1), 10)), [1_530]);    // with it, and with what others spent
        Assert.Equal(1_530, StateOf(store, budget).SpentNanoUsd);
        Assert.Empty(store.UsedWithin(TimeSpan.FromMinutes(1), 0));
    }
}
