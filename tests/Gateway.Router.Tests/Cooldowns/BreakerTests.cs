using Gateway.Core.Tests;
using Gateway.Router.Cooldowns;

namespace Gateway.Router.Tests.Cooldowns;

/// <summary>What opens a breaker, for how long, and who is told.</summary>
public sealed class BreakerTests : BreakerScene
{
    [Fact]
    public void Five_failures_in_a_row_open_it_for_five_seconds_more_or_less()
    {
        var breaker = new Breaker(seed: 1);
        Fail(breaker, 4);
        Assert.Equal(BreakerState.Closed, breaker.StateAt(Now));
        Fail(breaker);
        Assert.Equal(BreakerState.Open, breaker.StateAt(Now));
        Assert.InRange(breaker.OpenUntil - Now, 4 * Second, 6 * Second);
        Assert.False(breaker.IsSoft);
        Assert.Equal((5, BreakerReason.FailuresInARow), (breaker.ViewAt(Now).FailuresInARow, breaker.ViewAt(Now).Reason));
        Assert.False(breaker.TryBeginProbe(Now));
    }

    [Fact]
    public void A_success_between_failures_begins_the_row_anew()
    {
        var breaker = new Breaker();
        Fail(breaker, 4);
        breaker.Succeeded(Now);
        Fail(breaker, 4);
        Assert.Equal(BreakerState.Closed, breaker.StateAt(Now));
    }

    [Fact]
    public void Failures_at_one_request_per_five_seconds_eject()
    {
        var breaker = new Breaker();
        var asked = 0;
        for (var request = 0; request < 25; request++)
        {
            Now += 5 * Second;
            if (breaker.StateAt(Now) == BreakerState.Closed || breaker.TryBeginProbe(Now))
            {
                asked++;
                breaker.Failed(Now);
            }
        }

        Assert.InRange(asked, 6, 10);
        Assert.Equal(BreakerState.Open, breaker.StateAt(Now));
        Assert.InRange(breaker.ViewAt(Now).TimesInARow, 3, 5);
    }

    [Fact]
    public void Half_of_twenty_calls_failed_opens_it_softly()
    {
        var breaker = new Breaker();
        for (var pair = 0; pair < 10; pair++)
        {
            breaker.Failed(Now);
            breaker.Succeeded(Now);
            Assert.Equal(BreakerState.Closed, breaker.StateAt(Now));
        }

        breaker.Failed(Now);
        Assert.Equal(BreakerState.Open, breaker.StateAt(Now));
        Assert.True(breaker.IsSoft);
        Assert.Equal(BreakerReason.FailureShare, breaker.ViewAt(Now).Reason);
    }

    [Fact]
    public void Less_than_half_failed_leaves_it_closed()
    {
        var breaker = new Breaker();
        for (var i = 0; i < 300; i++)
        {
            breaker.Succeeded(Now);
            breaker.Succeeded(Now);
            Fail(breaker);
        }

        Assert.Equal(BreakerState.Closed, breaker.StateAt(Now));
        Assert.Equal((900, 300), (breaker.ViewAt(Now).Calls, breaker.ViewAt(Now).Failures));
    }

    [Fact]
    public void Calls_of_more_than_thirty_seconds_ago_do_not_count()
    {
        var breaker = new Breaker();
        for (var pair = 0; pair < 9; pair++)
        {
            breaker.Failed(Now);
            breaker.Succeeded(Now);
        }

        Now += 31 * Second;
        Fail(breaker, 3);
        Assert.Equal(BreakerState.Closed, breaker.StateAt(Now));
        Assert.Equal((3, 3), (breaker.ViewAt(Now).Calls, breaker.ViewAt(Now).Failures));
        Now += 29 * Second;
        Assert.Equal(3, breaker.ViewAt(Now).Calls);
        Now += Second;
        Assert.Equal(0, breaker.ViewAt(Now).Calls);
    }

