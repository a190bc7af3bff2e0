using Gateway.Core.Admission.Redis;

namespace Gateway.Core.Tests.Admission.Redis;

public sealed class RedisBreakerTests
{
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

        _breaker.Succeeded(TimeSpan.FromMilliseconds(1));
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
}
