using Gateway.Core.Configuration;
using Gateway.Core.Requests;

namespace Gateway.Core.Tests.Configuration;

/// <summary>What routing reads of a document, value by value.</summary>
public sealed class RoutingDocumentTests
{
    private const string Whole = """
        version: 1
        providers:
          p:
            protocol: openai
            base_url: https://p.example.com/v1
            keys:
              - plain-secret
              - { secret: rich-secret, weight: 7, limits: { requests_per_minute: 1, tokens_per_minute: 2, concurrency: 3, sessions_5m: 4, sessions_1h: 5, sessions_1d: 6 } }
            limits: { requests_per_minute: 10, tokens_per_minute: 20, concurrency: 30, sessions_5m: 40, sessions_1h: 50, sessions_1d: 60 }
            connection:
              http: "2"
              proxy: socks5://proxy.example.com:1080
              proxy_credential: "user:proxy-secret"
              max_connections: 9
              lifetime: 1m
              tls: { authorities: /etc/ca.pem, certificate: /etc/client.pem, server_name: inner.example.com }
            paths: { chat_completions: /talk, images: "/pictures/{model}" }
            tags: { region: eu, retention: none }
            probe: { path: "/models?limit=1", interval: 20s, timeout: 1s }
            slow_stream: { events_per_second: 2.5, window: 30s }
        models:
          a:
            access: public
            strategy: hybrid
            priority: { cost: .5, latency: 0.3, load: 2 }
            attempts: 2
            deployments:
              - { provider: p, model: one, order: 3, context: 1000, max_output: 1000, supports: [tools, vision, json_schema, reasoning], tags: { region: us } }
              - { provider: p, model: two, supports: [] }
              - { provider: p, model: three }
            fallbacks: [b, { model: quick, on: [context_length, budget] }, { model: gpt-9, on: [content_policy] }, { model: p/x }]
            hedge: { after: 800ms, max_percent: 2.5 }
            queue: { size: 5, wait: 2s }
          b: { access: internal, strategy: sticky, sticky_by: prefix, deployments: [ { provider: p, model: one } ] }
          c: { deployments: [ { provider: p, model: one } ] }
        aliases: { quick: fast, fast: c }
        resolve: { prefixes: { "gpt-*": p } }
        routes:
          - { path: /support/v1/, model: quick, streaming: only }
          - { path: /gem.ini/v1beta, model: gpt-9, streaming: never }
          - { path: /plain_one/two }
        teams: { research: { weight: 3 }, other: }
        keys:
          - { id: k, secret: k-secret-1, models: ["*"], priority: interactive, weight: 4, requires: { region: eu, retention: none }, may_steer: false }
          - { id: l, secret: l-secret-1, models: ["*"], team: research, priority: batch }
        """;

    [Fact]
    public void Provider_WithAllOfIt_IsReadValueByValue()
    {
        var provider = Documents.Good(Whole).Providers["p"];

        Assert.Equal(
            [
                new ProviderKeyConfig { Secret = "plain-secret" },
                new ProviderKeyConfig
                {
                    Secret = "rich-secret", Weight = 7,
                    Limits = new() { RequestsPerMinute = 1, TokensPerMinute = 2, Concurrency = 3, SessionsPer5Minutes = 4, SessionsPerHour = 5, SessionsPerDay = 6 },
                },
            ],
            provider.Keys);
        Assert.Equal(
            new UpstreamLimits { RequestsPerMinute = 10, TokensPerMinute = 20, Concurrency = 30, SessionsPer5Minutes = 40, SessionsPerHour = 50, SessionsPerDay = 60 },
            provider.Limits);
        Assert.Equal(
            new ConnectionConfig
            {
                Http = HttpVersionChoice.Http2,
                Proxy = new Uri("socks5://proxy.example.com:1080"),
                ProxyCredential = "user:proxy-secret",
                MaxConnections = 9,
                Lifetime = TimeSpan.FromMinutes(1),
                TlsAuthorities = "/etc/ca.pem",
                TlsCertificate = "/etc/client.pem",
                TlsServerName = "inner.example.com",
            },
            provider.Connection);
        Assert.Equal(["chat_completions: /talk", "images: /pictures/{model}"], Lines(provider.Paths));
        Assert.Equal(["region: eu", "retention: none"], Lines(provider.Tags));
        Assert.Equal(new ProbeConfig { Path = "/models?limit=1", Interval = TimeSpan.FromSeconds(20), Timeout = TimeSpan.FromSeconds(1) }, provider.Probe);
        Assert.Equal(new SlowStreamConfig { EventsPerSecond = 2.5, Window = TimeSpan.FromSeconds(30) }, provider.SlowStream);
    }

