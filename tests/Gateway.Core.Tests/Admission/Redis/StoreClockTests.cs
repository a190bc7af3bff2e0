using Gateway.Core.Admission.Redis;

namespace Gateway.Core.Tests.Admission.Redis;

public sealed class StoreClockTests
{
    private const long Ahead = 7_000_000;
    private readonly ManualTime _time = new();
    private readonly StoreClock _clock;

    public StoreClockTests() => _clock = new StoreClock(_time);

    [Fact]
    public void It_is_unknown_until_an_answer_tells_it()
    {
        Assert.Equal(0, _clock.Now);

        Answer(asIf: Ahead, took: TimeSpan.FromMilliseconds(4));

        Assert.Equal(_clock.Own + Ahead, _clock.Now);
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(_clock.Own + Ahead, _clock.Now);
    }

    [Fact]
    public void An_answer_that_was_read_late_says_nothing_new()
    {
        Answer(asIf: Ahead, took: TimeSpan.Zero);

        // Answered at once, read three seconds later.
        var asked = _clock.Own;
        _time.Advance(TimeSpan.FromSeconds(3));
        _clock.Learn(asked, asked + Ahead);

        Assert.Equal(_clock.Own + Ahead, _clock.Now);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(900)]
    public void A_clock_that_was_put_forward_is_noticed(int tookMillis)
    {
        Answer(asIf: Ahead, took: TimeSpan.Zero);

        Answer(asIf: 2 * Ahead, took: TimeSpan.FromMilliseconds(tookMillis));

        Assert.Equal(_clock.Own + (2 * Ahead), _clock.Now);
    }

    private void Answer(long asIf, TimeSpan took)
    {
        var asked = _clock.Own;
        _time.Advance(took);
        _clock.Learn(asked, ((asked + _clock.Own) / 2) + asIf);
    }
}
