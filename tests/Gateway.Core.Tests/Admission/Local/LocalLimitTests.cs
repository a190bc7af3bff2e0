using Gateway.Core.Admission.Local;
using Gateway.Core.Admission.Shared;
using static Gateway.Core.Tests.Admission.Local.LocalRequests;

namespace Gateway.Core.Tests.Admission.Local;

public sealed class LocalLimitTests
{
    private readonly ManualTime _time = new();
    private readonly LocalAdmissionStore _store;

    public LocalLimitTests() => _store = new LocalAdmissionStore(_time);

    [Fact]
    public void A_request_after_exactly_the_wait_is_admitted()
    {
        var rule = PerMinute(12, burst: 2);
        Assert.Equal((AdmissionOutcome.Admitted, 1L), Facts(_store.Admit(Of(rule))));
        Assert.Equal((AdmissionOutcome.Admitted, 0L), Facts(_store.Admit(Of(rule))));

        var refused = _store.Admit(Of(rule));

        Assert.Equal((AdmissionOutcome.Limited, 0, TimeSpan.FromSeconds(5)), (refused.Outcome, refused.Binding, refused.RetryAfter));
        Assert.True(refused.Limits[0].Exceeded);
        _time.Advance(refused.RetryAfter - TimeSpan.FromMicroseconds(1));
        Assert.Equal(AdmissionOutcome.Limited, _store.Admit(Of(rule)).Outcome);
        _time.Advance(TimeSpan.FromMicroseconds(1));
        Assert.Equal(AdmissionOutcome.Admitted, _store.Admit(Of(rule)).Outcome);
    }

    [Fact]
    public void A_refusal_changes_nothing_of_any_limit()
    {
        var wide = PerMinute(600, burst: 100);
        var narrow = PerMinute(6, burst: 1, scope: "team:a");
        var places = AtOnce(5);
        _store.Admit(Of(narrow));

        for (var i = 0; i < 50; i++)
        {
            var refused = _store.Admit(Of(wide, narrow, places, SessionsInFiveMinutes(1)));
            Assert.Equal((AdmissionOutcome.Limited, 1), (refused.Outcome, refused.Binding));
        }

        var next = _store.Admit(Of(wide, places, SessionsInFiveMinutes(1)) with { Session = "another" });
        Assert.Equal([99, 4, 1], next.Limits.Select(static limit => limit.Remaining));
    }

    [Fact]
    public void The_limit_that_takes_longest_binds()
    {
        var fast = PerMinute(60, burst: 1);
        var slow = PerMinute(6, burst: 1, scope: "org:o");
        _store.Admit(Of(fast, slow));

        var refused = _store.Admit(Of(fast, slow));

        Assert.Equal((1, TimeSpan.FromSeconds(10)), (refused.Binding, refused.RetryAfter));
        Assert.True(refused.Limits[0].Exceeded);
    }

    [Fact]
    public void What_costs_more_than_the_burst_passes_an_idle_limit_and_leaves_a_debt()
    {
        var rule = PerMinute(600, burst: 100, LimitUnit.Tokens);
        Assert.Equal(AdmissionOutcome.Admitted, _store.Admit(Of(rule) with { Tokens = 250 }).Outcome);

        var refused = _store.Admit(Of(rule) with { Tokens = 1 });

        // 250 tokens are 25 seconds; 100 of them may be ahead.
        Assert.Equal(TimeSpan.FromSeconds(15.1), refused.RetryAfter);
        Assert.Equal(TimeSpan.FromSeconds(25), _store.Admit(Of(rule) with { Tokens = 101 }).RetryAfter);
    }

    [Fact]
    public void A_settlement_corrects_the_tokens_once()
    {
        var rule = PerMinute(600, burst: 100, LimitUnit.Tokens);
        var request = Of(rule) with { Tokens = 100 };
        var answer = _store.Admit(request);

        Assert.Equal(SettleOutcome.Settled, _store.Settle(SettlementOf(request, answer, 0, tokens: 40)));
        Assert.Equal(SettleOutcome.Repeated, _store.Settle(SettlementOf(request, answer, 0, tokens: 40)));
        _store.Void(HoldOf(request, answer));

        Assert.Equal(60, _store.Peek(Of(rule)).Limits[0].Remaining);
        var more = Of(rule) with { Tokens = 10 };
        _store.Settle(SettlementOf(more, _store.Admit(more), 0, tokens: 70));
        Assert.Equal(TimeSpan.FromSeconds(1), _store.Admit(Of(rule) with { Tokens = 0 }).RetryAfter);
    }