    [Fact]
    public void ModelGroup_WithAllOfIt_IsReadValueByValue()
    {
        var group = Documents.Good(Whole).Models["a"];

        Assert.Equal(
            (AccessLevel.Public, BalancingStrategy.Hybrid, new HybridWeights(0.5, 0.3, 2, 0), 2),
            (group.Access, group.Strategy, group.Priority, group.Attempts));
        Assert.Equal(
            [
                new("b", FallbackTriggers.Error),
                new("quick", FallbackTriggers.ContextLength | FallbackTriggers.Budget),
                new("gpt-9", FallbackTriggers.ContentPolicy),
                new("p/x", FallbackTriggers.Error),
            ],
            group.Fallbacks);
        Assert.Equal(new HedgeConfig { After = TimeSpan.FromMilliseconds(800), MaxPercent = 2.5 }, group.Hedge);
        Assert.Equal(new QueueConfig { Size = 5, Wait = TimeSpan.FromSeconds(2) }, group.Queue);
        Assert.Equal(
            [(3, 1000L, ModelCapabilities.Tools | ModelCapabilities.Vision | ModelCapabilities.JsonSchema | ModelCapabilities.Reasoning), (1, null, ModelCapabilities.None), (1, null, null)],
            group.Deployments.Select(static deployment => (deployment.Order, deployment.Context, deployment.Supports)));
        Assert.Equal(["region: us"], Lines(group.Deployments[0].Tags));
    }

    [Fact]
    public void ModelGroup_WithNothingOfIt_HasTheDefaults()
    {
        var config = Documents.Good(Whole);
        var group = config.Models["c"];

        Assert.Equal((AccessLevel.Private, BalancingStrategy.WeightedRoundRobin, 3), (group.Access, group.Strategy, group.Attempts));
        Assert.Equal(QueueConfig.Standard, group.Queue);
        Assert.Null(group.Hedge);
        Assert.Empty(group.Fallbacks);
        Assert.Equal((AccessLevel.Internal, BalancingStrategy.Sticky, StickyBy.Prefix), (config.Models["b"].Access, config.Models["b"].Strategy, config.Models["b"].StickyBy));
    }

    [Theory]
    [InlineData("weighted_round_robin", BalancingStrategy.WeightedRoundRobin)]
    [InlineData("least_busy", BalancingStrategy.LeastBusy)]
    [InlineData("lowest_latency", BalancingStrategy.LowestLatency)]
    [InlineData("lowest_cost", BalancingStrategy.LowestCost)]
    [InlineData("most_quota", BalancingStrategy.MostQuota)]
    [InlineData("sticky", BalancingStrategy.Sticky)]
    [InlineData("hybrid", BalancingStrategy.Hybrid)]
    public void Strategy_ByItsWord_IsRead(string word, BalancingStrategy expected) =>
        Assert.Equal(expected, Documents.Good(Group($"strategy: {word}")).Models["m"].Strategy);

    public static TheoryData<string, HybridWeights> Presets => new()
    {
        { "balanced", HybridWeights.Balanced },
        { "cost", HybridWeights.CostFirst },
        { "req", HybridWeights.RequestFirst },
        { "token", HybridWeights.TokenFirst },
    };

    [Theory]
    [MemberData(nameof(Presets))]
    public void Priority_ByAWord_IsAPreset(string word, HybridWeights expected) =>
        Assert.Equal(expected, Documents.Good(Group($"strategy: hybrid, priority: {word}")).Models["m"].Priority);

    [Theory]
    [InlineData("\"1.1\"", HttpVersionChoice.Http1)]
    [InlineData("1.1", HttpVersionChoice.Http1)]
    [InlineData("auto", HttpVersionChoice.Auto)]
    [InlineData("2", HttpVersionChoice.Http2)]
    public void Http_WithAndWithoutQuotes_IsRead(string word, HttpVersionChoice expected) =>
        Assert.Equal(expected, Documents.Good($"version: 1\nproviders: {{ p: {{ protocol: openai, base_url: https://x.example.com, connection: {{ http: {word} }} }} }}").Providers["p"].Connection.Http);

