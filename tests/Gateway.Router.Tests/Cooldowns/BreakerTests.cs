using Gateway.Router.Cooldowns;

namespace Gateway.Router.Tests.Cooldowns;

public sealed class BreakerTests
{
    private const long Second = TimeSpan.TicksPerSecond;
    private long _now = 1000 * Second;

    [Fact]
    public void Five_failures_in_a_row_open_it_for_five_seconds_more_or_less()
    {
        var breaker = new Breaker(seed: 1);
        Fail(breaker, 4);
        Assert.Equal(BreakerState.Closed, breaker.StateAt(_now));
        Fail(breaker);
        Assert.Equal(BreakerState.Open, breaker.StateAt(_now));
        Assert.InRange(breaker.OpenUntil - _now, 4 * Second, 6 * Second);
        Assert.False(breaker.IsSoft);
        Assert.Equal((5, BreakerReason.FailuresInARow), (breaker.ViewAt(_now).FailuresInARow, breaker.ViewAt(_now).Reason));
        Assert.False(breaker.TryBeginProbe(_now));
    }

    [Fact]
    public void A_success_between_failures_begins_the_row_anew()
    {
        var breaker = new Breaker();
        Fail(breaker, 4);
        breaker.Succeeded(_now);
        Fail(breaker, 4);
        Assert.Equal(BreakerState.Closed, breaker.StateAt(_now));
    }

    [Fact]
    public void Failures_at_one_request_per_five_seconds_eject()
    {
        var breaker = new Breaker();
        var asked = 0;
        for (var request = 0; request < 25; request++)
        {
            _now += 5 * Second;
            if (breaker.StateAt(_now) == BreakerState.Closed || breaker.TryBeginProbe(_now))
            {
                asked++;
                breaker.Failed(_now);
            }
        }

        Assert.InRange(asked, 6, 10);
        Assert.Equal(BreakerState.Open, breaker.StateAt(_now));
        Assert.InRange(breaker.ViewAt(_now).TimesInARow, 3, 5);
    }

    [Fact]
    public void Half_of_twenty_calls_failed_opens_it_softly()
    {
        var breaker = new Breaker();
        for (var pair = 0; pair < 10; pair++)
        {
            breaker.Failed(_now);
            breaker.Succeeded(_now);
            Assert.Equal(BreakerState.Closed, breaker.StateAt(_now));
        }

        breaker.Failed(_now);
        Assert.Equal(BreakerState.Open, breaker.StateAt(_now));
        Assert.True(breaker.IsSoft);
        Assert.Equal(BreakerReason.FailureShare, breaker.ViewAt(_now).Reason);
    }

    [Fact]
    public void Less_than_half_failed_leaves_it_closed()
    {
        var breaker = new Breaker();
        for (var i = 0; i < 300; i++)
        {
            breaker.Succeeded(_now);
            breaker.Succeeded(_now);
            Fail(breaker);
        }

        Assert.Equal(BreakerState.Closed, breaker.StateAt(_now));
        Assert.Equal((900, 300), (breaker.ViewAt(_now).Calls, breaker.ViewAt(_now).Failures));
    }

    [Fact]
    public void Calls_of_more_than_thirty_seconds_ago_do_not_count()
    {
        var breaker = new Breaker();
        for (var pair = 0; pair < 9; pair++)
        {
            breaker.Failed(_now);
            breaker.Succeeded(_now);
        }

        _now += 31 * Second;
        Fail(breaker, 3);
        Assert.Equal(BreakerState.Closed, breaker.StateAt(_now));
        Assert.Equal((3, 3), (breaker.ViewAt(_now).Calls, breaker.ViewAt(_now).Failures));
        _now += 29 * Second;
        Assert.Equal(3, breaker.ViewAt(_now).Calls);
        _now += Second;
        Assert.Equal(0, breaker.ViewAt(_now).Calls);
    }

    [Fact]
    public void Slow_calls_count_for_the_share_but_not_for_the_row()
    {
        var breaker = new Breaker();
        for (var i = 0; i < 19; i++)
        {
            breaker.Failed(_now, isSlow: true);
            Assert.Equal(BreakerState.Closed, breaker.StateAt(_now));
        }

        breaker.Failed(_now, isSlow: true);
        Assert.Equal(BreakerState.Open, breaker.StateAt(_now));
        Assert.True(breaker.IsSoft);
        Assert.Equal(BreakerReason.TooSlow, breaker.ViewAt(_now).Reason);
    }

