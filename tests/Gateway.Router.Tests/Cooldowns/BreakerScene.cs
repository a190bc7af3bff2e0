using Gateway.Router.Cooldowns;

namespace Gateway.Router.Tests.Cooldowns;

/// <summary>Breakers, and the time they are asked at.</summary>
public abstract class BreakerScene
{
    protected const long Second = TimeSpan.TicksPerSecond;

    protected long Now { get; set; } = 1000 * Second;

    internal Breaker Opened()
    {
        var breaker = new Breaker(seed: 42);
        Fail(breaker, 5);
        return breaker;
    }

    internal void Fail(Breaker breaker, int times = 1)
    {
        for (var i = 0; i < times; i++)
        {
            breaker.Failed(Now);
        }
    }

    internal void Probe(Breaker breaker, bool succeeds)
    {
        Now = breaker.OpenUntil;
        Assert.True(breaker.TryBeginProbe(Now));
        if (succeeds)
        {
            breaker.Succeeded(Now, began: Now);
        }
        else
        {
            breaker.Failed(Now, began: Now);
        }
    }
}
