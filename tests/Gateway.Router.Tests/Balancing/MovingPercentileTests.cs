using Gateway.Router.Balancing;

namespace Gateway.Router.Tests.Balancing;

public sealed class MovingPercentileTests
{
    private const long Second = TimeSpan.TicksPerSecond;

    private readonly MovingPercentile _percentile = new();
    private readonly Random _random = new(3);
    private long _now = 1;

    [Fact]
    public void Nothing_is_said_of_too_few()
    {
        for (var i = 0; i < 19; i++)
        {
            _percentile.Note(_now, TimeSpan.FromSeconds(1));
            Assert.Null(_percentile.Value(_now));
        }

        _percentile.Note(_now, TimeSpan.FromSeconds(1));
        Assert.Equal(1000, _percentile.Value(_now)!.Value.TotalMilliseconds, 50.0);

        // What was long ago counts no more.
        Assert.Null(_percentile.Value(_now + (120 * Second)));
    }

    [Theory]
    [InlineData(0.02)]
    [InlineData(0.4)]
    [InlineData(5)]
    public void Value_is_the_95th_percentile_within_5_percent(double mean)
    {
        Note(minutes: 5, mean);

        // Of an exponential distribution: 3 means.
        Assert.InRange(_percentile.Value(_now)!.Value.TotalSeconds / (-Math.Log(0.05) * mean), 0.93, 1.07);
    }

    [Fact]
    public void Value_follows_within_minutes()
    {
        Note(minutes: 60, mean: 1);
        Note(minutes: 15, mean: 0.1);
        Assert.InRange(_percentile.Value(_now)!.Value.TotalSeconds / (-Math.Log(0.05) * 0.1), 0.93, 1.2);

        Note(minutes: 6, mean: 1);
        Assert.InRange(_percentile.Value(_now)!.Value.TotalSeconds / -Math.Log(0.05), 0.85, 1.1);
    }

    [Fact]
    public void Value_is_right_also_after_days()
    {
        for (var hour = 0; hour < 50; hour++)
        {
            Note(minutes: 2, mean: 1);
            _now += 3600 * Second;
        }

        Note(minutes: 5, mean: 0.4);
        Assert.InRange(_percentile.Value(_now)!.Value.TotalSeconds / (-Math.Log(0.05) * 0.4), 0.93, 1.07);
    }

    [Fact]
    public void Times_beyond_the_scale_count_at_its_ends()
    {
        for (var i = 0; i < 50; i++)
        {
            _percentile.Note(_now, TimeSpan.FromTicks(i % 2 == 0 ? -5 : 0));
        }

        Assert.InRange(_percentile.Value(_now)!.Value.TotalMilliseconds, 0, 1);
        for (var i = 0; i < 50; i++)
        {
            _percentile.Note(_now, TimeSpan.FromDays(9));
        }

        Assert.InRange(_percentile.Value(_now)!.Value.TotalMinutes, 10, 20);
    }

    private void Note(int minutes, double mean)
    {
        for (var i = 0; i < minutes * 600; i++)
        {
            _now += Second / 10;
            _percentile.Note(_now, TimeSpan.FromSeconds(-Math.Log(1 - _random.NextDouble()) * mean));
        }
    }
}
