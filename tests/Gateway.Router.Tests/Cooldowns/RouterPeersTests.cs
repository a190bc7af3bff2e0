using Gateway.Router.Cooldowns;

namespace Gateway.Router.Tests.Cooldowns;

public sealed class RouterPeersTests
{
    private const long Second = TimeSpan.TicksPerSecond;
    private readonly RouterPeers _peers = new();
    private long _now = 1000 * Second;

    [Fact]
    public void A_Router_that_hears_of_nobody_is_one() => Assert.Equal(1, new RouterPeers().Count);

    [Fact]
    public void Others_count_while_they_say_that_they_live()
    {
        var (a, b) = (Guid.NewGuid(), Guid.NewGuid());
        Hear(_peers.Id);
        Assert.True(Hear(a));
        Assert.True(Hear(b));
        Assert.False(Hear(a));
        Assert.Equal(3, _peers.Count);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(3, _peers.Count);
            _now += 5 * Second;
            Hear(a);
            Hear(_peers.Id);
        }

        Assert.Equal(2, _peers.Count);
        _peers.Gone(a);
        Assert.Equal(1, _peers.Count);
    }

    [Fact]
    public void While_it_does_not_hear_itself_the_number_stays()
    {
        var a = Guid.NewGuid();
        Hear(_peers.Id);
        Hear(a);
        _now += 600 * Second;
        Assert.Equal(2, _peers.Count);
        Hear(_peers.Id);    // Redis is back, and the other has not spoken yet
        Assert.Equal(2, _peers.Count);
        for (var i = 0; i < 3; i++)
        {
            _now += 5 * Second;
            Hear(_peers.Id);
        }

        Assert.Equal(1, _peers.Count);
    }

    [Fact]
    public void Strangers_cannot_fill_the_memory()
    {
        for (var i = 0; i < 10_000; i++)
        {
            Hear(Guid.NewGuid());
        }

        Assert.Equal(257, _peers.Count);
    }

    private bool Hear(Guid id) => _peers.Note(id, _now);
}
