using Gateway.Core.Admission.Shared;
using Gateway.Edge.Tests.Rig;

namespace Gateway.Edge.Tests.Admission;

public sealed class EdgeAdmissionTests : IAsyncDisposable
{
    private readonly ManualTime _time = new();
    private readonly SharedStoreModel _shared;
    private readonly AdmittingEdge _edge;

    public EdgeAdmissionTests()
    {
        _shared = new SharedStoreModel(_time);
        _edge = new AdmittingEdge(_time, _shared);
    }

    public ValueTask DisposeAsync() => _edge.DisposeAsync();

    [Fact]
    public async Task While_the_shared_state_is_there_it_decides()
    {
        var answer = await _edge.AdmitAsync(Ask.For(Ask.PerMinute(60, 2)) with { Budgets = [Ask.Budget(1_000)], Bound = new MoneyBound(1, 1, 1, 10, 10) });

        Assert.Equal((AdmissionOutcome.Admitted, false, 11L, 10L), (answer.Outcome, answer.Degraded, answer.HeldNanoUsd, answer.OutputCap));
        Assert.False(_edge.Admission.IsDegraded);
        Assert.Equal(11, _shared.Counters.HeldNanoUsd);
    }

    [Fact]
    public async Task What_it_would_refuse_by_its_last_answer_is_refused_without_asking_it_again()
    {
        var rule = Ask.PerMinute(12, 2);
        for (var i = 0; i < 3; i++)
        {
            await _edge.AdmitAsync(Ask.For(rule));
        }

        var asked = _shared.Admissions;
        for (var i = 0; i < 1_000; i++)
        {
            var refused = await _edge.AdmitAsync(Ask.For(rule));
            Assert.Equal((AdmissionOutcome.Limited, 0, TimeSpan.FromSeconds(5), false), (refused.Outcome, refused.Binding, refused.RetryAfter, refused.Degraded));
        }

        Assert.InRange(_shared.Admissions, asked, asked + 1);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(AdmissionOutcome.Admitted, (await _edge.AdmitAsync(Ask.For(rule))).Outcome);
    }

    [Fact]
    public async Task No_answer_is_voided_until_that_is_answered_and_the_request_is_decided_here()
    {
        await _edge.Voids.StartAsync(CancellationToken.None);
        _shared.LosesAnswers = true;
        var request = Ask.For(Ask.AtOnce(10)) with { Budgets = [Ask.Budget(1_000, hard: false)], Bound = new MoneyBound(5, 5, 0, 16, 16) };

        var answer = await _edge.AdmitAsync(request);

        Assert.Equal((AdmissionOutcome.Admitted, true, 0L, 16L), (answer.Outcome, answer.Degraded, answer.HeldNanoUsd, answer.OutputCap));
        await UntilAsync(() => _shared.Voids == 1);
        Assert.Equal(0, _shared.Counters.HeldNanoUsd);
        Assert.Equal(AdmissionOutcome.Void, _shared.Counters.Admit(request).Outcome);
    }

    [Fact]
    public async Task A_void_is_repeated_while_nothing_answers_and_given_up_after_a_minute()
    {
        await _edge.Voids.StartAsync(CancellationToken.None);
        _shared.IsSilent = true;
        await _edge.AdmitAsync(Ask.For(Ask.AtOnce(10)));
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(1, _edge.Voids.Waiting);
        _shared.IsSilent = false;
        await UntilAsync(() => Moved(_shared.Voids == 1));

        _shared.IsSilent = true;
        await _edge.AdmitAsync(Ask.For(Ask.AtOnce(10)));
        await UntilAsync(() => Moved(_edge.Voids.Waiting == 0));
        Assert.Equal(1, _shared.Voids);
    }

    [Fact]
    public async Task A_client_that_goes_before_the_answer_leaves_nothing_held()
    {
        await _edge.Voids.StartAsync(CancellationToken.None);
        using var gone = new CancellationTokenSource();
        _shared.Gate = new TaskCompletionSource().Task;
        var asking = _edge.Admission.AdmitAsync(Ask.Paying(10, Ask.Budget(1_000)), gone.Token).AsTask();
        Assert.Equal(10, _shared.Counters.HeldNanoUsd);

        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        await UntilAsync(() => _shared.Counters.HeldNanoUsd == 0);
    }

    [Fact]
    public async Task A_limiter_that_throws_leaves_limits_open_and_hard_budgets_closed()
    {
        _shared.Failure = new InvalidOperationException("bug");

        Assert.Equal(AdmissionOutcome.Admitted, (await _edge.AdmitAsync(Ask.For(Ask.PerMinute(60, 10)))).Outcome);
        Assert.Equal(AdmissionOutcome.Admitted, (await _edge.AdmitAsync(Ask.Paying(1, Ask.Budget(100, hard: false)))).Outcome);
        Assert.Equal(AdmissionOutcome.Rebuilding, (await _edge.AdmitPatientlyAsync(Ask.Paying(1, Ask.Budget(100)))).Outcome);
    }

    [Fact]
    public async Task While_it_is_away_limits_are_the_share_of_this_Edge()
    {
        for (var i = 0; i < 3; i++)
        {
            _edge.Peers.Note(Guid.NewGuid(), 0);
        }

        _shared.IsUp = false;
        var admitted = 0;
        for (var i = 0; i < 40; i++)
        {
            var answer = await _edge.AdmitAsync(Ask.For(Ask.PerMinute(60, 20)));
            Assert.True(answer.Degraded);
            admitted += answer.Outcome is AdmissionOutcome.Admitted ? 1 : 0;
        }

        Assert.Equal(5, admitted);
        Assert.True(_edge.Admission.IsDegraded);
        Assert.Equal(0, _shared.Admissions);
    }

