using Gateway.Core.Admission.Redis;
using Gateway.Core.Admission.Shared;

namespace Gateway.Core.Tests.Admission.Redis;

/// <summary>Decisions of the scripts in a real Redis. Where a place must not come back between two of them, it takes a minute.</summary>
public sealed class RedisAdmissionStoreTests(AdmissionRedis redis) : IClassFixture<AdmissionRedis>
{
    private static readonly MoneyBound Thirty = new(10, 10, 1, 20, 20);
    private readonly AdmissionScene _scene = new(redis);

    [Fact]
    public async Task A_request_without_budgets_needs_no_epoch()
    {
        var request = _scene.Request(limits: [AdmissionScene.Requests(perMinute: 60, burst: 2)]);

        var answer = await _scene.AdmitAsync(request);

        Assert.Equal(AdmissionOutcome.Admitted, answer.Outcome);
        Assert.Equal((-1, -1L, 0L), (answer.Binding, answer.OutputCap, answer.HeldNanoUsd));
        Assert.Equal(new LimitState(1, TimeSpan.FromSeconds(1), false), answer.Limits[0]);
    }

    [Fact]
    public async Task Without_an_epoch_hard_budgets_are_rebuilding_and_soft_ones_are_skipped()
    {
        var hard = await _scene.AdmitAsync(_scene.Request(budgets: [AdmissionScene.Budget(1_000)], bound: Thirty));
        var soft = await _scene.AdmitAsync(_scene.Request(budgets: [AdmissionScene.Budget(1_000, hard: false)], bound: Thirty));

        Assert.Equal(AdmissionOutcome.Rebuilding, hard.Outcome);
        Assert.Equal((AdmissionOutcome.Admitted, 0L, -1L), (soft.Outcome, soft.HeldNanoUsd, soft.OutputCap));
    }

    [Fact]
    public async Task Money_is_held_then_booked_once()
    {
        await _scene.OpenAsync();
        var budget = AdmissionScene.Budget(1_000);
        var request = _scene.Request(budgets: [budget], bound: Thirty);

        var answer = await _scene.AdmitAsync(request);
        Assert.Equal((AdmissionOutcome.Admitted, 30L, 20L), (answer.Outcome, answer.HeldNanoUsd, answer.OutputCap));
        Assert.Equal(new BudgetState(0, 30), answer.Budgets[0]);
        Assert.Equal(new BudgetState(0, 30), await _scene.CountAsync(budget));

        Assert.Equal(SettleOutcome.Settled, await _scene.SettleAsync(request, answer, 25));
        Assert.Equal(SettleOutcome.Repeated, await _scene.SettleAsync(request, answer, 25));
        Assert.Equal(new BudgetState(25, 0), await _scene.CountAsync(budget));
        Assert.Equal(AdmissionOutcome.Void, (await _scene.AdmitAsync(request)).Outcome);
    }

    [Fact]
    public async Task The_same_request_again_gets_the_same_and_consumes_nothing_more()
    {
        await _scene.OpenAsync();
        var limited = _scene.Request(limits: [AdmissionScene.Requests(1, 5), AdmissionScene.Concurrency(5), AdmissionScene.Sessions(5, TimeSpan.FromHours(1))], session: "a");
        var charged = limited with { RequestId = Guid.CreateVersion7(), Budgets = [AdmissionScene.Budget(1_000)], Bound = Thirty };
        foreach (var request in new[] { limited, charged })
        {
            var first = await _scene.AdmitAsync(request);
            var before = await redis.DumpAsync(_scene.Organisation);
            var second = await _scene.AdmitAsync(request);

            Assert.Equal((first.Outcome, first.HeldNanoUsd, first.OutputCap), (second.Outcome, second.HeldNanoUsd, second.OutputCap));
            Assert.Equal(first.Limits.Select(static limit => limit.Remaining), second.Limits.Select(static limit => limit.Remaining));
            Assert.Equal(first.Budgets, second.Budgets);
            Assert.Equal(before, await redis.DumpAsync(_scene.Organisation));
        }
    }

