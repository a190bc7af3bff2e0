using Gateway.Core.Admission.Shared;
using Gateway.Edge.Tests.Rig;

namespace Gateway.Edge.Tests.Admission;

public sealed class EscrowTests : IAsyncLifetime
{
    private const long Usd = 1_000_000_000;

    private readonly ManualTime _time = new();
    private readonly SharedStoreModel _shared;
    private readonly AdmittingEdge _edge;

    public EscrowTests()
    {
        _shared = new SharedStoreModel(_time);
        _edge = new AdmittingEdge(_time, _shared);
    }

    public Task InitializeAsync() => _edge.Voids.StartAsync(CancellationToken.None);

    public async Task DisposeAsync() => await _edge.DisposeAsync();

    [Theory]
    [InlineData(100, 100_000, 100_000_000, 100_000)]        // what was spent in five seconds
    [InlineData(1_000, 40_000, 2_000_000, 19_600)]          // a hundredth of what is left
    [InlineData(500_000_000, 10 * Usd, 5_000 * Usd, Usd)]   // a dollar
    public async Task A_lease_is_as_small_as_the_least_of_its_three_bounds(long bound, long spent, long limit, long lease)
    {
        await SpendAsync(bound, spent, Ask.Budget(limit));

        await _edge.SecondAsync(_shared);

        Assert.Equal(lease, _edge.Escrow!.HeldNanoUsd);
        Assert.Equal(spent + lease, _shared.Counters.HeldNanoUsd);
        Assert.Single(_edge.Keeper.Holds);
    }

    [Fact]
    public async Task While_the_store_is_away_requests_take_from_it_until_it_is_used_up()
    {
        var budget = Ask.Budget(1_000_000);
        await SpendAsync(10, 1_000, budget);
        await _edge.SecondAsync(_shared);
        _shared.IsUp = false;

        var answers = new List<AdmissionAnswer>();
        for (var i = 0; i < 150; i++)
        {
            answers.Add(await _edge.AdmitAsync(Ask.Paying(10, budget, Ask.Budget(5, hard: false, "team:a"))));
        }

        Assert.Equal(100, answers.Count(static answer => answer is { Outcome: AdmissionOutcome.Admitted, HeldNanoUsd: 10, OutputCap: 16, Degraded: true }));
        Assert.Equal(50, answers.Count(static answer => answer is { Outcome: AdmissionOutcome.Rebuilding, HeldNanoUsd: 0 }));
    }

    [Fact]
    public async Task A_limit_that_refuses_takes_nothing_from_it()
    {
        var budget = Ask.Budget(1_000_000);
        await SpendAsync(10, 20, budget);
        await _edge.SecondAsync(_shared);
        _shared.IsUp = false;
        await _edge.AdmitAsync(Ask.For(Ask.PerMinute(6, 1)));

        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(AdmissionOutcome.Limited, (await _edge.AdmitAsync(Ask.Paying(10, budget) with { Limits = [Ask.PerMinute(6, 1)] })).Outcome);
        }

