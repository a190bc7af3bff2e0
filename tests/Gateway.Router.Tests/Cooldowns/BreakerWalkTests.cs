using Gateway.Router.Cooldowns;

namespace Gateway.Router.Tests.Cooldowns;

public sealed class BreakerWalkTests
{
    private const long Second = TimeSpan.TicksPerSecond;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Any_history_leads_where_the_rules_say(int seed)
    {
        var random = new Random(seed);
        for (var walk = 0; walk < 40; walk++)
        {
            var (breaker, model) = (new Breaker((ulong)random.NextInt64()), new BreakerModel());
            var now = random.NextInt64(1, 100 * Second);
            var (failing, slow, pace) = (random.NextDouble(), random.NextDouble() / 3, random.NextDouble() * 6);
            for (var step = 0; step < 600; step++)
            {
                // Mostly quick, now and then a long pause, so that decay and lost probes come up.
                now += random.Next(50) == 0 ? random.NextInt64(200 * Second) : (long)(random.NextDouble() * pace * Second);
                Step(random, breaker, model, now, failing, slow);
                var view = breaker.ViewAt(now);
                Assert.Equal((model.StateAt(now), model.RampAt(now) == 1 || breaker.OpenUntil != 0 ? breaker.RampAt(now) : model.RampAt(now)), (view.State, view.Ramp));
                Assert.Equal((model.TimesAt(now), model.RampAt(now)), (view.TimesInARow, view.Ramp));
            }
        }
    }

    private static void Step(Random random, Breaker breaker, BreakerModel model, long now, double failing, double slow)
    {
        if (model.StateAt(now) == BreakerState.HalfOpen && random.Next(3) > 0)
        {
            Assert.Equal(model.TryBeginProbe(now), breaker.TryBeginProbe(now));
        }

        if (random.Next(10) == 0)
        {
            breaker.Abandoned(now);
            model.Abandoned();
        }
        else if (random.NextDouble() >= failing)
        {
            // A success while it is open is of a call that began before: only panic tells of more, which is tested by itself.
            breaker.Succeeded(now, model.StateAt(now) == BreakerState.Open ? 1 : 0);
            model.Succeeded(now);
        }
        else
        {
            var isSlow = random.NextDouble() < slow;
            var before = breaker.OpenUntil;
            breaker.Failed(now, isSlow);
            if (model.Failed(now, isSlow) is { } seconds)
            {
                Assert.InRange(breaker.OpenUntil - now, (long)(seconds * 0.8 * Second), (long)(seconds * 1.2 * Second));
                model.Open(now, breaker.OpenUntil);
            }
            else
            {
                Assert.Equal(before, breaker.OpenUntil);
            }
        }
    }
}