    [Theory]
    [InlineData(LimitUnit.Requests)]
    [InlineData(LimitUnit.Tokens)]
    [InlineData(LimitUnit.Concurrency)]
    [InlineData(LimitUnit.Sessions)]
    public async Task A_refused_request_changes_nothing_anywhere(LimitUnit refusing)
    {
        await _scene.OpenAsync();
        LimitRule[] rules =
        [
            AdmissionScene.Requests(1, refusing is LimitUnit.Requests ? 1 : 9, "team:a"),
            AdmissionScene.Tokens(6, refusing is LimitUnit.Tokens ? 100 : 900),
            AdmissionScene.Concurrency(refusing is LimitUnit.Concurrency ? 1 : 9),
            AdmissionScene.Sessions(refusing is LimitUnit.Sessions ? 1 : 9, TimeSpan.FromHours(1)),
        ];
        var request = _scene.Request(rules, [AdmissionScene.Budget(1_000)], Thirty, tokens: 100, session: "one");
        Assert.Equal(AdmissionOutcome.Admitted, (await _scene.AdmitAsync(request)).Outcome);
        var before = await redis.DumpAsync(_scene.Organisation);

        var refused = await _scene.AdmitAsync(request with { RequestId = Guid.CreateVersion7(), Session = "two" });

        Assert.Equal((AdmissionOutcome.Limited, (int)refusing), (refused.Outcome, refused.Binding));
        Assert.True(refused.RetryAfter > TimeSpan.Zero);
        Assert.Equal(4, refused.Limits.Count(static _ => true));
        Assert.Equal([refusing], rules.Where((_, i) => refused.Limits[i].Exceeded).Select(static rule => rule.Unit));
        Assert.Equal(before, await redis.DumpAsync(_scene.Organisation));
    }

    [Fact]
    public async Task A_denied_request_leaves_its_denial_and_nothing_else()
    {
        await _scene.OpenAsync();
        BudgetCharge[] budgets = [AdmissionScene.Budget(1_000), AdmissionScene.Budget(29, "team:a")];
        var request = _scene.Request([AdmissionScene.Requests(60, 9)], budgets, Thirty);

        var denied = await _scene.AdmitAsync(request);

        Assert.Equal((AdmissionOutcome.Unaffordable, 1, 0L), (denied.Outcome, denied.Binding, denied.HeldNanoUsd));
        Assert.Equal(2, (await redis.DumpAsync(_scene.Organisation)).Count);

        // It is remembered for this id, also when there would be enough now.
        budgets[1] = budgets[1] with { LimitNanoUsd = 1_000 };
        Assert.Equal((AdmissionOutcome.Unaffordable, 1), (await _scene.AdmitAsync(request)) is var again ? (again.Outcome, again.Binding) : default);
        Assert.Equal(AdmissionOutcome.Admitted, (await _scene.AdmitAsync(request with { RequestId = Guid.CreateVersion7() })).Outcome);
    }

    [Fact]
    public async Task A_void_before_its_admission_forbids_it()
    {
        await _scene.OpenAsync();
        var limited = _scene.Request([AdmissionScene.Requests(60, 9)]);
        var charged = _scene.Request(budgets: [AdmissionScene.Budget(1_000)], bound: Thirty);
        foreach (var request in new[] { limited, charged })
        {
            await _scene.VoidAsync(request);

            Assert.Equal(AdmissionOutcome.Void, (await _scene.AdmitAsync(request)).Outcome);
        }

        Assert.Equal(default, await _scene.CountAsync(charged.Budgets[0]));
    }

