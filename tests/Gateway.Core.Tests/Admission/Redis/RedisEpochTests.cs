using Gateway.Core.Admission.Redis;
using Gateway.Core.Admission.Shared;
using StackExchange.Redis;

namespace Gateway.Core.Tests.Admission.Redis;

/// <summary>Counters that are lost and made again, and holds whose holder died.</summary>
public sealed class RedisEpochTests(AdmissionRedis redis) : IClassFixture<AdmissionRedis>
{
    private static readonly MoneyBound Thirty = new(30, 30, 0, 0, 0);
    private readonly AdmissionScene _scene = new(redis);
    private readonly BudgetCharge _budget = AdmissionScene.Budget(1_000);

    [Fact]
    public async Task An_epoch_is_missing_then_filling_then_open_and_nobody_overtakes_it()
    {
        var authority = _scene.Authority;
        var missing = new EpochState(0, EpochPhase.Missing);
        Assert.Equal(missing, await authority.EpochAsync(_scene.Organisation, CancellationToken.None));
        Assert.False(await authority.OpenAsync(_scene.Organisation, 5, CancellationToken.None));

        Assert.True(await authority.BeginAsync(_scene.Organisation, missing, 5, CancellationToken.None));
        Assert.False(await authority.BeginAsync(_scene.Organisation, missing, 6, CancellationToken.None));
        Assert.Equal(new EpochState(5, EpochPhase.Filling), await authority.EpochAsync(_scene.Organisation, CancellationToken.None));
        Assert.False(await authority.OpenAsync(_scene.Organisation, 4, CancellationToken.None));
        Assert.True(await authority.OpenAsync(_scene.Organisation, 5, CancellationToken.None));
        Assert.True(await authority.OpenAsync(_scene.Organisation, 5, CancellationToken.None));
        Assert.False(await authority.FillAsync(_scene.Organisation, 5, [], [], CancellationToken.None));

        var open = new EpochState(5, EpochPhase.Open);
        Assert.False(await authority.BeginAsync(_scene.Organisation, open, 5, CancellationToken.None));
        Assert.False(await authority.DiscardAsync(_scene.Organisation, new EpochState(4, EpochPhase.Open), CancellationToken.None));
        Assert.True(await authority.DiscardAsync(_scene.Organisation, open, CancellationToken.None));
        Assert.Equal(missing, await authority.EpochAsync(_scene.Organisation, CancellationToken.None));
    }

    [Fact]
    public async Task While_it_is_filling_hard_budgets_and_settlements_wait()
    {
        await _scene.OpenAsync();
        var request = _scene.Request(budgets: [_budget], bound: Thirty);
        var answer = await _scene.AdmitAsync(request);

        var epoch = await _scene.BeginAsync();

        Assert.Equal(AdmissionOutcome.Rebuilding, (await _scene.AdmitAsync(_scene.Request(budgets: [_budget], bound: Thirty))).Outcome);
        Assert.Equal(SettleOutcome.Rebuilding, await _scene.SettleAsync(request, answer, 20));
        Assert.Equal(AdmissionOutcome.Admitted, (await _scene.AdmitAsync(_scene.Request([AdmissionScene.Requests(60, 9)]))).Outcome);
        Assert.Equal(default, await _scene.CountAsync(_budget));

        await _scene.Authority.OpenAsync(_scene.Organisation, epoch, CancellationToken.None);
        Assert.Equal(SettleOutcome.Late, await _scene.SettleAsync(request, answer, 20));
    }