    [Fact]
    public void Slow_calls_count_for_the_share_but_not_for_the_row()
    {
        var breaker = new Breaker();
        for (var i = 0; i < 19; i++)
        {
            breaker.Failed(Now, isSlow: true);
            Assert.Equal(BreakerState.Closed, breaker.StateAt(Now));
        }

        breaker.Failed(Now, isSlow: true);
        Assert.Equal(BreakerState.Open, breaker.StateAt(Now));
        Assert.True(breaker.IsSoft);
        Assert.Equal(BreakerReason.TooSlow, breaker.ViewAt(Now).Reason);
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
    public void A_hint_opens_it_to_half_open_and_no_further()
    {
        var breaker = new Breaker();
        breaker.Hint(Now);
        Assert.Equal(BreakerState.HalfOpen, breaker.StateAt(Now));
        Assert.True(breaker.IsSoft);    // so that a lone deployment goes on serving
        Assert.True(breaker.TryBeginProbe(Now));
        breaker.Succeeded(Now);
        Assert.Equal((BreakerState.Closed, 1.0, 0), (breaker.StateAt(Now), breaker.RampAt(Now), breaker.ViewAt(Now).TimesInARow));
        Assert.False(breaker.IsSoft);
        Now += Second;
        breaker.Hint(Now);
        Assert.Equal(BreakerState.Closed, breaker.StateAt(Now));    // it has just shown to be well
        Now += 30 * Second;
        breaker.Hint(Now);
        Assert.Equal(BreakerState.HalfOpen, breaker.StateAt(Now));
        breaker.Failed(Now);
        Assert.Equal(BreakerState.Open, breaker.StateAt(Now));
        Assert.InRange(breaker.OpenUntil - Now, 4 * Second, 6 * Second);
    }

    [Fact]
    public void A_hint_says_nothing_new_to_an_open_one()
    {
        var breaker = Opened();
        var until = breaker.OpenUntil;
        breaker.Hint(Now);
        Assert.Equal((BreakerState.Open, until), (breaker.StateAt(Now), breaker.OpenUntil));
        Assert.False(breaker.IsSoft);
    }

    [Fact]
    public void Each_change_is_told_once()
    {
        var told = new Told();
        var breaker = new Breaker(seed: 7, told);
        Fail(breaker, 5);
        var opened = Now;
        Fail(breaker, 5);
        Now = breaker.OpenUntil;
        Assert.True(breaker.TryBeginProbe(Now));
        breaker.Abandoned(Now);
        Assert.True(breaker.TryBeginProbe(Now));
        breaker.Failed(Now);
        Probe(breaker, succeeds: true);
        breaker.Succeeded(Now);
        Assert.Equal(
        [
            (BreakerState.Open, BreakerReason.FailuresInARow),
            (BreakerState.HalfOpen, BreakerReason.TimeOver),
            (BreakerState.Open, BreakerReason.ProbeFailed),
            (BreakerState.HalfOpen, BreakerReason.TimeOver),
            (BreakerState.Closed, BreakerReason.Answered),
        ], told.Changes.Select(static change => (change.State, change.Reason)));
        Assert.Equal(Now - opened, told.Changes[^1].For.Ticks);
        Assert.All(told.Changes.Where(static change => change.State == BreakerState.Open), static change => Assert.True(change.OpenUntil > change.For.Ticks));
    }

    [Fact]
    public void A_call_allocates_nothing()
    {
        var breaker = new Breaker();
        Fail(breaker);
        breaker.Succeeded(Now);

        Assert.Equal(0, Allocated.By(() =>
        {
            for (var i = 0; i < 1000; i++)
            {
                Now += Second / 10;
                breaker.Failed(Now, began: Now);
                breaker.Succeeded(Now, began: Now);
                breaker.Succeeded(Now);
                _ = breaker.ViewAt(Now);
            }
        }));
    }

    private sealed class Told : IBreakerObserver
    {
        public List<BreakerEvent> Changes { get; } = [];

        public void Changed(in BreakerEvent change) => Changes.Add(change);
    }
}