    [Fact]
    public async Task A_settlement_counts_also_after_a_void_a_denial_or_nothing()
    {
        await _scene.OpenAsync();
        var budget = AdmissionScene.Budget(100);
        var held = new AdmissionAnswer { Outcome = AdmissionOutcome.Admitted, HeldNanoUsd = 30 };
        var voided = _scene.Request(budgets: [budget], bound: Thirty);
        await _scene.VoidAsync(voided);
        var denied = _scene.Request(budgets: [budget], bound: new(1_000, 1_000, 0, 0, 0));
        Assert.Equal(AdmissionOutcome.Unaffordable, (await _scene.AdmitAsync(denied)).Outcome);
        var unknown = _scene.Request(budgets: [budget], bound: Thirty);

        foreach (var request in new[] { voided, denied, unknown })
        {
            Assert.Equal(SettleOutcome.Late, await _scene.SettleAsync(request, held, 7));
            Assert.Equal(SettleOutcome.Repeated, await _scene.SettleAsync(request, held, 7));
        }

        Assert.Equal(SettleOutcome.Settled, await _scene.SettleAsync(_scene.Request(budgets: [budget]), null, 1));
        Assert.Equal(new BudgetState(22, 0), await _scene.CountAsync(budget));
    }

    [Theory]
    [InlineData(1_001, 20, 50)] // more than 20 bounds by the estimate: it is good enough
    [InlineData(1_000, 20, 70)] // cautious
    [InlineData(70, 20, 70)]
    [InlineData(69, 19, 69)]
    [InlineData(55, 5, 55)]
    [InlineData(54, -1, 0)] // less than the least cap
    [InlineData(0, -1, 0)]
    [InlineData(-5, -1, 0)]
    public async Task The_cap_is_what_the_tightest_hard_budget_affords(long limit, long cap, long held)
    {
        await _scene.OpenAsync();
        BudgetCharge[] budgets = [AdmissionScene.Budget(9_000_000), AdmissionScene.Budget(limit, "team:a"), AdmissionScene.Budget(1, "org:x", hard: false)];

        var answer = await _scene.AdmitAsync(_scene.Request(budgets: budgets, bound: new(30, 50, 1, 20, 5)));

        Assert.Equal((cap, held), (answer.OutputCap, answer.HeldNanoUsd));
        Assert.Equal(cap < 0 ? AdmissionOutcome.Unaffordable : AdmissionOutcome.Admitted, answer.Outcome);
    }

    [Fact]
    public async Task A_soft_budget_is_counted_and_never_refuses()
    {
        await _scene.OpenAsync();
        var budget = AdmissionScene.Budget(1, hard: false);
        var request = _scene.Request(budgets: [budget], bound: Thirty);

        var answer = await _scene.AdmitAsync(request);

        Assert.Equal((AdmissionOutcome.Admitted, 30L, 20L), (answer.Outcome, answer.HeldNanoUsd, answer.OutputCap));
        await _scene.SettleAsync(request, answer, 30);
        Assert.Equal(new BudgetState(30, 0), await _scene.CountAsync(budget));
    }

    [Fact]
    public async Task Sums_are_exact_up_to_nine_million_dollars()
    {
        await _scene.OpenAsync();
        var budget = AdmissionScene.Budget(9_000_000_000_000_000);
        for (var i = 0; i < 2; i++)
        {
            var request = _scene.Request(budgets: [budget], bound: new(4_499_999_999_999_999, 4_499_999_999_999_999, 0, 0, 0));
            var answer = await _scene.AdmitAsync(request);
            Assert.Equal(4_499_999_999_999_999, answer.HeldNanoUsd);
            await _scene.SettleAsync(request, answer, 4_499_999_999_999_999);
        }

        Assert.Equal(AdmissionOutcome.Unaffordable, (await _scene.AdmitAsync(_scene.Request(budgets: [budget], bound: new(3, 3, 0, 0, 0)))).Outcome);
        Assert.Equal(AdmissionOutcome.Admitted, (await _scene.AdmitAsync(_scene.Request(budgets: [budget], bound: new(2, 2, 0, 0, 0)))).Outcome);
        Assert.Equal(new BudgetState(8_999_999_999_999_998, 2), await _scene.CountAsync(budget));
    }

