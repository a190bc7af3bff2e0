using Gateway.Router.Catalog;
using Gateway.Router.Cooldowns;

namespace Gateway.Router.Tests.Cooldowns;

public sealed class HealthGateTests
{
    private const long Second = TimeSpan.TicksPerSecond;
    private const ulong Calm = ulong.MaxValue / 2;    // a roll that panic does not let through
    private const long Now = 1000 * Second;

    [Fact]
    public void All_closed_ones_are_usable()
    {
        var candidates = Candidates.Of(1, 1, 1);
        Assert.Equal([Health.Usable, Health.Usable, Health.Usable], Check(candidates));
        Assert.Equal(0, HealthGate.EarliestOpenUntil(candidates, Now));
    }

    [Fact]
    public void None_is_nothing_to_serve_with() => Assert.False(HealthGate.Check([], Now, 0, []));

    [Fact]
    public void An_open_one_is_ejected_and_a_half_open_one_is_for_one_request()
    {
        var candidates = Candidates.Of(1, 1, 1);
        candidates[0].OpenHard(Now);
        candidates[1].OpenHard(Now - (60 * Second));
        Assert.Equal([Health.Ejected, Health.Probe, Health.Usable], Check(candidates));
        Assert.True(candidates[1].State.TryBeginProbe(Now));
        Assert.Equal([Health.Ejected, Health.Ejected, Health.Usable], Check(candidates));
    }

    [Fact]
    public void A_silent_address_ejects_all_deployments_that_share_it()
    {
        var endpoint = new EndpointState("p");
        Deployment[] candidates = [Candidates.Make("p", "a", endpoint: endpoint), Candidates.Make("p", "b", index: 1, endpoint: endpoint), Candidates.Make("q", "a", index: 2)];
        for (var i = 0; i < 5; i++)
        {
            candidates[i % 2].State.Unreachable(Now);
        }

        Assert.Equal(BreakerState.Closed, candidates[1].State.Breaker.StateAt(Now));
        Assert.Equal([Health.Ejected, Health.Ejected, Health.Usable], Check(candidates));
        var later = endpoint.Breaker.OpenUntil;
        Assert.Equal([Health.Probe, Health.Probe, Health.Usable], Check(candidates, later));
        Assert.True(candidates[0].State.TryBeginProbe(later));
        Assert.False(candidates[1].State.TryBeginProbe(later));
        Assert.Equal([Health.Ejected, Health.Ejected, Health.Usable], Check(candidates, later));

        // An error is an answer: the address is there.
        candidates[0].State.Failed(later);
        Assert.Equal([Health.Usable, Health.Usable, Health.Usable], Check(candidates, later));
        Assert.Equal(0.1, candidates[1].State.RampAt(later));
    }

    [Fact]
    public void A_probe_that_only_one_of_two_breakers_grants_is_given_back()
    {
        var candidate = Candidates.Make("p", "m");
        candidate.OpenHard(Now);
        for (var i = 0; i < 5; i++)
        {
            candidate.State.Endpoint.Breaker.Failed(Now);
        }

        var later = Now + (6 * Second);
        Assert.True(candidate.State.Endpoint.Breaker.TryBeginProbe(later));
        Assert.False(candidate.State.TryBeginProbe(later));
        Assert.True(candidate.State.Breaker.TryBeginProbe(later));
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(3, 1)]
    [InlineData(4, 2)]
    [InlineData(5, 2)]
    [InlineData(1, 0)]
    public void Soft_reasons_eject_no_more_than_half(int count, int ejected)
    {
        var candidates = Candidates.Of([.. Enumerable.Repeat(1, count)]);
        for (var i = 0; i < count; i++)
        {
            candidates[i].OpenSoft(Now - (i * Second / 100));
        }

        var health = Check(candidates);
        Assert.Equal(ejected, health.Count(static one => one == Health.Ejected));
        Assert.Equal(count - ejected, health.Count(static one => one == Health.Usable));
        var worstThatStays = candidates.Where((_, index) => health[index] == Health.Usable).Max(static one => one.State.OpenUntil);
        Assert.All(candidates.Where((_, index) => health[index] == Health.Ejected), one => Assert.True(one.State.OpenUntil >= worstThatStays));
    }

    [Fact]
    public void Capacity_is_weight_and_not_number()
    {
        var candidates = Candidates.Of(60, 30, 10);
        candidates[0].OpenSoft(Now);
        Assert.Equal([Health.Usable, Health.Usable, Health.Usable], Check(candidates));
        candidates = Candidates.Of(50, 40, 10);
        candidates[0].OpenSoft(Now);
        Assert.Equal([Health.Ejected, Health.Usable, Health.Usable], Check(candidates));
    }

