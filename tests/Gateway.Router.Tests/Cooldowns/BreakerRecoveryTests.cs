using Gateway.Router.Cooldowns;

namespace Gateway.Router.Tests.Cooldowns;

/// <summary>How a breaker that opened closes again, or does not.</summary>
public sealed class BreakerRecoveryTests : BreakerScene
{
    [Fact]
    public void One_call_at_a_time_tries_a_half_open_one()
    {
        var breaker = Opened();
        Now = breaker.OpenUntil;
        Assert.Equal(BreakerState.HalfOpen, breaker.StateAt(Now));
        Assert.True(breaker.TryBeginProbe(Now));
        Assert.False(breaker.TryBeginProbe(Now));
        Assert.True(breaker.ViewAt(Now).ProbeInFlight);
        breaker.Abandoned(Now);
        Assert.True(breaker.TryBeginProbe(Now));
    }

    [Fact]
    public void A_probe_that_never_reports_is_given_up_after_a_minute()
    {
        var breaker = Opened();
        Now = breaker.OpenUntil;
        var first = Now;
        Assert.True(breaker.TryBeginProbe(Now));
        Now += (60 * Second) - 1;
        Assert.False(breaker.TryBeginProbe(Now));
        Now++;
        Assert.True(breaker.TryBeginProbe(Now));
        breaker.Failed(Now, began: first);
        Assert.Equal(BreakerState.HalfOpen, breaker.StateAt(Now));
        breaker.Succeeded(Now, began: Now);
        Assert.Equal(BreakerState.Closed, breaker.StateAt(Now));
    }

    [Fact]
    public void After_a_good_probe_its_weight_grows_in_steps_of_five_seconds()
    {
        var breaker = Opened();
        Assert.Equal(0.1, breaker.RampAt(Now));
        Probe(breaker, succeeds: true);
        Assert.Equal(BreakerState.Closed, breaker.StateAt(Now));
        Assert.Equal(0, breaker.OpenUntil);
        foreach (var (after, ramp) in new[] { (0.0, 0.1), (4.9, 0.1), (5.0, 0.25), (9.9, 0.25), (10.0, 0.5), (14.9, 0.5), (15.0, 1.0), (1000.0, 1.0) })
        {
            Assert.Equal(ramp, breaker.RampAt(Now + (long)(after * Second)));
        }
    }

    [Fact]
    public void Each_time_in_a_row_doubles_the_time_up_to_five_minutes()
    {
        var breaker = Opened();
        foreach (var seconds in new[] { 10, 20, 40, 80, 160, 300, 300, 300 })
        {
            Probe(breaker, succeeds: false);
            Assert.Equal(BreakerState.Open, breaker.StateAt(Now));
            Assert.InRange(breaker.OpenUntil - Now, 0.8 * seconds * Second, 1.2 * seconds * Second);
            Assert.Equal(BreakerReason.ProbeFailed, breaker.ViewAt(Now).Reason);
        }
    }

    [Fact]
    public void Failures_while_it_recovers_reopen_it_for_longer()
    {
        var breaker = Opened();
        Probe(breaker, succeeds: true);
        Now += 12 * Second;
        Fail(breaker, 3);
        Assert.Equal(BreakerState.Open, breaker.StateAt(Now));
        Assert.InRange(breaker.OpenUntil - Now, 8 * Second, 12 * Second);
        Assert.Equal((2, BreakerReason.RecoveryFailed), (breaker.ViewAt(Now).TimesInARow, breaker.ViewAt(Now).Reason));
    }

    [Fact]
    public void One_failure_while_it_recovers_is_forgiven()
    {
        var breaker = Opened();
        Probe(breaker, succeeds: true);
        Fail(breaker, 2);
        breaker.Succeeded(Now);
        Fail(breaker, 2);
        Assert.Equal(BreakerState.Closed, breaker.StateAt(Now));
    }

    [Fact]
    public void Each_healthy_minute_takes_one_time_back()
    {
        var breaker = Opened();
        for (var i = 0; i < 3; i++)
        {
            Probe(breaker, succeeds: false);
        }

        Probe(breaker, succeeds: true);
        Assert.Equal(4, breaker.ViewAt(Now).TimesInARow);
        Now += 59 * Second;
        Assert.Equal(4, breaker.ViewAt(Now).TimesInARow);
        Now += Second;
        Assert.Equal(3, breaker.ViewAt(Now).TimesInARow);
        Now += 130 * Second;
        Assert.Equal(1, breaker.ViewAt(Now).TimesInARow);
        Fail(breaker, 5);
        Assert.InRange(breaker.OpenUntil - Now, 8 * Second, 12 * Second);
    }