    [Fact]
    public async Task Counters_are_made_again_from_the_ledger_and_from_what_the_holders_tell()
    {
        await _scene.OpenAsync();
        var spender = _scene.Request(budgets: [_budget], bound: Thirty);
        var spent = await _scene.AdmitAsync(spender);
        await _scene.SettleAsync(spender, spent, 11);
        var ending = _scene.Request(budgets: [_budget], bound: Thirty);
        var ended = await _scene.AdmitAsync(ending);
        var running = _scene.Request(budgets: [_budget], bound: Thirty);
        var ran = await _scene.AdmitAsync(running);
        await FlushAsync();

        var epoch = await _scene.BeginAsync();
        Assert.Equal([], await _scene.Authority.HoldersAsync(_scene.Organisation, CancellationToken.None));
        Hold[] holds = [AdmissionScene.Hold(ending, ended), AdmissionScene.Hold(running, ran)];
        Assert.Equal(new EpochState(epoch, EpochPhase.Filling), await _scene.Store.RenewAsync(_scene.Organisation, "router", holds, isAll: true, CancellationToken.None));

        // That it told all counts only when it knows of this epoch.
        Assert.Equal([("router", false)], await _scene.Authority.HoldersAsync(_scene.Organisation, CancellationToken.None));
        await _scene.Store.RenewAsync(_scene.Organisation, "router", holds, isAll: true, CancellationToken.None);
        Assert.Equal([("router", true)], await _scene.Authority.HoldersAsync(_scene.Organisation, CancellationToken.None));
        Assert.Equal(new BudgetState(0, 60), await _scene.CountAsync(_budget));

        // The second request ended meanwhile: it is in the ledger, so it holds nothing any more.
        Assert.True(await _scene.Authority.FillAsync(
            _scene.Organisation, epoch, [new(_budget.Booking, 11 + 22)], [(spender.RequestId, 11), (ending.RequestId, 22)], CancellationToken.None));
        Assert.True(await _scene.Authority.OpenAsync(_scene.Organisation, epoch, CancellationToken.None));
        Assert.Equal(new BudgetState(33, 30), await _scene.CountAsync(_budget));

        Assert.Equal(SettleOutcome.Repeated, await _scene.SettleAsync(ending, ended, 22));
        Assert.Equal(SettleOutcome.Repeated, await _scene.SettleAsync(spender, spent, 11));
        Assert.Equal(SettleOutcome.Settled, await _scene.SettleAsync(running, ran, 5));
        Assert.Equal(new BudgetState(38, 0), await _scene.CountAsync(_budget));
    }

    [Fact]
    public async Task Counters_of_another_epoch_are_gone_though_they_are_stored()
    {
        await _scene.OpenAsync();
        var first = _scene.Request(budgets: [_budget], bound: Thirty);
        await _scene.SettleAsync(first, await _scene.AdmitAsync(first), 30);

        await _scene.OpenAsync();

        Assert.Equal(default, await _scene.CountAsync(_budget));
        var second = await _scene.AdmitAsync(_scene.Request(budgets: [_budget], bound: Thirty));
        Assert.Equal(new BudgetState(0, 30), second.Budgets[0]);

        // A settlement that was not in the ledger when the counters were made again counts in the new ones.
        Assert.Equal(SettleOutcome.Late, await _scene.SettleAsync(first, second, 30));
        Assert.Equal(new BudgetState(30, 30), await _scene.CountAsync(_budget));
    }

    [Fact]
    public async Task A_redis_that_went_back_is_noticed_by_the_first_call_and_the_epoch_is_missing_for_all()
    {
        await _scene.OpenAsync();
        var edge = _scene.NewStore();
        var request = _scene.Request(budgets: [_budget], bound: Thirty);
        await _scene.AdmitAsync(request, edge);
        var snapshot = await SaveAsync();
        await _scene.AdmitAsync(_scene.Request(budgets: [_budget], bound: Thirty), edge);

        await RestoreAsync(snapshot);

        Assert.Equal(AdmissionOutcome.Rebuilding, (await _scene.AdmitAsync(_scene.Request(budgets: [_budget], bound: Thirty), edge)).Outcome);
        Assert.Equal(EpochPhase.Missing, (await _scene.Authority.EpochAsync(_scene.Organisation, CancellationToken.None))!.Value.Phase);

        // Once, not again and again.
        await _scene.OpenAsync();
        Assert.Equal(AdmissionOutcome.Admitted, (await _scene.AdmitAsync(_scene.Request(budgets: [_budget], bound: Thirty), edge)).Outcome);
        Assert.Equal(AdmissionOutcome.Admitted, (await _scene.AdmitAsync(_scene.Request(budgets: [_budget], bound: Thirty))).Outcome);
    }

