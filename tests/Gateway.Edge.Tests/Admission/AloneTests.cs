using Gateway.Core.Admission.Shared;
using Gateway.Edge.Tests.Rig;

namespace Gateway.Edge.Tests.Admission;

/// <summary>No shared state is configured: the Edge decides, the ledger tells what was spent.</summary>
public sealed class AloneTests : IAsyncDisposable
{
    private readonly ManualTime _time = new();
    private readonly AdmittingEdge _edge;

    public AloneTests() => _edge = new AdmittingEdge(_time, shared: null);

    public ValueTask DisposeAsync() => _edge.DisposeAsync();

    [Fact]
    public async Task Limits_are_decided_at_once_and_nothing_is_degraded()
    {
        var answer = await _edge.AdmitAsync(Ask.For(Ask.PerMinute(60, 1)));

        Assert.Equal((AdmissionOutcome.Admitted, false), (answer.Outcome, answer.Degraded));
        Assert.False(_edge.Admission.IsDegraded);
        Assert.Equal(AdmissionOutcome.Limited, (await _edge.AdmitAsync(Ask.For(Ask.PerMinute(60, 1)))).Outcome);
        Assert.Equal((0, 0), (_edge.Open.Count, _edge.Usage.SpentQueries));
    }

    [Fact]
    public async Task What_the_ledger_has_is_asked_before_the_first_request_and_once_for_all_that_come_at_the_same_time()
    {
        var budget = Ask.Budget(100);
        _edge.Usage.Spent[budget.Booking] = 85;
        _edge.Usage.Gate = new TaskCompletionSource();
        Task<AdmissionAnswer>[] asking = [.. Enumerable.Range(0, 20).Select(_ => _edge.AdmitAsync(Ask.Paying(10, budget)))];

        _edge.Usage.Gate.SetResult();
        var answers = await Task.WhenAll(asking);

        Assert.Equal(1, answers.Count(static answer => answer.Outcome is AdmissionOutcome.Admitted));
        Assert.Equal(19, answers.Count(static answer => answer.Outcome is AdmissionOutcome.Unaffordable));
        Assert.Equal(1, _edge.Usage.SpentQueries);
    }

    [Fact]
    public async Task Hard_budgets_wait_for_a_ledger_that_is_away_and_soft_ones_do_not()
    {
        _edge.Usage.IsAway = true;
        for (var i = 0; i < 10; i++)
        {
            var hard = await _edge.AdmitAsync(Ask.Paying(10, Ask.Budget(100)));
            Assert.Equal((AdmissionOutcome.Rebuilding, TimeSpan.FromSeconds(2)), (hard.Outcome, hard.RetryAfter));
        }

        // Not each of them waited for it in turn.
        Assert.Equal(1, _edge.Usage.SpentQueries);
        Assert.Equal(AdmissionOutcome.Admitted, (await _edge.AdmitAsync(Ask.Paying(10, Ask.Budget(1, hard: false, "team:a")))).Outcome);

        _edge.Usage.IsAway = false;
        _time.Advance(TimeSpan.FromMilliseconds(500));
        Assert.Equal(AdmissionOutcome.Admitted, (await _edge.AdmitAsync(Ask.Paying(10, Ask.Budget(100)))).Outcome);
    }

    [Fact]
    public async Task Money_is_held_until_the_ledger_knows_the_cost()
    {
        var budget = Ask.Budget(100);
        var request = Ask.Paying(60, budget);
        var answer = await _edge.AdmitAsync(request);
        _edge.Admission.Ended(Ask.HoldOf(request, answer));
        for (var i = 0; i < 10; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            await _edge.Open.RoundAsync(CancellationToken.None);
            Assert.Equal(AdmissionOutcome.Unaffordable, (await _edge.AdmitAsync(Ask.Paying(60, budget))).Outcome);
        }

        _edge.Usage.Settled[request.RequestId] = new SettledRequest(request.RequestId, 25, 100);
        _edge.Usage.Spent[budget.Booking] = 25;
        await _edge.Open.RoundAsync(CancellationToken.None);

        Assert.Equal(0, _edge.Local.HeldNanoUsd);
        Assert.Equal(AdmissionOutcome.Unaffordable, (await _edge.AdmitAsync(Ask.Paying(76, budget))).Outcome);
        Assert.Equal(AdmissionOutcome.Admitted, (await _edge.AdmitAsync(Ask.Paying(75, budget))).Outcome);
    }

    [Fact]
    public async Task The_cost_of_a_request_in_two_parts_counts_once()
    {
        var budget = Ask.Budget(1_000);
        var request = Ask.Paying(60, budget);
        await _edge.AdmitAsync(request);
        await _edge.AdmitAsync(request with { Part = 1 });
        Assert.Equal(120, _edge.Local.HeldNanoUsd);
        await _edge.Open.RoundAsync(CancellationToken.None);
        _edge.Usage.Settled[request.RequestId] = new SettledRequest(request.RequestId, 25, 100);

        // The ledger's sums are asked for again in two seconds: until then only the settlement tells.
        await _edge.Open.RoundAsync(CancellationToken.None);

        Assert.Equal(new BudgetState(25, 0), (await _edge.Admission.PeekAsync(Ask.Paying(1, budget), CancellationToken.None)).Budgets[0]);
    }

    [Fact]
    public async Task A_request_that_ended_and_that_the_ledger_does_not_know_is_given_back_after_a_minute_but_not_while_it_is_away()
    {
        var budget = Ask.Budget(100);
        var request = Ask.Paying(60, budget);
        _edge.Admission.Ended(Ask.HoldOf(request, await _edge.AdmitAsync(request)));

        _edge.Usage.IsAway = true;
        await MinutesAsync(3);
        Assert.Equal(60, _edge.Local.HeldNanoUsd);

        _edge.Usage.IsAway = false;
        await MinutesAsync(0.1);
        Assert.Equal((0L, 0), (_edge.Local.HeldNanoUsd, _edge.Open.Count));
    }

    [Fact]
    public async Task A_request_that_no_Router_got_is_given_back_at_once()
    {
        var request = Ask.Paying(60, Ask.Budget(100)) with { Limits = [Ask.PerMinute(600, 100, LimitUnit.Tokens)], Tokens = 100 };
        var answer = await _edge.AdmitAsync(request);

        _edge.Admission.Void(Ask.HoldOf(request, answer));

        Assert.Equal((0L, 0), (_edge.Local.HeldNanoUsd, _edge.Open.Count));
        Assert.Equal(100, (await _edge.Admission.PeekAsync(Ask.For(Ask.PerMinute(600, 100, LimitUnit.Tokens)), CancellationToken.None)).Limits[0].Remaining);
    }

    [Fact]
    public async Task What_others_spend_is_learned_within_seconds()
    {
        var budget = Ask.Budget(100);
        _edge.Admission.Void(Ask.HoldOf(Ask.Paying(1, budget), await _edge.AdmitAsync(Ask.Paying(1, budget))));
        _edge.Usage.Spent[budget.Booking] = 95;

        _time.Advance(TimeSpan.FromSeconds(2));
        await _edge.Open.RoundAsync(CancellationToken.None);

        Assert.Equal(AdmissionOutcome.Unaffordable, (await _edge.AdmitAsync(Ask.Paying(5, budget))).Outcome);
    }

    private async Task MinutesAsync(double minutes)
    {
        for (var i = 0; i < minutes * 12; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            await _edge.Open.RoundAsync(CancellationToken.None);
        }
    }
}
