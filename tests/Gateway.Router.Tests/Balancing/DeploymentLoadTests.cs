using Gateway.Router.Balancing;

namespace Gateway.Router.Tests.Balancing;

public sealed class DeploymentLoadTests
{
    private const long Second = TimeSpan.TicksPerSecond;

    private readonly DeploymentLoad _load = new();

    [Fact]
    public void A_slow_answer_counts_at_once()
    {
        _load.NoteFirstToken(Second, TimeSpan.FromSeconds(0.2));
        _load.NoteFirstToken(2 * Second, TimeSpan.FromSeconds(3));
        Assert.Equal(3, _load.ReadAt(2 * Second).FirstToken.Seconds, 1e-9);
    }

    [Fact]
    public void Fast_answers_bring_the_mean_down_with_a_time_constant_of_10_seconds()
    {
        _load.NoteFirstToken(Second, TimeSpan.FromSeconds(2));
        for (var i = 1; i <= 100; i++)
        {
            _load.NoteFirstToken(Second + (i * Second / 10), TimeSpan.FromSeconds(1));
        }

        Assert.Equal(1 + Math.Exp(-1), _load.ReadAt(11 * Second).FirstToken.Seconds, 1e-6);
    }

    [Fact]
    public void A_fast_answer_after_a_long_silence_is_believed()
    {
        _load.NoteFirstToken(Second, TimeSpan.FromSeconds(2));
        Assert.False(_load.ReadAt(15 * Second).FirstToken.IsOld);
        Assert.True(_load.ReadAt(17 * Second).FirstToken.IsOld);
        Assert.Equal(2, _load.ReadAt(100 * Second).FirstToken.Seconds, 1e-9);

        _load.NoteFirstToken(17 * Second, TimeSpan.FromSeconds(0.1));
        Assert.Equal(0.1, _load.ReadAt(17 * Second).FirstToken.Seconds, 1e-9);
    }

    [Fact]
    public void Plain_answers_say_nothing_of_the_first_token_of_streams()
    {
        _load.NoteWhole(Second, TimeSpan.FromSeconds(20));
        Assert.False(_load.ReadAt(Second).FirstToken.IsKnown);
        Assert.Equal(20, _load.ReadAt(Second).Latency(stream: false).Seconds, 1e-9);
        Assert.False(_load.ReadAt(Second).Latency(stream: true).IsKnown);
    }

    [Fact]
    public void Failures_are_forgiven_in_time()
    {
        for (var i = 0; i < 10; i++)
        {
            _load.NoteEnd(Second, failed: true, 0, TimeSpan.Zero);
        }

        Assert.Equal(10 / 11.0, _load.ReadAt(Second).Errors, 1e-9);
        Assert.False(_load.ReadAt(Second).IsFreeToTry);
        Assert.True(_load.ReadAt(200 * Second).IsFreeToTry);
    }

    [Fact]
    public void Time_per_token_is_averaged()
    {
        _load.NoteEnd(Second, failed: false, 100, TimeSpan.FromSeconds(2));
        _load.NoteEnd(Second, failed: true, 0, TimeSpan.Zero);
        _load.NoteEnd(Second, failed: false, 1, TimeSpan.FromSeconds(9));
        var reading = _load.ReadAt(Second);
        Assert.Equal(0.02, reading.PerToken.Seconds, 1e-9);
    }

    [Fact]
    public void Running_calls_are_counted_across_threads()
    {
        Parallel.For(0, 1000, _ =>
        {
            _load.Enter();
            _load.NoteFirstToken(Second, TimeSpan.FromSeconds(1));
            _load.NoteEnd(Second, failed: true, 5, TimeSpan.FromSeconds(1));
            _load.Leave();
        });
        Assert.Equal(0, _load.InFlight);
        Assert.Equal(1000 / 1001.0, _load.ReadAt(Second).Errors, 1e-9);
    }
}