    [Theory]
    [InlineData("settle")]
    [InlineData("void")]
    [InlineData("renew")]
    public async Task A_snapshot_of_an_older_epoch_is_noticed_by_every_call(string call)
    {
        await _scene.OpenAsync();
        var snapshot = await SaveAsync();
        await _scene.OpenAsync();
        var request = _scene.Request(budgets: [_budget], bound: Thirty);
        var answer = await _scene.AdmitAsync(request);

        await RestoreAsync(snapshot);
        switch (call)
        {
            case "settle":
                Assert.Equal(SettleOutcome.Rebuilding, await _scene.SettleAsync(request, answer, 1));
                break;
            case "void":
                await _scene.VoidAsync(request, answer);
                break;
            default:
                Assert.Equal(default(EpochState), await _scene.Store.RenewAsync(_scene.Organisation, "router", [], isAll: true, CancellationToken.None));
                break;
        }

        Assert.Equal(EpochPhase.Missing, (await _scene.Authority.EpochAsync(_scene.Organisation, CancellationToken.None))!.Value.Phase);
    }

    [Fact]
    public async Task A_hold_whose_lease_is_over_is_found_and_given_back()
    {
        await _scene.OpenAsync();
        var rolling = _budget with { Booking = new("user:a|rolling:3600", DateTimeOffset.UtcNow.UtcTicks / (TimeSpan.TicksPerHour / 24)), Slots = 25 };
        var request = _scene.Request(budgets: [_budget, rolling], bound: Thirty) with { Part = 3 };
        var answer = await _scene.AdmitAsync(request);
        await _scene.AdmitAsync(_scene.Request(budgets: [_budget], bound: Thirty));
        Assert.Equal([], await ExpiredAsync());

        await ExpireAsync(request);
        var hold = Assert.Single(await ExpiredAsync());

        Assert.Equal((request.RequestId, 3, 30L), (hold.RequestId, hold.Part, hold.Ticket.HeldNanoUsd));
        Assert.Equal([_budget.Booking, rolling.Booking], hold.Ticket.Budgets);
        Assert.Equal(_scene.Organisation, hold.Ticket.Organisation);

        // It still counts until somebody decides.
        Assert.Equal(60, (await _scene.CountAsync(_budget)).HeldNanoUsd);
        Assert.Equal(SettleOutcome.Settled, await _scene.Store.SettleAsync(new Settlement { RequestId = hold.RequestId, Part = hold.Part, Ticket = hold.Ticket, CostNanoUsd = 7 }, CancellationToken.None));
        Assert.Equal((new BudgetState(7, 30), new BudgetState(7, 0)), (await _scene.CountAsync(_budget), await _scene.CountAsync(rolling)));
        Assert.Equal([], await ExpiredAsync());
        Assert.Equal(SettleOutcome.Repeated, await _scene.SettleAsync(request, answer, 7));
    }

    [Fact]
    public async Task A_renewal_keeps_a_hold_makes_a_lost_one_again_and_none_that_ended()
    {
        await _scene.OpenAsync();
        AdmissionRequest[] requests = [.. Enumerable.Range(0, 4).Select(_ => _scene.Request(budgets: [_budget], bound: Thirty))];
        var holds = new List<Hold>();
        foreach (var request in requests)
        {
            holds.Add(AdmissionScene.Hold(request, await _scene.AdmitAsync(request)));
        }

        await ExpireAsync(requests[0]);
        await redis.Database.HashDeleteAsync(Key("holds"), RedisKeys.Member(requests[1].RequestId, 0));
        await redis.Database.HashDecrementAsync(Key("b:" + _budget.Booking.Id), "held", 30);
        await _scene.SettleAsync(requests[2], new AdmissionAnswer { Outcome = AdmissionOutcome.Admitted, HeldNanoUsd = 30 }, 1);
        await _scene.VoidAsync(requests[3]);
        Assert.Equal(new BudgetState(1, 30), await _scene.CountAsync(_budget));

        Assert.Equal(EpochPhase.Open, (await _scene.Store.RenewAsync(_scene.Organisation, "router", holds, isAll: false, CancellationToken.None))!.Value.Phase);

        Assert.Equal(new BudgetState(1, 60), await _scene.CountAsync(_budget));
        Assert.Equal([], await ExpiredAsync());
        await ExpireAsync(requests[1]);
        Assert.Equal([_budget.Booking], Assert.Single(await ExpiredAsync()).Ticket.Budgets);
    }

