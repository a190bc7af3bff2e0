using Gateway.Router.Balancing;

namespace Gateway.Router.Tests.Balancing;

public sealed class AnswerLengthsTests
{
    private const long Second = TimeSpan.TicksPerSecond;

    private readonly AnswerLengths _lengths = new();

    [Fact]
    public void Nothing_known_is_the_usual_length_and_no_more_than_the_cap()
    {
        Assert.Equal(500, _lengths.Estimate(-1));
        Assert.Equal(8, _lengths.Estimate(8));
        Assert.Equal(0, _lengths.Estimate(0));
        Assert.Equal(500, _lengths.Estimate(1_000_000));
    }

    [Fact]
    public void Requests_of_another_shape_say_nothing()
    {
        for (var i = 1; i <= 100; i++)
        {
            _lengths.Note(i * Second, cap: 8, tokens: 4);
            _lengths.Note(i * Second, cap: 1000, tokens: 300);
        }

        Assert.Equal(4, _lengths.Estimate(10));
        Assert.Equal(300, _lengths.Estimate(800));
        Assert.Equal(270, _lengths.Estimate(270));
        Assert.Equal(500, _lengths.Estimate(-1));
        Assert.Equal(100, _lengths.Estimate(100));
    }

    [Fact]
    public void Answers_that_nobody_counted_do_not_count()
    {
        _lengths.Note(Second, cap: -1, tokens: 0);
        Assert.Equal(500, _lengths.Estimate(-1));
    }

    [Fact]
    public void A_new_length_is_learned_within_a_minute()
    {
        _lengths.Note(Second, cap: -1, tokens: 1000);
        for (var i = 2; i <= 60; i++)
        {
            _lengths.Note(i * Second, cap: -1, tokens: 100);
        }

        Assert.InRange(_lengths.Estimate(-1), 100, 250);
    }

    [Fact]
    public void Every_cap_has_its_place()
    {
        foreach (var cap in new[] { -1, 0, 1, 3, 4, 1 << 18, int.MaxValue, long.MaxValue })
        {
            _lengths.Note(Second, cap, tokens: 2);
            Assert.Equal(cap < 0 ? 2 : Math.Min(2, cap), _lengths.Estimate(cap));
        }
    }
}