    [Fact]
    public async Task A_refusal_names_the_budget_that_takes_longest_and_for_how_long()
    {
        await _scene.OpenAsync();
        BudgetCharge[] budgets = [AdmissionScene.Budget(40, resetsIn: TimeSpan.FromHours(2)), AdmissionScene.Budget(45, "team:a", resetsIn: TimeSpan.FromHours(3))];
        var first = _scene.Request(budgets: budgets, bound: Thirty);
        var held = await _scene.AdmitAsync(first);

        // What is held may come back at any moment.
        var second = await _scene.AdmitAsync(_scene.Request(budgets: budgets, bound: Thirty));
        Assert.Equal((AdmissionOutcome.Unaffordable, TimeSpan.FromSeconds(1)), (second.Outcome, second.RetryAfter));

        await _scene.SettleAsync(first, held, 30);
        var third = await _scene.AdmitAsync(_scene.Request(budgets: budgets, bound: Thirty));
        Assert.Equal(1, third.Binding);
        Assert.InRange(third.RetryAfter, TimeSpan.FromHours(2.9), TimeSpan.FromHours(3));

        // More than the limit never helps.
        var never = await _scene.AdmitAsync(_scene.Request(budgets: budgets, bound: new(41, 41, 0, 0, 0)));
        Assert.Equal((0, TimeSpan.FromDays(366)), (never.Binding, never.RetryAfter));
    }

    [Fact]
    public async Task A_rolling_budget_counts_its_slots_and_says_when_enough_of_them_leave()
    {
        var epoch = await _scene.BeginAsync();
        var length = TimeSpan.FromHours(1);
        var now = DateTimeOffset.UtcNow;
        var slot = now.UtcTicks / length.Ticks;
        var charge = new BudgetCharge(new("key:demo|rolling:86400", slot), 25, 100, true, new DateTimeOffset((slot + 1) * length.Ticks, TimeSpan.Zero));
        SpentEntry[] spent = [new(new("key:demo|rolling:86400", slot), 10), new(new("key:demo|rolling:86400", slot - 22), 30), new(new("key:demo|rolling:86400", slot - 24), 40), new(new("key:demo|rolling:86400", slot - 25), 1_000)];
        Assert.True(await _scene.Authority.FillAsync(_scene.Organisation, epoch, spent, [], CancellationToken.None));
        Assert.True(await _scene.Authority.OpenAsync(_scene.Organisation, epoch, CancellationToken.None));

        var admitted = await _scene.AdmitAsync(_scene.Request(budgets: [charge], bound: new(20, 20, 0, 0, 0)));
        var denied = await _scene.AdmitAsync(_scene.Request(budgets: [charge], bound: new(70, 70, 0, 0, 0)));

        Assert.Equal((AdmissionOutcome.Admitted, 80L), (admitted.Outcome, admitted.Budgets[0].SpentNanoUsd));

        // Whose clock is a slot behind sees what the newer one has spent.
        var behind = charge with { Booking = charge.Booking with { Slot = slot - 1 } };
        Assert.Equal(80 + 1_000, (await _scene.AdmitAsync(_scene.Request(budgets: [behind], bound: new(1, 1, 0, 0, 0)))).Budgets[0].SpentNanoUsd);

        // The oldest slot is not enough; the one two hours after it is.
        var expected = charge.ResetsAt!.Value + TimeSpan.FromHours(2) - now;
        Assert.Equal(AdmissionOutcome.Unaffordable, denied.Outcome);
        Assert.InRange(denied.RetryAfter, expected - TimeSpan.FromMinutes(1), expected);
    }