        Assert.Equal(AdmissionOutcome.Admitted, (await _edge.AdmitAsync(Ask.Paying(10, budget))).Outcome);
        Assert.Equal(AdmissionOutcome.Admitted, (await _edge.AdmitAsync(Ask.Paying(10, budget))).Outcome);
        Assert.Equal(AdmissionOutcome.Rebuilding, (await _edge.AdmitAsync(Ask.Paying(10, budget))).Outcome);
    }

    [Fact]
    public async Task It_serves_while_the_store_counts_anew()
    {
        var budget = Ask.Budget(1_000_000);
        await SpendAsync(10, 1_000, budget);
        await _edge.SecondAsync(_shared);
        _shared.IsRebuilding = true;

        for (var i = 0; i < 5; i++)
        {
            Assert.Equal((AdmissionOutcome.Admitted, true), Facts(await _edge.AdmitAsync(Ask.Paying(10, budget))));
            await _edge.SecondAsync(_shared);
        }
    }

    [Fact]
    public async Task A_lease_that_was_not_confirmed_for_25_seconds_is_not_used()
    {
        var budget = Ask.Budget(1_000_000);
        await SpendAsync(10, 1_000, budget);
        await _edge.SecondAsync(_shared);
        _shared.IsUp = false;

        _time.Advance(TimeSpan.FromSeconds(24.9));
        Assert.Equal((AdmissionOutcome.Admitted, true), Facts(await _edge.AdmitAsync(Ask.Paying(10, budget))));
        _time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal((AdmissionOutcome.Rebuilding, true), Facts(await _edge.AdmitAsync(Ask.Paying(10, budget))));
    }

    [Fact]
    public async Task What_the_store_gave_to_others_when_the_lease_had_ended_is_not_spent_here()
    {
        var budget = Ask.Budget(1_000_000);
        await SpendAsync(10, 1_000, budget);
        await _edge.SecondAsync(_shared);

        // This Edge alone is cut off, and nobody renews what it held.
        _shared.IsUp = false;
        _time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(AdmissionOutcome.Admitted, _shared.Counters.Admit(Ask.Paying(1_000_000, budget)).Outcome);

        Assert.Equal((AdmissionOutcome.Rebuilding, true), Facts(await _edge.AdmitAsync(Ask.Paying(10, budget))));
    }

    [Fact]
    public async Task A_lease_is_taken_anew_in_good_time_and_the_one_before_given_back()
    {
        var budget = Ask.Budget(1_000_000);
        for (var i = 0; i < 40; i++)
        {
            await SpendAsync(10, 200, budget);
            await _edge.SecondAsync(_shared);
        }

        await UntilAsync(() => _edge.Voids.Waiting == 0);
        Assert.Single(_edge.Keeper.Holds);
        Assert.Equal(800, _edge.Escrow!.HeldNanoUsd);
        _shared.IsUp = false;
        _time.Advance(TimeSpan.FromSeconds(14));
        Assert.Equal((AdmissionOutcome.Admitted, true), Facts(await _edge.AdmitAsync(Ask.Paying(10, budget))));
    }

    [Fact]
    public async Task What_was_used_stays_held_until_30_seconds_after_its_last_request()
    {
        var budget = Ask.Budget(1_000_000);
        await SpendAsync(10, 1_000, budget);
        await _edge.SecondAsync(_shared);
        _shared.IsUp = false;
        var request = Ask.Paying(10, budget);
        var answer = await _edge.AdmitAsync(request);
        var lease = Assert.Single(_edge.Keeper.Holds).Key;
        _time.Advance(TimeSpan.FromSeconds(3));
        _shared.IsUp = true;

        for (var i = 0; i < 60; i++)
        {
            await SpendAsync(10, 200, budget);
            await _edge.SecondAsync(_shared);
            Assert.Contains(lease, _edge.Keeper.Holds);
        }

        _edge.Admission.Ended(Ask.HoldOf(request, answer));
        for (var i = 0; i < 29; i++)
        {
            await _edge.SecondAsync(_shared);
            Assert.Contains(lease, _edge.Keeper.Holds);
        }

        await _edge.SecondAsync(_shared);
        Assert.DoesNotContain(lease, _edge.Keeper.Holds);
        await UntilAsync(() => _edge.Voids.Waiting == 0);
        Assert.Equal(AdmissionOutcome.Void, _shared.Counters.Admit(Ask.Paying(1, budget) with { RequestId = lease }).Outcome);
    }

    [Fact]
    public async Task Who_comes_rarely_still_has_enough_for_one_request()
    {
        var budget = Ask.Budget(1_000_000);
        await SpendAsync(10, 1_000, budget);
        for (var i = 0; i < 40; i++)
        {
            await _edge.SecondAsync(_shared);
        }

        Assert.Equal(10, _edge.Escrow!.HeldNanoUsd);
        _shared.IsUp = false;
        Assert.Equal((AdmissionOutcome.Admitted, true), Facts(await _edge.AdmitAsync(Ask.Paying(10, budget))));
        Assert.Equal((AdmissionOutcome.Rebuilding, true), Facts(await _edge.AdmitAsync(Ask.Paying(10, budget))));
    }

    [Fact]
    public async Task Without_requests_for_a_minute_it_is_given_back()
    {
        await SpendAsync(10, 1_000, Ask.Budget(1_000_000));
        await _edge.SecondAsync(_shared);
        for (var i = 0; i < 61; i++)
        {
            await _edge.SecondAsync(_shared);
        }

        await UntilAsync(() => _edge.Voids.Waiting == 0);
        Assert.Equal((0L, 0), (_edge.Escrow!.HeldNanoUsd, _edge.Escrow.Count));
        Assert.Empty(_edge.Keeper.Holds);
        Assert.Equal(0, _shared.Counters.HeldNanoUsd);
    }

    [Fact]
    public async Task A_lease_whose_answer_is_lost_is_voided_and_not_used()
    {
        var budget = Ask.Budget(1_000_000);
        await SpendAsync(10, 1_000, budget);
        _shared.LosesAnswers = true;
        await _edge.SecondAsync(_shared);

        await UntilAsync(() => _shared.Voids == 1);
        Assert.Equal(1_000, _shared.Counters.HeldNanoUsd);
        Assert.Empty(_edge.Keeper.Holds);
        _shared.IsUp = false;
        Assert.Equal((AdmissionOutcome.Rebuilding, true), Facts(await _edge.AdmitAsync(Ask.Paying(10, budget))));
    }

    [Fact]
    public async Task Budgets_that_a_lease_would_suffice_for_no_request_of_have_none()
    {
        await SpendAsync(1_000, 10_000, Ask.Budget(50_000));

        await _edge.SecondAsync(_shared);

        Assert.Equal((0L, 1), (_edge.Escrow!.HeldNanoUsd, _edge.Escrow.Count));
    }

    [Fact]
    public async Task There_are_no_more_leases_than_a_thousand()
    {
        for (var i = 0; i < 3_000; i++)
        {
            await SpendAsync(10, 10, Ask.Budget(1_000_000, scope: $"key:{i}"));
        }

        await _edge.SecondAsync(_shared);

        Assert.Equal(1_024, _edge.Escrow!.Count);
        Assert.Equal(1_024, _edge.Keeper.Holds.Count);
    }

    [Fact]
    public async Task The_end_of_the_Edge_gives_all_back_that_no_request_took()
    {
        await SpendAsync(10, 1_000, Ask.Budget(1_000_000));
        await _edge.SecondAsync(_shared);

        await _edge.Escrow!.StopAsync(CancellationToken.None);
        await _edge.Voids.StopAsync(CancellationToken.None);

        Assert.Equal(1_000, _shared.Counters.HeldNanoUsd);
    }

    private static (AdmissionOutcome Outcome, bool Degraded) Facts(AdmissionAnswer answer) => (answer.Outcome, answer.Degraded);

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var deadline = new CancellationTokenSource(EdgeServer.Patience);
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!condition())
        {
            await tick.WaitForNextTickAsync(deadline.Token);
        }
    }

    private async Task SpendAsync(long bound, long total, BudgetCharge budget)
    {
        for (var spent = 0L; spent < total; spent += bound)
        {
            Assert.Equal(AdmissionOutcome.Admitted, (await _edge.AdmitAsync(Ask.Paying(bound, budget))).Outcome);
        }
    }
}