    [Fact]
    public void One_call_at_a_time_tries_a_half_open_one()
    {
        var breaker = Opened();
        _now = breaker.OpenUntil;
        Assert.Equal(BreakerState.HalfOpen, breaker.StateAt(_now));
        Assert.True(breaker.TryBeginProbe(_now));
        Assert.False(breaker.TryBeginProbe(_now));
        Assert.True(breaker.ViewAt(_now).ProbeInFlight);
        breaker.Abandoned(_now);
        Assert.True(breaker.TryBeginProbe(_now));
    }

    [Fact]
    public void A_probe_that_never_reports_is_given_up_after_a_minute()
    {
        var breaker = Opened();
        _now = breaker.OpenUntil;
        var first = _now;
        Assert.True(breaker.TryBeginProbe(_now));
        _now += (60 * Second) - 1;
        Assert.False(breaker.TryBeginProbe(_now));
        _now++;
        Assert.True(breaker.TryBeginProbe(_now));
        breaker.Failed(_now, began: first);
        Assert.Equal(BreakerState.HalfOpen, breaker.StateAt(_now));
        breaker.Succeeded(_now, began: _now);
        Assert.Equal(BreakerState.Closed, breaker.StateAt(_now));
    }

    [Fact]
    public void After_a_good_probe_its_weight_grows_in_steps_of_five_seconds()
    {
        var breaker = Opened();
        Assert.Equal(0.1, breaker.RampAt(_now));
        Probe(breaker, succeeds: true);
        Assert.Equal(BreakerState.Closed, breaker.StateAt(_now));
        Assert.Equal(0, breaker.OpenUntil);
        foreach (var (after, ramp) in new[] { (0.0, 0.1), (4.9, 0.1), (5.0, 0.25), (9.9, 0.25), (10.0, 0.5), (14.9, 0.5), (15.0, 1.0), (1000.0, 1.0) })
        {
            Assert.Equal(ramp, breaker.RampAt(_now + (long)(after * Second)));
        }
    }

    [Fact]
    public void Each_time_in_a_row_doubles_the_time_up_to_five_minutes()
    {
        var breaker = Opened();
        foreach (var seconds in new[] { 10, 20, 40, 80, 160, 300, 300, 300 })
        {
            Probe(breaker, succeeds: false);
            Assert.Equal(BreakerState.Open, breaker.StateAt(_now));
            Assert.InRange(breaker.OpenUntil - _now, 0.8 * seconds * Second, 1.2 * seconds * Second);
            Assert.Equal(BreakerReason.ProbeFailed, breaker.ViewAt(_now).Reason);
        }
    }

    [Fact]
    public void Failures_while_it_recovers_reopen_it_for_longer()
    {
        var breaker = Opened();
        Probe(breaker, succeeds: true);
        _now += 12 * Second;
        Fail(breaker, 3);
        Assert.Equal(BreakerState.Open, breaker.StateAt(_now));
        Assert.InRange(breaker.OpenUntil - _now, 8 * Second, 12 * Second);
        Assert.Equal((2, BreakerReason.RecoveryFailed), (breaker.ViewAt(_now).TimesInARow, breaker.ViewAt(_now).Reason));
    }

    [Fact]
    public void One_failure_while_it_recovers_is_forgiven()
    {
        var breaker = Opened();
        Probe(breaker, succeeds: true);
        Fail(breaker, 2);
        breaker.Succeeded(_now);
        Fail(breaker, 2);
        Assert.Equal(BreakerState.Closed, breaker.StateAt(_now));
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
        Assert.Equal(4, breaker.ViewAt(_now).TimesInARow);
        _now += 59 * Second;
        Assert.Equal(4, breaker.ViewAt(_now).TimesInARow);
        _now += Second;
        Assert.Equal(3, breaker.ViewAt(_now).TimesInARow);
        _now += 130 * Second;
        Assert.Equal(1, breaker.ViewAt(_now).TimesInARow);
        Fail(breaker, 5);
        Assert.InRange(breaker.OpenUntil - _now, 8 * Second, 12 * Second);
    }