    [Fact]
    public async Task Parts_have_decisions_of_their_own_and_one_settlement_for_all()
    {
        await _scene.OpenAsync();
        var budget = AdmissionScene.Budget(1_000);
        var request = _scene.Request(budgets: [budget], bound: Thirty);
        var more = request with { Part = 1, Bound = new(5, 5, 0, 0, 0) };
        var (first, second) = (await _scene.AdmitAsync(request), await _scene.AdmitAsync(more));
        Assert.Equal(new BudgetState(0, 35), await _scene.CountAsync(budget));

        Assert.Equal(SettleOutcome.Settled, await _scene.SettleAsync(request, first, 33));
        Assert.Equal(new BudgetState(33, 5), await _scene.CountAsync(budget));

        // Swept as a request that was settled: gives back, and books nothing again.
        Assert.Equal(SettleOutcome.Repeated, await _scene.SettleAsync(more, second, 33));
        Assert.Equal(new BudgetState(33, 0), await _scene.CountAsync(budget));
        Assert.Equal(AdmissionOutcome.Void, (await _scene.AdmitAsync(request with { Part = 2 })).Outcome);
    }

    [Fact]
    public async Task What_is_older_than_decisions_are_remembered_changes_nothing()
    {
        await _scene.OpenAsync();
        var budget = AdmissionScene.Budget(1_000);
        var old = _scene.Request(budgets: [budget], bound: Thirty) with { RequestId = Guid.CreateVersion7(DateTimeOffset.UtcNow.AddHours(-23.5)) };

        Assert.Equal(SettleOutcome.Forgotten, await _scene.SettleAsync(old, null, 5));
        Assert.Equal(AdmissionOutcome.Void, (await _scene.AdmitAsync(old)).Outcome);
        Assert.Equal(default, await _scene.CountAsync(budget));
    }

    [Fact]
    public async Task Peek_sees_what_would_be_and_changes_nothing()
    {
        await _scene.OpenAsync();
        var request = _scene.Request([AdmissionScene.Requests(1, 2), AdmissionScene.Concurrency(1)], [AdmissionScene.Budget(40)], Thirty);
        await _scene.AdmitAsync(request);
        var before = await redis.DumpAsync(_scene.Organisation);

        var answer = await _scene.Store.PeekAsync(request with { RequestId = Guid.CreateVersion7(), Limits = [request.Limits[0]] }, CancellationToken.None);
        var limited = await _scene.Store.PeekAsync(request with { RequestId = Guid.CreateVersion7(), Bound = default }, CancellationToken.None);

        Assert.Equal((AdmissionOutcome.Unaffordable, new BudgetState(0, 30)), (answer!.Outcome, answer.Budgets[0]));
        Assert.Equal(1, answer.Limits[0].Remaining);
        Assert.Equal((AdmissionOutcome.Limited, 1), (limited!.Outcome, limited.Binding));
        Assert.Equal(before, await redis.DumpAsync(_scene.Organisation));
    }

    [Fact]
    public async Task A_command_that_comes_too_late_changes_nothing()
    {
        await _scene.OpenAsync();
        var recording = new RecordingRedis(redis.Calls());
        var store = new RedisAdmissionStore(recording, TimeProvider.System);
        var request = _scene.Request([AdmissionScene.Requests(60, 9)], [AdmissionScene.Budget(1_000)], Thirty);
        await _scene.AdmitAsync(request, store);
        var before = await redis.DumpAsync(_scene.Organisation);
        recording.Calls.Clear();

        // As if it had been sent a second and more before.
        recording.OnTheWay = static (_, values) => values[6] = (long)values[6] - 1_100_000;
        var late = await _scene.AdmitAsync(request with { RequestId = Guid.CreateVersion7() }, store);

        Assert.Equal(AdmissionOutcome.Void, late.Outcome);
        Assert.Equal(before, await redis.DumpAsync(_scene.Organisation));

        // Asked twice: the clock of Redis could have been put forward, which only the first answer tells.
        Assert.Equal(2, recording.Calls.Count);
        recording.OnTheWay = (_, values) => values[6] = (long)values[6] + (recording.Calls.Count == 2 ? -1_100_000 : 60_000_000);
        Assert.Equal(AdmissionOutcome.Admitted, (await _scene.AdmitAsync(request with { RequestId = Guid.CreateVersion7() }, store)).Outcome);
    }
}