    [Fact]
    public async Task Budgets_are_kept_a_day_beyond_their_window_and_lifetime_ones_for_ever()
    {
        await _scene.OpenAsync();
        BudgetCharge[] budgets =
        [
            _budget,
            _budget with { Booking = new("key:demo|lifetime", 0), ResetsAt = null },
            _budget with { Booking = new("key:demo|rolling:86400", DateTimeOffset.UtcNow.UtcTicks / TimeSpan.FromHours(1).Ticks), Slots = 25 },
        ];
        var request = _scene.Request(budgets: budgets, bound: Thirty);
        await _scene.SettleAsync(request, await _scene.AdmitAsync(request), 1);

        var now = DateTimeOffset.UtcNow;
        var end = now.UtcDateTime.Date.AddDays(1);
        Assert.InRange(now.UtcDateTime + (await LifeAsync(0))!.Value, end.AddDays(1), end.AddDays(2));
        Assert.Null(await LifeAsync(1));
        Assert.InRange((await LifeAsync(2))!.Value, TimeSpan.FromDays(2), TimeSpan.FromDays(2.2));

        // A settlement alone as well.
        await FlushAsync();
        await _scene.OpenAsync();
        await _scene.SettleAsync(request, null, 1);
        Assert.NotNull(await LifeAsync(0));
        Assert.Null(await LifeAsync(1));
        Assert.NotNull(await LifeAsync(2));

        Task<TimeSpan?> LifeAsync(int index) => redis.Database.KeyTimeToLiveAsync(Key("b:" + budgets[index].Booking.Id));
    }

    [Fact]
    public async Task Old_slots_of_a_rolling_budget_are_cleared_away()
    {
        var epoch = await _scene.OpenAsync();
        var length = TimeSpan.FromHours(1) / 24;
        var key = Key("b:key:demo|rolling:3600");
        await redis.Database.HashSetAsync(key, "e", epoch);
        var present = DateTimeOffset.UtcNow.UtcTicks / length.Ticks;
        for (var slot = present - 3_000; slot < present; slot++)
        {
            await redis.Database.HashSetAsync(key, $"s{slot}", 1);
        }

        var charge = _budget with { Booking = new("key:demo|rolling:3600", present), Slots = 25, ResetsAt = new DateTimeOffset((present + 1) * length.Ticks, TimeSpan.Zero) };
        var answer = await _scene.AdmitAsync(_scene.Request(budgets: [charge], bound: Thirty));

        Assert.Equal(24, answer.Budgets[0].SpentNanoUsd);
        Assert.InRange(await redis.Database.HashLengthAsync(key), 600, 610);
    }

    private string Key(string name) => "{" + _scene.Organisation + "}:" + name;

    private Task<bool> ExpireAsync(AdmissionRequest request) => redis.Database.SortedSetAddAsync(Key("exp"), RedisKeys.Member(request.RequestId, request.Part), 1);

    private async Task<IReadOnlyList<Hold>> ExpiredAsync()
    {
        var holds = await _scene.Authority.ExpiredAsync(_scene.Organisation, 100, CancellationToken.None);
        Assert.NotNull(holds);
        return holds;
    }

    private async Task FlushAsync()
    {
        foreach (var key in await redis.KeysAsync(Key("*")))
        {
            await redis.Database.KeyDeleteAsync(key);
        }
    }

    private async Task<Dictionary<string, byte[]>> SaveAsync()
    {
        var saved = new Dictionary<string, byte[]>();
        foreach (var key in await redis.KeysAsync(Key("*")))
        {
            saved[key] = (await redis.Database.KeyDumpAsync(key))!;
        }

        return saved;
    }

    private async Task RestoreAsync(Dictionary<string, byte[]> saved)
    {
        await FlushAsync();
        foreach (var (key, value) in saved)
        {
            await redis.Database.KeyRestoreAsync((RedisKey)key, value);
        }
    }
}