    [Fact]
    public void The_jitter_is_up_to_a_fifth_and_comes_from_the_seed()
    {
        var times = Enumerable.Range(0, 200).Select(static seed =>
        {
            var (one, same) = (new Breaker((ulong)seed), new Breaker((ulong)seed));
            for (var i = 0; i < 5; i++)
            {
                one.Failed(1);
                same.Failed(1);
            }

            Assert.Equal(one.OpenUntil, same.OpenUntil);
            return (one.OpenUntil - 1) / (double)Second;
        }).ToList();
        Assert.All(times, static time => Assert.InRange(time, 4.0, 6.0));
        Assert.InRange(times.Min(), 4.0, 4.1);
        Assert.InRange(times.Max(), 5.9, 6.0);
        Assert.InRange(times.Average(), 4.8, 5.2);
    }

    [Fact]
    public void A_slow_probe_opens_it_softly_again()
    {
        var breaker = Opened();
        _now = breaker.OpenUntil;
        Assert.True(breaker.TryBeginProbe(_now));
        breaker.Failed(_now, isSlow: true);
        Assert.Equal(BreakerState.Open, breaker.StateAt(_now));
        Assert.True(breaker.IsSoft);
        Assert.InRange(breaker.OpenUntil - _now, 8 * Second, 12 * Second);
    }

    [Fact]
    public void What_began_before_it_opened_changes_nothing()
    {
        var breaker = Opened();
        var before = _now - 1;
        var until = breaker.OpenUntil;
        _now += 3 * Second;
        breaker.Succeeded(_now, began: before);
        breaker.Failed(_now, began: before);
        Assert.Equal((BreakerState.Open, until), (breaker.StateAt(_now), breaker.OpenUntil));

        _now = until;
        breaker.Failed(_now, began: before);
        breaker.Succeeded(_now, began: before);
        Assert.Equal((BreakerState.HalfOpen, until), (breaker.StateAt(_now), breaker.OpenUntil));

        Assert.True(breaker.TryBeginProbe(_now));
        breaker.Abandoned(_now, began: before);
        Assert.False(breaker.TryBeginProbe(_now));
        breaker.Succeeded(_now, began: _now);
        for (var i = 0; i < 10; i++)
        {
            breaker.Failed(_now, began: before);
        }

        Assert.Equal(BreakerState.Closed, breaker.StateAt(_now));
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

        var opened = _now;
        _now += Second;
        breaker.Succeeded(_now, began: tellsWhenItBegan ? _now : 0);
        Assert.Equal(BreakerState.Open, breaker.StateAt(_now));    // too soon: what answers now and then would flap
        _now = opened + (2 * Second);
        breaker.Succeeded(_now, began: tellsWhenItBegan ? _now : 0);
        Assert.Equal(tellsWhenItBegan ? BreakerState.Closed : BreakerState.HalfOpen, breaker.StateAt(_now));
        Assert.True(breaker.TryBeginProbe(_now));
        breaker.Succeeded(_now);
        Assert.Equal((BreakerState.Closed, 0.1), (breaker.StateAt(_now), breaker.RampAt(_now)));
    }

    [Fact]
    public void A_success_does_not_end_a_soft_ejection()
    {
        var breaker = new Breaker();
        for (var i = 0; i < 20; i++)
        {
            breaker.Failed(_now, isSlow: true);
        }

        _now += 3 * Second;
        breaker.Succeeded(_now, began: _now);
        breaker.Succeeded(_now);
        Assert.Equal(BreakerState.Open, breaker.StateAt(_now));
    }

    [Fact]
    public void Failures_in_a_panic_change_nothing()
    {
        var breaker = Opened();
        var until = breaker.OpenUntil;
        _now += Second;
        Fail(breaker, 100);
        Assert.Equal((until, 1), (breaker.OpenUntil, breaker.ViewAt(_now).TimesInARow));
    }

    [Fact]
    public void A_hint_opens_it_to_half_open_and_no_further()
    {
        var breaker = new Breaker();
        breaker.Hint(_now);
        Assert.Equal(BreakerState.HalfOpen, breaker.StateAt(_now));
        Assert.True(breaker.IsSoft);    // so that a lone deployment goes on serving
        Assert.True(breaker.TryBeginProbe(_now));
        breaker.Succeeded(_now);
        Assert.Equal((BreakerState.Closed, 1.0, 0), (breaker.StateAt(_now), breaker.RampAt(_now), breaker.ViewAt(_now).TimesInARow));
        Assert.False(breaker.IsSoft);
        _now += Second;
        breaker.Hint(_now);
        Assert.Equal(BreakerState.Closed, breaker.StateAt(_now));    // it has just shown to be well
        _now += 30 * Second;
        breaker.Hint(_now);
        Assert.Equal(BreakerState.HalfOpen, breaker.StateAt(_now));
        breaker.Failed(_now);
        Assert.Equal(BreakerState.Open, breaker.StateAt(_now));
        Assert.InRange(breaker.OpenUntil - _now, 4 * Second, 6 * Second);
    }