    [Fact]
    public void Hard_reasons_eject_all_and_then_no_soft_one_goes()
    {
        var candidates = Candidates.Of(1, 1, 1);
        candidates[0].OpenHard(Now);
        candidates[1].OpenHard(Now);
        candidates[2].OpenSoft(Now);
        Assert.Equal([Health.Ejected, Health.Ejected, Health.Usable], Check(candidates));
        candidates = Candidates.Of(1, 1, 1, 1);
        candidates[0].OpenHard(Now);
        candidates[1].OpenSoft(Now);
        Assert.Equal([Health.Ejected, Health.Ejected, Health.Usable, Health.Usable], Check(candidates));
    }

    [Fact]
    public void A_half_open_one_that_the_cap_keeps_serves_all()
    {
        var candidates = Candidates.Of(1);
        candidates[0].State.Breaker.Hint(Now);
        Assert.Equal([Health.Usable], Check(candidates));
        Assert.True(candidates[0].State.TryBeginProbe(Now));
        Assert.Equal([Health.Usable], Check(candidates));
    }

    [Fact]
    public void Nothing_usable_lets_a_tenth_ask_the_best_of_the_bad()
    {
        var candidates = Candidates.Of(1, 1);
        candidates[0].OpenHard(Now);
        candidates[1].OpenHard(Now - (3 * Second));
        var random = new Random(1);
        var health = new Health[2];
        var let = 0;
        for (var i = 0; i < 10_000; i++)
        {
            if (HealthGate.Check(candidates, Now, (ulong)random.NextInt64(long.MinValue, long.MaxValue), health))
            {
                Assert.Equal([Health.Ejected, Health.Panic], health);
                let++;
            }
            else
            {
                Assert.Equal([Health.Ejected, Health.Ejected], health);
            }
        }

        Assert.InRange(let, 900, 1100);
        Assert.Equal(candidates[1].State.OpenUntil, HealthGate.EarliestOpenUntil(candidates, Now));
    }

    [Fact]
    public void All_are_out_when_each_is_and_none_stays_as_the_least_bad()
    {
        var candidates = Candidates.Of(1, 1);
        Assert.False(HealthGate.AreAllOut(candidates));
        candidates[0].OpenHard(Now);
        Assert.False(HealthGate.AreAllOut(candidates));
        candidates[1].OpenSoft(Now);
        Assert.False(HealthGate.AreAllOut(candidates));
        candidates = Candidates.Of(1, 1);
        candidates[0].OpenHard(Now);
        candidates[1].OpenHard(Now);
        Assert.True(HealthGate.AreAllOut(candidates));
    }

    [Fact]
    public void A_refused_client_waits_a_second_at_least()
    {
        var candidates = Candidates.Of(1);
        candidates[0].OpenHard(Now);
        var until = candidates[0].State.OpenUntil;
        Assert.Equal(until, HealthGate.EarliestOpenUntil(candidates, Now));
        Assert.True(candidates[0].State.TryBeginProbe(until));
        Assert.Equal(until + Second, HealthGate.EarliestOpenUntil(candidates, until));
        Assert.Equal(0, HealthGate.EarliestOpenUntil([], Now));
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void After_an_outage_of_five_minutes_service_is_normal_within_ten_seconds(bool tellsWhenItBegan, bool isAddressSilent)
    {
        for (var seed = 0; seed < 20; seed++)
        {
            Outage(new Random(seed), tellsWhenItBegan, isAddressSilent);
        }
    }

    private static void Outage(Random random, bool tellsWhenItBegan, bool isAddressSilent)
    {
        const long Pace = Second / 20;
        var candidates = Candidates.Of(2, 1);
        var (from, to, end) = (Now + (10 * Second), Now + (310 * Second), Now + (340 * Second));
        var health = new Health[2];
        var (requests, attempts) = (0, 0);
        for (var now = Now; now < end; now += Pace)
        {
            var isOut = now >= from && now < to;
            var served = false;
            if (HealthGate.Check(candidates, now, (ulong)random.NextInt64(long.MinValue, long.MaxValue), health))
            {
                var chosen = Array.FindIndex(health, static one => one != Health.Ejected);
                var state = candidates[chosen].State;
                if (health[chosen] != Health.Probe || state.TryBeginProbe(now))
                {
                    attempts += isOut ? 1 : 0;
                    served = !isOut;
                    if (isOut && isAddressSilent)
                    {
                        state.Unreachable(now, tellsWhenItBegan ? now : 0);
                    }
                    else if (isOut)
                    {
                        state.Failed(now, began: tellsWhenItBegan ? now : 0);
                    }
                    else
                    {
                        state.Succeeded(now, began: tellsWhenItBegan ? now : 0);
                    }
                }
            }

            requests += isOut ? 1 : 0;
            Assert.True(served || (now >= from && now < to + (10 * Second)), $"not served {TimeSpan.FromTicks(now - to).TotalSeconds} s after recovery");
        }

        Assert.InRange(attempts, 300, (requests * 0.1 * 1.3) + 50);
    }

    private static Health[] Check(Deployment[] candidates, long now = Now)
    {
        var health = new Health[candidates.Length];
        var any = HealthGate.Check(candidates, now, Calm, health);
        Assert.Equal(any, health.Any(static one => one != Health.Ejected));
        return health;
    }
}