    [Fact]
    public async Task What_it_said_before_it_went_is_gone_on_from()
    {
        for (var i = 0; i < 20; i++)
        {
            await _edge.AdmitAsync(Ask.For(Ask.PerMinute(60, 20)));
        }

        _shared.IsUp = false;
        Assert.Equal((AdmissionOutcome.Limited, TimeSpan.FromSeconds(1)), await FactsAsync());
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((AdmissionOutcome.Admitted, TimeSpan.Zero), await FactsAsync());

        async Task<(AdmissionOutcome, TimeSpan)> FactsAsync()
        {
            var answer = await _edge.AdmitAsync(Ask.For(Ask.PerMinute(60, 20)));
            return (answer.Outcome, answer.RetryAfter);
        }
    }

    [Fact]
    public async Task Requests_that_run_since_before_it_went_still_have_their_places()
    {
        var running = Ask.For(Ask.AtOnce(2));
        var answer = await _edge.AdmitAsync(running);
        _shared.IsUp = false;
        Assert.Equal(AdmissionOutcome.Admitted, (await _edge.AdmitAsync(Ask.For(Ask.AtOnce(2)))).Outcome);
        Assert.Equal(AdmissionOutcome.Limited, (await _edge.AdmitAsync(Ask.For(Ask.AtOnce(2)))).Outcome);

        _edge.Admission.Ended(Ask.HoldOf(running, answer));

        Assert.Equal(AdmissionOutcome.Admitted, (await _edge.AdmitAsync(Ask.For(Ask.AtOnce(2)))).Outcome);
    }

    [Fact]
    public async Task A_place_taken_here_is_kept_while_its_request_runs_and_free_when_it_ends()
    {
        _shared.IsUp = false;
        var request = Ask.For(Ask.AtOnce(1));
        var answer = await _edge.AdmitAsync(request);
        for (var i = 0; i < 10; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            await _edge.Open.RoundAsync(CancellationToken.None);
        }

        Assert.Equal(AdmissionOutcome.Limited, (await _edge.AdmitAsync(Ask.For(Ask.AtOnce(1)))).Outcome);
        _edge.Admission.Ended(Ask.HoldOf(request, answer));
        _time.Advance(TimeSpan.FromSeconds(5));
        await _edge.Open.RoundAsync(CancellationToken.None);
        Assert.Equal(AdmissionOutcome.Admitted, (await _edge.AdmitAsync(Ask.For(Ask.AtOnce(1)))).Outcome);
    }

    [Fact]
    public async Task Tokens_reserved_here_are_corrected_when_Usage_knows_them()
    {
        _shared.IsUp = false;
        var rule = Ask.PerMinute(600, 100, LimitUnit.Tokens);
        var request = Ask.For(rule) with { Tokens = 100 };
        await _edge.AdmitAsync(request);
        _edge.Usage.Settled[request.RequestId] = new SettledRequest(request.RequestId, 0, 30);

        await _edge.Open.RoundAsync(CancellationToken.None);

        Assert.Equal(70, (await _edge.Admission.PeekAsync(Ask.For(rule), CancellationToken.None)).Limits[0].Remaining);
        Assert.Equal(0, _edge.Open.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Soft_budgets_are_open_and_hard_ones_closed_while_it_is_away_or_counts_anew(bool isRebuilding)
    {
        (_shared.IsUp, _shared.IsRebuilding) = (isRebuilding, isRebuilding);

        var soft = await _edge.AdmitAsync(Ask.Paying(10, Ask.Budget(5, hard: false)));
        var hard = await _edge.AdmitAsync(Ask.Paying(10, Ask.Budget(5, hard: false), Ask.Budget(1_000)) with { Limits = [Ask.PerMinute(6, 1)] });

        Assert.Equal(AdmissionOutcome.Admitted, soft.Outcome);
        Assert.Equal((AdmissionOutcome.Rebuilding, 1, TimeSpan.FromSeconds(2), true), (hard.Outcome, hard.Binding, hard.RetryAfter, hard.Degraded));

        // Nothing was taken of its limit.
        Assert.Equal(AdmissionOutcome.Admitted, (await _edge.AdmitAsync(Ask.For(Ask.PerMinute(6, 1)))).Outcome);
    }

    [Fact]
    public async Task When_it_is_back_it_decides_again()
    {
        _shared.IsUp = false;
        await _edge.AdmitAsync(Ask.For(Ask.PerMinute(60, 20)));
        _shared.IsUp = true;

        var answer = await _edge.AdmitAsync(Ask.For(Ask.PerMinute(60, 20)));

        Assert.Equal((AdmissionOutcome.Admitted, false, 1), (answer.Outcome, answer.Degraded, _shared.Admissions));
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var deadline = new CancellationTokenSource(EdgeServer.Patience);
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!condition())
        {
            await tick.WaitForNextTickAsync(deadline.Token);
        }
    }

    private bool Moved(bool done)
    {
        _time.Advance(TimeSpan.FromMilliseconds(500));
        return done;
    }
}
