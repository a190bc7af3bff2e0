using System.Diagnostics.Metrics;
using Gateway.Core.Configuration;
using Gateway.Router.Cooldowns;
using Gateway.Router.Credentials;
using Gateway.Router.Protocols;
using Gateway.Router.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.Router.Tests.Credentials;

public sealed class CredentialPoolsTests
{
    private static readonly ProviderConfig Two = TestConfig.Provider("http://127.0.0.1:9") with { Keys = [Keys.Key("sk-first-secret"), Keys.Key("sk-second-secret")] };

    private readonly CredentialEvents _events = new();
    private readonly CredentialPools _pools;

    public CredentialPoolsTests() => _pools = new CredentialPools(_events, new RouterPeers());

    [Fact]
    public void The_pool_stays_while_keys_and_limits_do()
    {
        var pool = For(Two);

        Assert.Same(pool, For(Two with { Timeouts = new TimeoutConfig { Idle = TimeSpan.FromSeconds(3) } }));
        Assert.NotSame(pool, For(Two with { Limits = new UpstreamLimits { Concurrency = 3 } }));
    }

    [Fact]
    public void A_key_keeps_its_state_when_limits_weights_or_other_keys_change()
    {
        Refuse(For(Two));

        var pool = For(Two with { Keys = [Keys.Key("sk-third-secret"), Keys.Key("sk-first-secret", weight: 4)], Limits = new UpstreamLimits { Concurrency = 3 } });

        Assert.Equal(["usable", "quarantined"], States(pool));
    }

    [Fact]
    public void Another_address_or_protocol_begins_anew()
    {
        Refuse(For(Two));
        Assert.Equal(["usable", "usable"], States(For(Two with { BaseUrl = new Uri("http://127.0.0.1:10/v1") })));

        Refuse(For(Two));
        Assert.Equal(["usable", "usable"], States(For(Two with { Protocol = ProviderProtocol.Anthropic })));
    }

    [Fact]
    public void A_provider_that_left_the_document_is_forgotten()
    {
        Refuse(For(Two));
        _pools.Keep(["other"]);

        Assert.Empty(_pools.Quarantines());
        Assert.Equal(["usable", "usable"], States(For(Two)));
    }

    [Fact]
    public void Limits_of_the_provider_reach_the_pool()
    {
        var pool = For(Two with { Limits = new UpstreamLimits { Concurrency = 1 } });
        var lanes = pool.NewLanes("up/m");
        var choice = pool.Peek(lanes, default, 0, 1);

        Assert.True(pool.TryTake(in choice, default, 1));
        Assert.Equal(CredentialBlock.Busy, pool.Peek(lanes, default, 0, 1).Block);
    }

    [Fact]
    public void A_hint_reaches_the_key_it_is_about()
    {
        var pool = For(Two);
        var lanes = pool.NewLanes("up/m");
        var hint = new CredentialHint("up", "up/m", pool.Credentials[1].Fingerprint, IsQuarantine: false, TimeSpan.FromSeconds(30));
        Assert.True(CredentialHint.TryRead(hint.ToId(), hint.For, out var read));
        Assert.Equal(hint, read);
        _pools.Accept(in read, 1);
        _pools.Accept(read with { Provider = "nobody" }, 1);

        Assert.Equal(["usable", "resting"], pool.Describe(lanes, 1).Select(static report => report.State));
    }

    [Theory]
    [InlineData("refused 0123456789abcdef up", true)]
    [InlineData("rests 0123456789abcdef up/meta/llama 3", true)]
    [InlineData("refused 0123 up", false)]
    [InlineData("sleeps 0123456789abcdef up", false)]
    [InlineData("refused 0123456789abcdef", false)]
    [InlineData("refused 0123456789abcdef ", false)]
    [InlineData("", false)]
    public void Only_hints_of_the_right_form_are_read(string id, bool isRead)
    {
        Assert.Equal(isRead, CredentialHint.TryRead(id, TimeSpan.FromSeconds(1), out var hint));
        Assert.Equal(isRead ? id : "", isRead ? hint.ToId() : "");
    }

    [Fact]
    public void No_key_is_in_fingerprints_labels_or_events()
    {
        var told = new List<CredentialEvent>();
        _events.Happened += told.Add;
        Refuse(For(Two));

        Assert.DoesNotContain("secret", Assert.Single(told).ToString(), StringComparison.Ordinal);
        Assert.Equal(("up", "up#1", 16), (told[0].Provider, told[0].Label, told[0].Fingerprint.Length));
    }

    [Fact]
    public void The_gauge_shows_each_key_that_is_refused()
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var meters = services.GetRequiredService<IMeterFactory>();
        var pools = new CredentialPools(_events, new RouterPeers(), meters);
        Refuse(pools.For(Two, ProtocolAdapters.For(Two)));
        var measured = new List<(int Value, string Tags)>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "gateway.credentials.quarantined" && ReferenceEquals(instrument.Meter.Scope, meters))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<int>((_, value, tags, _) => measured.Add((value, string.Join(',', tags.ToArray().Select(static tag => $"{tag.Key}={tag.Value}")))));
        listener.Start();
        listener.RecordObservableInstruments();

        Assert.Equal([(1, "gateway.provider=up,gateway.credential=up#1"), (0, "gateway.provider=up,gateway.credential=up#2")], measured.OrderBy(static one => one.Tags, StringComparer.Ordinal));
    }

    [Fact]
    public void The_alarm_is_logged_once_for_each_transition()
    {
        using var logs = new RecordedLogs();
        using var factory = LoggerFactory.Create(builder => builder.AddProvider(logs));
        var pools = new CredentialPools(new CredentialEvents(factory.CreateLogger<CredentialEvents>()), new RouterPeers());
        var pool = pools.For(Two, ProtocolAdapters.For(Two));
        var lane = pool.NewLanes("up/m")[0];
        for (var i = 0; i < 10; i++)
        {
            lane.Refused(1 + i, 401);
        }

        lane.Refused(1 + TimeSpan.FromMinutes(6).Ticks, 401);
        lane.Succeeded(1 + TimeSpan.FromMinutes(60).Ticks);
        lane.QuotaExhausted(1 + TimeSpan.FromMinutes(60).Ticks);
        lane.RateLimited(1 + TimeSpan.FromMinutes(60).Ticks, null);

        Assert.Equal([LogLevel.Error, LogLevel.Warning, LogLevel.Information, LogLevel.Error], logs.Lines.Select(static line => line.Level));
        Assert.Equal("The provider refused credential up#1 with status 401: it is not used at all deployments for 300 s. Check the provider's key.", logs.Lines[0].Message);
        Assert.All(logs.Lines, static line => Assert.DoesNotContain("secret", line.Message, StringComparison.Ordinal));
    }

    private CredentialPool For(ProviderConfig provider) => _pools.For(provider, ProtocolAdapters.For(provider));

    private static void Refuse(CredentialPool pool) => pool.NewLanes("up/m")[0].Refused(1, 401);

    private static IEnumerable<string> States(CredentialPool pool) => pool.Describe(pool.NewLanes("up/m"), 1).Select(static report => report.State);
}
