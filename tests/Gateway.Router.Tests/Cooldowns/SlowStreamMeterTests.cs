using Gateway.Core.Configuration;
using Gateway.Router.Cooldowns;

namespace Gateway.Router.Tests.Cooldowns;

public sealed class SlowStreamMeterTests
{
    private const long Second = TimeSpan.TicksPerSecond;
    private static readonly SlowStreamConfig TwoPerSecond = new() { EventsPerSecond = 2, Window = TimeSpan.FromSeconds(10) };

    [Fact]
    public void A_stream_below_its_pace_is_slow_once()
    {
        var meter = new SlowStreamMeter(TwoPerSecond);
        Assert.Equal([11], Feed(ref meter, pace: Second, events: 100));
        Assert.True(meter.IsSlow);
    }

    [Fact]
    public void A_stream_at_its_pace_is_not_slow()
    {
        var meter = new SlowStreamMeter(TwoPerSecond);
        Assert.Empty(Feed(ref meter, pace: Second / 2, events: 1000));
        Assert.False(meter.IsSlow);
    }

    [Fact]
    public void A_stream_that_becomes_slow_is_found()
    {
        var meter = new SlowStreamMeter(TwoPerSecond);
        Assert.Empty(Feed(ref meter, pace: Second / 10, events: 500));
        Assert.Single(Feed(ref meter, pace: 2 * Second, events: 20, from: 100 * Second));
    }

    [Fact]
    public void A_pause_shorter_than_the_window_is_averaged()
    {
        var meter = new SlowStreamMeter(TwoPerSecond);
        var now = Second;
        for (var i = 0; i < 30; i++)
        {
            Assert.False(meter.Note(now += Second / 10));
        }

        Assert.False(meter.Note(now += 8 * Second));
    }

    [Fact]
    public void Time_that_the_client_took_is_not_counted()
    {
        var meter = new SlowStreamMeter(TwoPerSecond);
        var now = Second;
        for (var i = 0; i < 100; i++)
        {
            now += 2 * Second;
            meter.Exclude(2 * Second * 4 / 5);
            Assert.False(meter.Note(now));
        }
    }

    [Fact]
    public void Without_a_pace_no_stream_is_slow()
    {
        var meter = new SlowStreamMeter(null);
        Assert.Empty(Feed(ref meter, pace: 100 * Second, events: 100));
    }

    private static List<int> Feed(ref SlowStreamMeter meter, long pace, int events, long from = Second)
    {
        var told = new List<int>();
        for (var i = 0; i < events; i++)
        {
            if (meter.Note(from + (i * pace)))
            {
                told.Add(i + 1);
            }
        }

        return told;
    }
}
