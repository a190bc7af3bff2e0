using Gateway.Core.Admission.Redis;

namespace Gateway.Core.Tests.Admission.Redis;

public sealed class RedisBreakerTests
{
    private static readonly TimeSpan Quick = TimeSpan.FromMilliseconds(1);
    private readonly RedisBreaker _breaker;
    private readonly ManualTime _time = new();

    public RedisBreakerTests() => _breaker = new RedisBreaker(_time);

    [Fact]
    public void Start_OneGoodProbeCloses()
    {
        Assert.False(_breaker.IsClosed);
        Assert.False(_breaker.Probed(good: false));
        Assert.True(_breaker.Probed(good: true));
        Assert.True(_breaker.IsClosed);
    }

    [Fact]
    public void FiveFailuresInARow_Open_AndOnlyTheFifthSaysSo()
    {
        _breaker.Probed(good: true);
        for (var i = 0; i < 4; i++)
        {
            Assert.False(_breaker.Failed());
        }

        _breaker.Succeeded(Quick);
        for (var i = 0; i < 4; i++)
        {
            Assert.False(_breaker.Failed());
        }

        Assert.True(_breaker.IsClosed);
        Assert.True(_breaker.Failed());
        Assert.False(_breaker.IsClosed);
        Assert.False(_breaker.Failed());
    }

    [Fact]
    public void AfterAnOutage_ThreeGoodProbesInARowClose()
    {
        _breaker.Probed(good: true);
        for (var i = 0; i < 5; i++)
        {
            _breaker.Failed();
        }

        Assert.False(_breaker.Probed(good: true));
        Assert.False(_breaker.Probed(good: true));
        Assert.False(_breaker.Probed(good: false));
        Assert.False(_breaker.Probed(good: true));
        Assert.False(_breaker.Probed(good: true));
        Assert.True(_breaker.Probed(good: true));
        Assert.False(_breaker.Failed());
        Assert.True(_breaker.IsClosed);
    }

    [Fact]
    public void A_fifth_of_fifty_calls_within_five_seconds_opens_it()
    {
        _breaker.Probed(good: true);
        for (var i = 0; i < 48; i++)
        {
            Assert.False(i % 5 == 0 ? _breaker.Failed() : _breaker.Succeeded(Quick));
        }

        Assert.False(_breaker.Succeeded(Quick));
        Assert.True(_breaker.Failed());
        Assert.False(_breaker.IsClosed);
    }

    [Fact]
    public void Failures_of_more_than_five_seconds_ago_are_forgotten()
    {
        _breaker.Probed(good: true);
        for (var i = 0; i < 45; i++)
        {
            Assert.False(i % 5 == 0 ? _breaker.Failed() : _breaker.Succeeded(Quick));
        }

        _time.Advance(TimeSpan.FromSeconds(5.5));
        for (var i = 0; i < 60; i++)
        {
            Assert.False(i % 6 == 0 ? _breaker.Failed() : _breaker.Succeeded(Quick));
        }

        Assert.True(_breaker.IsClosed);
    }

    [Theory]
    [InlineData(26, 1, false)] // one in twenty may be slow
    [InlineData(26, 2, true)]
    [InlineData(25, 20, false)]
    public void Slow_answers_for_two_seconds_open_it(int millis, int slowOfTwenty, bool opens)
    {
        _breaker.Probed(good: true);
        var opened = false;
        for (var span = 0; span < 6 && !opened; span++)
        {
            for (var i = 0; i < 20; i++)
            {
                opened |= _breaker.Succeeded(TimeSpan.FromMilliseconds(i < slowOfTwenty ? millis : 1));
            }

            Assert.False(opened && span < 4, "opened too early");
            _time.Advance(TimeSpan.FromSeconds(0.5));
        }

        Assert.Equal(opens, opened);
        Assert.Equal(opens, !_breaker.IsClosed);
    }

    [Fact]
    public void One_slow_second_does_not_open_it()
    {
        _breaker.Probed(good: true);
        for (var span = 0; span < 12; span++)
        {
            for (var i = 0; i < 20; i++)
            {
                Assert.False(_breaker.Succeeded(span % 4 < 2 ? TimeSpan.FromMilliseconds(40) : Quick));
            }

            _time.Advance(TimeSpan.FromSeconds(0.5));
        }
    }

    [Fact]
    public void After_an_outage_the_share_of_calls_grows_and_urgent_ones_are_made_at_once()
    {
        _breaker.Probed(good: true);
        Assert.Equal(100, Allowed(urgent: false));
        for (var i = 0; i < 5; i++)
        {
            _breaker.Failed();
        }

        Assert.Equal((0, 0), (Allowed(urgent: false), Allowed(urgent: true)));
        for (var i = 0; i < 3; i++)
        {
            _breaker.Probed(good: true);
        }

        Assert.Equal((10, 100), (Allowed(urgent: false), Allowed(urgent: true)));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((50, 100), (Allowed(urgent: false), Allowed(urgent: true)));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(100, Allowed(urgent: false));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(100, Allowed(urgent: false));
    }

    private int Allowed(bool urgent) => Enumerable.Range(0, 100).Count(_ => _breaker.Allows(urgent));
}