    [Fact]
    public void A_slow_probe_opens_it_softly_again()
    {
        var breaker = Opened();
        Now = breaker.OpenUntil;
        Assert.True(breaker.TryBeginProbe(Now));
        breaker.Failed(Now, isSlow: true);
        Assert.Equal(BreakerState.Open, breaker.StateAt(Now));
        Assert.True(breaker.IsSoft);
        Assert.InRange(breaker.OpenUntil - Now, 8 * Second, 12 * Second);
    }

    [Fact]
    public void What_began_before_it_opened_changes_nothing()
    {
        var breaker = Opened();
        var before = Now - 1;
        var until = breaker.OpenUntil;
        Now += 3 * Second;
        breaker.Succeeded(Now, began: before);
        breaker.Failed(Now, began: before);
        Assert.Equal((BreakerState.Open, until), (breaker.StateAt(Now), breaker.OpenUntil));

        Now = until;
        breaker.Failed(Now, began: before);
        breaker.Succeeded(Now, began: before);
        Assert.Equal((BreakerState.HalfOpen, until), (breaker.StateAt(Now), breaker.OpenUntil));

        Assert.True(breaker.TryBeginProbe(Now));
        breaker.Abandoned(Now, began: before);
        Assert.False(breaker.TryBeginProbe(Now));
        breaker.Succeeded(Now, began: Now);
        for (var i = 0; i < 10; i++)
        {
            breaker.Failed(Now, began: before);
        }

        Assert.Equal(BreakerState.Closed, breaker.StateAt(Now));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_success_in_a_panic_ends_a_long_ejection(bool tellsWhenItBegan)
    {
        var breaker = Opened();
        for (var i = 0; i < 6; i++)
        {
            Probe(breaker, succeeds: false);
        }

        var opened = Now;
        Now += Second;
        breaker.Succeeded(Now, began: tellsWhenItBegan ? Now : 0);
        Assert.Equal(BreakerState.Open, breaker.StateAt(Now));    // too soon: what answers now and then would flap
        Now = opened + (2 * Second);
        breaker.Succeeded(Now, began: tellsWhenItBegan ? Now : 0);
        Assert.Equal(tellsWhenItBegan ? BreakerState.Closed : BreakerState.HalfOpen, breaker.StateAt(Now));
        Assert.True(breaker.TryBeginProbe(Now));
        breaker.Succeeded(Now);
        Assert.Equal((BreakerState.Closed, 0.1), (breaker.StateAt(Now), breaker.RampAt(Now)));
    }

    [Fact]
    public void A_success_does_not_end_a_soft_ejection()
    {
        var breaker = new Breaker();
        for (var i = 0; i < 20; i++)
        {
            breaker.Failed(Now, isSlow: true);
        }

        Now += 3 * Second;
        breaker.Succeeded(Now, began: Now);
        breaker.Succeeded(Now);
        Assert.Equal(BreakerState.Open, breaker.StateAt(Now));
    }

    [Fact]
    public void Failures_in_a_panic_change_nothing()
    {
        var breaker = Opened();
        var until = breaker.OpenUntil;
        Now += Second;
        Fail(breaker, 100);
        Assert.Equal((until, 1), (breaker.OpenUntil, breaker.ViewAt(Now).TimesInARow));
    }

    [Fact]
    public void An_early_try_that_fails_costs_no_time()
    {
        var breaker = Opened();
        Probe(breaker, succeeds: false);
        var until = breaker.OpenUntil;
        Now += Second;
        breaker.TryEarly(Now);
        Assert.Equal(BreakerState.HalfOpen, breaker.StateAt(Now));
        Assert.True(breaker.TryBeginProbe(Now));
        breaker.Failed(Now);
        Assert.Equal((until, 2), (breaker.OpenUntil, breaker.ViewAt(Now).TimesInARow));
        breaker.TryEarly(Now);
        breaker.Succeeded(Now);
        Assert.Equal(BreakerState.Closed, breaker.StateAt(Now));
    }

    [Fact]
    public void An_early_try_of_a_closed_one_changes_nothing()
    {
        var breaker = new Breaker();
        breaker.TryEarly(Now);
        Assert.Equal((BreakerState.Closed, 1.0), (breaker.StateAt(Now), breaker.RampAt(Now)));
    }
}
