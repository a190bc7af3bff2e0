using System.Globalization;
using System.Text;
using Gateway.Core.Tests.Journal;
using Gateway.Router.Cooldowns;
using Gateway.Router.Pipeline;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Router.Tests.Cooldowns;

public sealed class HintBusTests
{
    private readonly JournalTime _time = new();
    private readonly RouterPeers _peers = new();
    private readonly RouterClock _clock;
    private readonly HintBus _bus;
    private readonly List<Hint> _received = [];

    public HintBusTests()
    {
        _clock = new RouterClock(_time);
        _bus = new HintBus(_peers, _clock, NullLogger<HintBus>.Instance);
        _bus.Received += _received.Add;
    }

    private long UnixMs => _time.GetUtcNow().ToUnixTimeMilliseconds();

    [Fact]
    public void A_hint_of_another_Router_is_heard_with_its_time()
    {
        Take(new HintMessage(HintKind.Deployment, Guid.NewGuid(), UnixMs + 5000, "openai/gpt 4o/ü"));
        var hint = Assert.Single(_received);
        Assert.Equal((HintKind.Deployment, "openai/gpt 4o/ü"), (hint.Kind, hint.Id));
        Assert.Equal(_clock.Now + TimeSpan.FromSeconds(5).Ticks, hint.Until);
    }

    [Fact]
    public void Its_own_words_are_no_news()
    {
        Take(new HintMessage(HintKind.Deployment, _peers.Id, UnixMs + 5000, "openai/gpt-4o"));
        Assert.Empty(_received);
    }

    [Fact]
    public void What_is_over_or_too_far_off_is_ignored()
    {
        Take(new HintMessage(HintKind.Endpoint, Guid.NewGuid(), UnixMs, "openai"));
        Take(new HintMessage(HintKind.Endpoint, Guid.NewGuid(), UnixMs - 5000, "openai"));
        Take(new HintMessage(HintKind.Endpoint, Guid.NewGuid(), UnixMs + (long)TimeSpan.FromHours(1).TotalMilliseconds, "openai"));
        Assert.Empty(_received);
    }

    [Fact]
    public void What_is_malformed_is_ignored()
    {
        var good = new HintMessage(HintKind.Credential, Guid.NewGuid(), UnixMs + 5000, "openai#1").ToBytes()!;
        _bus.Take(good);
        Assert.Single(_received);
        for (var length = 0; length < good.Length - "openai#1".Length; length++)
        {
            _bus.Take(good.AsSpan(0, length));
        }

        var random = new Random(1);
        for (var i = 0; i < 2000; i++)
        {
            var bytes = new byte[random.Next(600)];
            random.NextBytes(bytes);
            _bus.Take(bytes);
        }

        _bus.Take(Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(good).Replace("1 5", "2 5", StringComparison.Ordinal)));
        _bus.Take(Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(good).Replace("1 5", "1 9", StringComparison.Ordinal)));
        _bus.Take([.. good, 0xFF]);
        _bus.Take([.. good, .. new byte[512]]);
        Assert.Single(_received);
    }

    [Fact]
    public void An_id_that_is_too_long_is_not_told() => Assert.Null(new HintMessage(HintKind.Deployment, Guid.NewGuid(), UnixMs, new string('x', 600)).ToBytes());

    [Fact]
    public void Signs_of_life_count_Routers_and_a_goodbye_ends_that()
    {
        var other = Guid.NewGuid();
        Take(new HintMessage(HintKind.Alive, other, UnixMs + 15_000, ""));
        Assert.Equal(2, _peers.Count);
        Take(new HintMessage(HintKind.Stopping, other, UnixMs + 15_000, ""));
        Assert.Equal(1, _peers.Count);
        Assert.Empty(_received);
    }

    [Fact]
    public void A_message_has_the_form_that_other_builds_expect()
    {
        var from = Guid.Parse("00112233445566778899aabbccddeeff", CultureInfo.InvariantCulture);
        Assert.Equal("1 3 00112233445566778899aabbccddeeff 1700000000123 openai/gpt-4o", Encoding.UTF8.GetString(new HintMessage(HintKind.Deployment, from, 1_700_000_000_123, "openai/gpt-4o").ToBytes()!));
    }

    private void Take(HintMessage message) => _bus.Take(message.ToBytes());
}