    [Fact]
    public void A_void_gives_back_tokens_and_place_and_forbids_the_request()
    {
        var tokens = PerMinute(600, burst: 100, LimitUnit.Tokens);
        var request = Of(tokens, AtOnce(1)) with { Tokens = 100 };
        _store.Admit(request);

        _store.Void(HoldOf(request));
        _store.Void(HoldOf(request));

        Assert.Equal(AdmissionOutcome.Void, _store.Admit(request).Outcome);
        Assert.Equal([100, 0], _store.Admit(Of(tokens, AtOnce(1))).Limits.Select(static limit => limit.Remaining));
    }

    [Fact]
    public void A_void_before_the_admission_forbids_it_and_gives_back_nothing()
    {
        var tokens = PerMinute(600, burst: 100, LimitUnit.Tokens);
        _store.Admit(Of(tokens) with { Tokens = 100 });
        var request = Of(tokens) with { Tokens = 100 };

        _store.Void(HoldOf(request));

        Assert.Equal(AdmissionOutcome.Void, _store.Admit(request).Outcome);
        Assert.Equal(0, _store.Peek(Of(tokens)).Limits[0].Remaining);
    }

    [Fact]
    public void A_settlement_of_what_was_not_admitted_gives_back_no_tokens()
    {
        var tokens = PerMinute(600, burst: 100, LimitUnit.Tokens);
        _store.Admit(Of(tokens) with { Tokens = 100 });
        var (less, more) = (Of(tokens) with { Tokens = 100 }, Of(tokens) with { Tokens = 100 });

        _store.Settle(SettlementOf(less, null, 0, tokens: 10));
        Assert.Equal(TimeSpan.FromSeconds(10), _store.Peek(Of(tokens)).Limits[0].ResetAfter);

        _store.Settle(SettlementOf(more, null, 0, tokens: 150));
        Assert.Equal(TimeSpan.FromSeconds(15), _store.Peek(Of(tokens)).Limits[0].ResetAfter);
    }

    [Fact]
    public void Tokens_that_the_clock_gave_back_already_are_not_given_back_again()
    {
        var rule = PerMinute(600, burst: 100, LimitUnit.Tokens);
        var request = Of(rule) with { Tokens = 100 };
        var answer = _store.Admit(request);
        _time.Advance(TimeSpan.FromSeconds(20));
        _store.Admit(Of(rule) with { Tokens = 80 });

        _store.Settle(SettlementOf(request, answer, 0, tokens: 10));

        Assert.Equal(20, _store.Peek(Of(rule)).Limits[0].Remaining);
    }

    [Fact]
    public void An_admission_that_is_repeated_takes_nothing_more()
    {
        var request = Of(PerMinute(600, burst: 3), AtOnce(2));

        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(AdmissionOutcome.Admitted, _store.Admit(request).Outcome);
        }