    [Fact]
    public void A_hint_says_nothing_new_to_an_open_one()
    {
        var breaker = Opened();
        var until = breaker.OpenUntil;
        breaker.Hint(_now);
        Assert.Equal((BreakerState.Open, until), (breaker.StateAt(_now), breaker.OpenUntil));
        Assert.False(breaker.IsSoft);
    }

    [Fact]
    public void An_early_try_that_fails_costs_no_time()
    {
        var breaker = Opened();
        Probe(breaker, succeeds: false);
        var until = breaker.OpenUntil;
        _now += Second;
        breaker.TryEarly(_now);
        Assert.Equal(BreakerState.HalfOpen, breaker.StateAt(_now));
        Assert.True(breaker.TryBeginProbe(_now));
        breaker.Failed(_now);
        Assert.Equal((until, 2), (breaker.OpenUntil, breaker.ViewAt(_now).TimesInARow));
        breaker.TryEarly(_now);
        breaker.Succeeded(_now);
        Assert.Equal(BreakerState.Closed, breaker.StateAt(_now));
    }

    [Fact]
    public void An_early_try_of_a_closed_one_changes_nothing()
    {
        var breaker = new Breaker();
        breaker.TryEarly(_now);
        Assert.Equal((BreakerState.Closed, 1.0), (breaker.StateAt(_now), breaker.RampAt(_now)));
    }

    [Fact]
    public void Each_change_is_told_once()
    {
        var told = new Told();
        var breaker = new Breaker(seed: 7, told);
        Fail(breaker, 5);
        var opened = _now;
        Fail(breaker, 5);
        _now = breaker.OpenUntil;
        Assert.True(breaker.TryBeginProbe(_now));
        breaker.Abandoned(_now);
        Assert.True(breaker.TryBeginProbe(_now));
        breaker.Failed(_now);
        Probe(breaker, succeeds: true);
        breaker.Succeeded(_now);
        Assert.Equal(
        [
            (BreakerState.Open, BreakerReason.FailuresInARow),
            (BreakerState.HalfOpen, BreakerReason.TimeOver),
            (BreakerState.Open, BreakerReason.ProbeFailed),
            (BreakerState.HalfOpen, BreakerReason.TimeOver),
            (BreakerState.Closed, BreakerReason.Answered),
        ], told.Changes.Select(static change => (change.State, change.Reason)));
        Assert.Equal(_now - opened, told.Changes[^1].For.Ticks);
        Assert.All(told.Changes.Where(static change => change.State == BreakerState.Open), static change => Assert.True(change.OpenUntil > change.For.Ticks));
    }

    [Fact]
    public void A_call_allocates_nothing()
    {
        var breaker = new Breaker();
        Fail(breaker);
        breaker.Succeeded(_now);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            _now += Second / 10;
            breaker.Failed(_now, began: _now);
            breaker.Succeeded(_now, began: _now);
            breaker.Succeeded(_now);
            _ = breaker.ViewAt(_now);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private Breaker Opened()
    {
        var breaker = new Breaker(seed: 42);
        Fail(breaker, 5);
        return breaker;
    }

    private void Fail(Breaker breaker, int times = 1)
    {
        for (var i = 0; i < times; i++)
        {
            breaker.Failed(_now);
        }
    }

    private void Probe(Breaker breaker, bool succeeds)
    {
        _now = breaker.OpenUntil;
        Assert.True(breaker.TryBeginProbe(_now));
        if (succeeds)
        {
            breaker.Succeeded(_now, began: _now);
        }
        else
        {
            breaker.Failed(_now, began: _now);
        }
    }

    private sealed class Told : IBreakerObserver
    {
        public List<BreakerEvent> Changes { get; } = [];

        public void Changed(in BreakerEvent change) => Changes.Add(change);
    }
}