    [Theory]
    [InlineData("hedge:")]
    [InlineData("hedge: ~")]
    public void Hedge_AsAnEmptySection_StaysOff(string line) => Assert.Null(Documents.Good(Group(line)).Models["m"].Hedge);

    [Fact]
    public void Hedge_AsAnEmptyMapping_IsOnWithTheDefaults() => Assert.Equal(new HedgeConfig(), Documents.Good(Group("hedge: {}")).Models["m"].Hedge);

    [Fact]
    public void Supports_AsAnEmptySection_SaysNothing() =>
        Assert.Null(Documents.Good("version: 1\nproviders: { p: { protocol: openai, base_url: https://x.example.com } }\nmodels:\n  m:\n    deployments:\n      - provider: p\n        model: one\n        supports:\n")
            .Models["m"].Deployments[0].Supports);

    [Fact]
    public void Keys_WithAllOfIt_AreReadValueByValue()
    {
        var config = Documents.Good(Whole);

        Assert.Equal((RequestPriority.Interactive, 4, false), (config.Keys[0].Priority, config.Keys[0].Weight, config.Keys[0].MaySteer));
        Assert.Equal(["region: eu", "retention: none"], Lines(config.Keys[0].Requires));
        Assert.Equal((RequestPriority.Batch, 1, true), (config.Keys[1].Priority, config.Keys[1].Weight, config.Keys[1].MaySteer));
        Assert.Equal((3, 1), (config.Teams["research"].Weight, config.Teams["other"].Weight));
    }

    [Fact]
    public void Key_OfATeamThatTheDocumentDoesNotDescribe_IsGood() =>
        Assert.Equal("sales", Documents.Good("version: 1\nteams: { research: {} }\nkeys: [ { id: k, secret: k-secret-1, models: [\"*\"], team: sales } ]").Keys[0].Team);

    [Fact]
    public void Routes_InAnyForm_AreHeldWithoutWhatEndpointsBringThemselves() =>
        Assert.Equal(
            [
                new RouteConfig { Path = "/support", Model = "quick", Streaming = RouteStreaming.Only },
                new RouteConfig { Path = "/gem.ini", Model = "gpt-9", Streaming = RouteStreaming.Never },
                new RouteConfig { Path = "/plain_one/two", Model = null, Streaming = RouteStreaming.Both },
            ],
            Documents.Good(Whole).Routes);

    [Fact]
    public void Document_ReadAgain_GivesEqualPartsSoThatStateCanStay()
    {
        var (first, second) = (Documents.Good(Whole), Documents.Good(Whole));
        var (a, b) = (first.Providers["p"], second.Providers["p"]);

        Assert.Equal((a.Connection, a.Limits, a.Probe, a.SlowStream, a.Timeouts), (b.Connection, b.Limits, b.Probe, b.SlowStream, b.Timeouts));
        Assert.Equal(a.Keys, b.Keys);
        Assert.Equal((first.Models["a"].Priority, first.Models["a"].Hedge, first.Models["a"].Queue), (second.Models["a"].Priority, second.Models["a"].Hedge, second.Models["a"].Queue));
        Assert.Equal(first.Models["a"].Fallbacks, second.Models["a"].Fallbacks);
        Assert.Equal(first.Routes, second.Routes);
        Assert.NotEqual(a.Connection, Documents.Good(Whole.Replace("user:proxy-secret", "user:other-secret", StringComparison.Ordinal)).Providers["p"].Connection);
    }

    private static string Group(string members) =>
        $"version: 1\nproviders: {{ p: {{ protocol: openai, base_url: https://x.example.com }} }}\nmodels: {{ m: {{ {members}, deployments: [ {{ provider: p, model: one }} ] }} }}";

    private static IEnumerable<string> Lines(IReadOnlyDictionary<string, string> texts) =>
        texts.OrderBy(static text => text.Key, StringComparer.Ordinal).Select(static text => $"{text.Key}: {text.Value}");
}