        Assert.Equal([1, 0], _store.Admit(Of(PerMinute(600, burst: 3), AtOnce(2))).Limits.Select(static limit => limit.Remaining));
    }

    [Fact]
    public void Places_end_with_their_lease_unless_they_are_renewed()
    {
        var (first, second) = (Of(AtOnce(2)), Of(AtOnce(2)));
        _store.Admit(first);
        _store.Admit(second);
        Assert.Equal(AdmissionOutcome.Limited, _store.Admit(Of(AtOnce(2))).Outcome);

        _time.Advance(TimeSpan.FromSeconds(10));
        _store.Renew(HoldOf(second));
        _time.Advance(TimeSpan.FromSeconds(6));

        Assert.Equal(AdmissionOutcome.Admitted, _store.Admit(Of(AtOnce(2))).Outcome);
        Assert.Equal(AdmissionOutcome.Limited, _store.Admit(Of(AtOnce(2))).Outcome);
    }

    [Fact]
    public void Sessions_count_once_in_their_window()
    {
        var rule = SessionsInFiveMinutes(2);
        AdmissionAnswer Ask(string session) => _store.Admit(Of(rule) with { Session = session });
        Ask("a");
        _time.Advance(TimeSpan.FromMinutes(1));
        Ask("b");
        Assert.Equal(AdmissionOutcome.Admitted, Ask("a").Outcome);

        var refused = Ask("c");
        Assert.Equal(AdmissionOutcome.Limited, refused.Outcome);
        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(AdmissionOutcome.Admitted, Ask("c").Outcome);
    }

    [Fact]
    public void A_limit_in_shadow_mode_counts_and_never_refuses()
    {
        var rule = PerMinute(6, burst: 1, shadow: true);
        Assert.False(_store.Admit(Of(rule)).Limits[0].Exceeded);

        for (var i = 0; i < 5; i++)
        {
            var answer = _store.Admit(Of(rule));
            Assert.Equal((AdmissionOutcome.Admitted, true), (answer.Outcome, answer.Limits[0].Exceeded));
        }

        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.False(_store.Admit(Of(rule)).Limits[0].Exceeded);
    }

    [Fact]
    public void What_the_shared_store_said_is_foreseen_and_gone_on_from()
    {
        var rule = PerMinute(12, burst: 2);
        var answer = new AdmissionAnswer { Outcome = AdmissionOutcome.Limited, Limits = [new LimitState(0, TimeSpan.FromSeconds(10), true)] };
        Assert.Null(_store.Foresee(Of(rule)));

        _store.Learn(Of(rule), answer, _store.NowMicros);

        Assert.Equal(TimeSpan.FromSeconds(5), _store.Foresee(Of(rule))!.RetryAfter);
        Assert.Equal(TimeSpan.FromSeconds(5), _store.Admit(Of(rule)).RetryAfter);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Null(_store.Foresee(Of(rule)));
    }

    [Fact]
    public void The_wait_that_is_foreseen_counts_how_long_the_answer_was_under_way()
    {
        var rule = PerMinute(12, burst: 2);
        var asked = _store.NowMicros;
        _time.Advance(TimeSpan.FromMilliseconds(30));
        _store.Learn(Of(rule), new AdmissionAnswer { Outcome = AdmissionOutcome.Limited, Limits = [new LimitState(0, TimeSpan.FromSeconds(10), true)] }, asked);

        // It answered at some time of these 30 ms: nobody who might be admitted is refused, and nobody is told less than the truth.
        Assert.Equal(TimeSpan.FromSeconds(5), _store.Foresee(Of(rule))!.RetryAfter);
        _time.Advance(TimeSpan.FromSeconds(4.969));
        Assert.Equal(TimeSpan.FromMilliseconds(31), _store.Foresee(Of(rule))!.RetryAfter);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(_store.Foresee(Of(rule)));
    }

    [Fact]
    public void What_was_said_of_tokens_is_foreseen_for_a_second_only()
    {
        var rule = PerMinute(60, burst: 10, LimitUnit.Tokens);
        _store.Learn(Of(rule), new AdmissionAnswer { Outcome = AdmissionOutcome.Limited, Limits = [new LimitState(0, TimeSpan.FromSeconds(40), true)] }, _store.NowMicros);

        Assert.NotNull(_store.Foresee(Of(rule) with { Tokens = 5 }));
        _time.Advance(TimeSpan.FromSeconds(1.1));
        Assert.Null(_store.Foresee(Of(rule) with { Tokens = 5 }));

        // A later answer may say less: what was reserved too much came back.
        _store.Learn(Of(rule), new AdmissionAnswer { Outcome = AdmissionOutcome.Admitted, Limits = [new LimitState(8, TimeSpan.FromSeconds(2), false)] }, _store.NowMicros);
        Assert.Null(_store.Foresee(Of(rule) with { Tokens = 5 }));
    }

    [Fact]
    public void An_id_that_is_too_old_is_not_admitted_and_not_settled()
    {
        var request = Of(PerMinute(60, 10)) with { RequestId = Guid.CreateVersion7(_time.GetUtcNow()) };
        _time.Advance(TimeSpan.FromHours(24));

        Assert.Equal(AdmissionOutcome.Void, _store.Admit(request).Outcome);
        Assert.Equal(SettleOutcome.Forgotten, _store.Settle(SettlementOf(request, null, 5)));
    }

    [Fact]
    public void Limits_of_organisations_do_not_share()
    {
        var rule = PerMinute(6, burst: 1);
        Assert.Equal(AdmissionOutcome.Admitted, _store.Admit(Of(rule)).Outcome);
        Assert.Equal(AdmissionOutcome.Admitted, _store.Admit(Of(rule) with { Organisation = "other" }).Outcome);
        Assert.Equal(AdmissionOutcome.Limited, _store.Admit(Of(rule)).Outcome);
    }

    private static (AdmissionOutcome Outcome, long Remaining) Facts(AdmissionAnswer answer) => (answer.Outcome, answer.Limits[0].Remaining);
}
