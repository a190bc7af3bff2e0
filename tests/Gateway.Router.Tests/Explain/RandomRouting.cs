using System.Collections.Frozen;
using System.Net;
using System.Text.Json;
using Gateway.Core.Configuration;
using Gateway.Core.Money;
using Gateway.Core.Requests;
using Gateway.Router.Catalog;
using Gateway.Router.Cooldowns;
using Gateway.Router.Credentials;
using Gateway.Router.Queueing;
using Gateway.Router.Routing;

namespace Gateway.Router.Tests.Explain;

/// <summary>Documents, histories and requests at random; the same seed makes the same.</summary>
internal sealed class RandomRouting(int seed)
{
    private static readonly string[] GroupNames = ["a", "b", "c"];
    private static readonly string[] Regions = ["eu", "us"];
    private static readonly ProviderProtocol[] Protocols = [ProviderProtocol.OpenAI, ProviderProtocol.OpenAI, ProviderProtocol.OpenAI, ProviderProtocol.Anthropic, ProviderProtocol.Gemini, ProviderProtocol.Ollama];

    private readonly Random _random = new(seed);
    private int _providers;

    public static JsonSerializerOptions Indented { get; } = new() { WriteIndented = true };

    public GatewayConfig Document()
    {
        _providers = _random.Next(1, 4);
        var groups = GroupNames[.._random.Next(1, 4)];
        return new GatewayConfig
        {
            Server = new ServerConfig(),
            Providers = Enumerable.Range(0, _providers).Select(Provider).ToFrozenDictionary(static provider => provider.Name),
            Models = groups.Select((name, index) => Group(name, groups[(index + 1)..])).ToFrozenDictionary(static group => group.Name),
            Aliases = new Dictionary<string, string> { ["alias"] = "a", ["direct"] = "p0/direct" }.ToFrozenDictionary(),
            Resolve = new ResolveConfig { DefaultProvider = Chance(4) ? "p0" : null, Prefixes = [new("text-*", "p0")] },
            Keys = [],
            Moderation = new ModerationConfig { Policies = FrozenDictionary<string, ModerationPolicyConfig>.Empty },
        };
    }

    /// <summary>Lets things happen to the deployments, the credentials, the queues and the clock.</summary>
    public void Live(RoutingWorld world)
    {
        var deployments = world.Catalog.Current.Config.Models.Keys.Order(StringComparer.Ordinal).SelectMany(name => world.Group(name).Deployments).ToArray();
        var events = _random.Next(3) == 0 ? _random.Next(5) : _random.Next(80);
        var severity = _random.Next(1, 4);
        for (var i = 0; i < events; i++)
        {
            Happen(world, One(deployments), severity);
        }

        if (Chance(3))
        {
            Outage(world, deployments);
        }
    }

    public AskedRequest Request(RoutingWorld world)
    {
        var endpoint = _random.Next(10) switch
        {
            0 => LlmEndpoint.Embeddings,
            1 => LlmEndpoint.Routed.Single(static one => one.Operation == LlmOperation.Messages),
            2 when Chance(2) => LlmEndpoint.Routed.Single(static one => one.Operation == LlmOperation.ImageGenerations),
            3 when Chance(2) => LlmEndpoint.Routed.Single(static one => one.Operation == LlmOperation.MessagesCountTokens),
            _ => LlmEndpoint.ChatCompletions,
        };
        return AskedRequest.Of(endpoint, Body(endpoint), claims => claims with
        {
            KeyId = Chance(30) ? "public" : "demo",
            AllowedModels = Chance(8) ? ["a", "alias", "p0/*"] : ["*"],
            AllowedProviders = Chance(8) ? ["p0"] : ["*"],
            RequiredTags = Chance(6) ? [$"region={One(Regions)}"] : [],
            MaySteer = !Chance(20),
            ModerationPolicy = Chance(3) ? "strict" : "",
            RouteModel = Chance(15) ? "b" : "",
            Priority = (RequestPriority)_random.Next(1, 4),
            DeadlineUnixMs = Chance(10) ? world.Time.GetUtcNow().ToUnixTimeMilliseconds() + _random.Next(-5, 50) : world.Time.GetUtcNow().ToUnixTimeMilliseconds() + 60_000,
        });
    }

    private string Body(LlmEndpoint endpoint)
    {
        var model = One("a", "a", "a", "b", "c", "alias", "direct", "p0/direct", "p0/m1", "text-x", "nowhere");
        var members = new Dictionary<string, object> { ["model"] = model };
        var text = new string('x', Chance(3) ? _random.Next(20_000) : _random.Next(1, 200));
        switch (endpoint.Operation)
        {
            case LlmOperation.Embeddings:
                members["input"] = text;
                break;
            case LlmOperation.ImageGenerations:
                members["prompt"] = text;
                break;
            default:
                members["messages"] = new[] { new { role = "user", content = text } };
                break;
        }

        if (endpoint.Kind == LlmKind.Chat)
        {
            members["stream"] = Chance(2);
            if (Chance(2) || endpoint.Operation == LlmOperation.Messages)
            {
                members["max_tokens"] = _random.Next(1, 4000);
            }

            if (Chance(3) && endpoint.Operation == LlmOperation.ChatCompletions)
            {
                members["tools"] = new[] { new { type = "function", function = new { name = "f", parameters = new { type = "object" } } } };
            }

            if (Chance(4) && endpoint.Operation == LlmOperation.ChatCompletions)
            {
                members["user"] = $"user-{_random.Next(3)}";
            }
        }

        if (Chance(4))
        {
            members["provider"] = Preferences();
        }

        if (Chance(6))
        {
            members["models"] = new[] { One("b", "c", "p0/direct"), One("c", "p0/other") }.Distinct();
        }

        if (Chance(8))
        {
            // Models of one provider that no entry of the document has: they share what chance there is.
            members["model"] = "p0/direct";
            members["models"] = new[] { "p0/other", "p0/third" };
        }

        return JsonSerializer.Serialize(members);
    }

    private Dictionary<string, object> Preferences()
    {
        var provider = new Dictionary<string, object>();
        if (Chance(3))
        {
            provider["order"] = new[] { $"p{_random.Next(3)}" };
        }

        if (Chance(5))
        {
            provider["only"] = new[] { "p0", $"p{_random.Next(3)}" }.Distinct();
        }

        if (Chance(5))
        {
            provider["ignore"] = new[] { $"p{_random.Next(3)}" };
        }

        if (Chance(3))
        {
            provider["sort"] = One("price", "latency", "throughput");
        }

        if (Chance(4))
        {
            provider["allow_fallbacks"] = Chance(2);
        }

        if (Chance(6))
        {
            provider["max_price"] = new { prompt = _random.Next(5), completion = _random.Next(10) };
        }

        return provider;
    }

    private ProviderConfig Provider(int index) => new()
    {
        Name = $"p{index}",
        Protocol = One(Protocols),
        BaseUrl = new Uri("http://127.0.0.1:9/v1"),
        Internal = true,
        Keys = [.. Enumerable.Range(1, _random.Next(1, 4)).Select(key => new ProviderKeyConfig { Secret = $"secret-{index}-{key}", Weight = _random.Next(1, 5), Limits = Chance(4) ? Limits() : UpstreamLimits.None })],
        Limits = Chance(6) ? Limits() : UpstreamLimits.None,
        Tags = Chance(2) ? Tag() : Tags.None,
    };

    private UpstreamLimits Limits() => new()
    {
        RequestsPerMinute = Chance(2) ? _random.Next(1, 30) : null,
        TokensPerMinute = Chance(3) ? _random.Next(500, 50_000) : null,
        Concurrency = Chance(2) ? _random.Next(1, 4) : null,
        SessionsPer5Minutes = Chance(4) ? _random.Next(1, 3) : null,
    };

    private ModelGroupConfig Group(string name, string[] after) => new()
    {
        Name = name,
        Strategy = One(Enum.GetValues<BalancingStrategy>()),
        Priority = One(HybridWeights.Balanced, HybridWeights.CostFirst, HybridWeights.RequestFirst, HybridWeights.TokenFirst),
        StickyBy = One(StickyBy.Session, StickyBy.Prefix),
        Attempts = _random.Next(1, 4),
        Access = One(AccessLevel.Private, AccessLevel.Internal, AccessLevel.Public),
        Moderation = Chance(6) ? "strict" : null,
        Queue = new QueueConfig { Size = _random.Next(4), Wait = TimeSpan.FromSeconds(_random.Next(1, 10)) },
        Fallbacks = [.. after.Append("p0/direct").Append("p0/other").Where(_ => Chance(2)).Select(model => new FallbackConfig(model, (FallbackTriggers)_random.Next(1, 8)))],
        Deployments = [.. Enumerable.Range(0, _random.Next(1, 7)).Select(_ => Deployment())],
    };

    private DeploymentConfig Deployment() => new()
    {
        Provider = $"p{_random.Next(_providers)}",
        Model = $"m{_random.Next(8)}",
        Weight = _random.Next(1, 10),
        Order = Chance(2) ? 1 : _random.Next(1, 4),
        Price = Chance(4) ? null : new TokenPrice(_random.Next(6) * 1_000_000_000L, 0, 0, _random.Next(12) * 1_000_000_000L),
        Context = Chance(3) ? _random.Next(50, 8000) : null,
        Supports = Chance(3) ? (ModelCapabilities)_random.Next(16) : null,
        Tags = Chance(3) ? Tag() : Tags.None,
    };

    private FrozenDictionary<string, string> Tag() => new Dictionary<string, string> { ["region"] = One(Regions) }.ToFrozenDictionary();

    private void Happen(RoutingWorld world, Deployment deployment, int severity)
    {
        var (state, now) = (deployment.State, world.Clock.Now);
        var lane = One(state.Lanes);
        switch (_random.Next(24))
        {
            case 0 or 1:
                Repeat(_random.Next(1, 3 * severity), () => state.Failed(now));
                break;
            case 2:
                Repeat(20, () => state.Failed(now, isSlow: true));
                break;
            case 3 when severity > 1:
                Repeat(_random.Next(1, 7), () => state.Unreachable(now));
                break;
            case 4:
                state.Succeeded(now);
                break;
            case 5:
                lane.RateLimited(now, Chance(2) ? null : TimeSpan.FromSeconds(_random.Next(1, 90)));
                break;
            case 6 when severity > 1:
                lane.Refused(now, One(401, 403, 0));
                break;
            case 7 when severity > 1:
                lane.QuotaExhausted(now);
                break;
            case 8:
                Repeat(_random.Next(1, 7), () => lane.Failed(now));
                break;
            case 9:
                lane.Succeeded(now);
                break;
            case 10:
                Learn(world, lane);
                break;
            case 11 or 12:
                Measure(state, now);
                break;
            case 13:
                state.TryBeginProbe(now);
                break;
            case 14:
                Wait(world);
                break;
            case > 14 and < 20:
                Serve(world);
                break;
            default:
                world.Time.Advance(TimeSpan.FromMilliseconds(One(1, 50, 900, 3_000, 8_000, 40_000)));
                break;
        }
    }

    /// <summary>Most of the deployments fail together; perhaps so long ago that they may be tried again.</summary>
    private void Outage(RoutingWorld world, Deployment[] deployments)
    {
        var now = world.Clock.Now;
        var spared = _random.Next(3) == 0 ? _random.Next(1, 4) : 0;
        var isAddress = Chance(2);
        foreach (var deployment in deployments)
        {
            if (spared == 0 || _random.Next(spared + 1) == 0)
            {
                var isSlow = Chance(4);
                Repeat(isSlow ? 20 : 5, () => deployment.State.Failed(now, isSlow));
                Repeat(isAddress ? 5 : 0, () => deployment.State.Unreachable(now));
            }
        }

        Repeat(_random.Next(20), () => world.Group("a").State.Advance());
        world.Time.Advance(TimeSpan.FromMilliseconds(One(1, 1_000, 4_500, 6_500, 12_000)));
    }

    private void Learn(RoutingWorld world, CredentialLane lane)
    {
        using var answer = new HttpResponseMessage(HttpStatusCode.OK);
        answer.Headers.Add("x-ratelimit-limit-requests", "100");
        answer.Headers.Add("x-ratelimit-remaining-requests", _random.Next(4) == 0 ? "0" : $"{_random.Next(100)}");
        answer.Headers.Add("x-ratelimit-reset-requests", $"{_random.Next(1, 60)}s");
        lane.Learn(answer, world.Clock.Now, world.Clock.UtcNow);
    }

    private void Measure(DeploymentState state, long now)
    {
        state.Load.NoteFirstToken(now, TimeSpan.FromSeconds(_random.NextDouble() * 3));
        state.Load.NoteWhole(now, TimeSpan.FromSeconds(_random.NextDouble() * 10));
        state.Load.NoteEnd(now, failed: Chance(4), _random.Next(1000), TimeSpan.FromSeconds(_random.NextDouble() * 5));
    }

    private void Wait(RoutingWorld world)
    {
        var room = world.Group("a").State.Room;
        _ = room.WaitAsync(new Visitor($"t{_random.Next(2)}", 1, (RequestPriority)_random.Next(1, 4), 100), TimeSpan.FromSeconds(_random.Next(1, 20)), 0, returning: false, CancellationToken.None).AsTask();
    }

    /// <summary>Calls that take what they need, and mostly go on.</summary>
    private void Serve(RoutingWorld world)
    {
        var group = world.Group(One(world.Catalog.Current.Config.Models.Keys.Order(StringComparer.Ordinal).ToArray()));
        var trip = new RouteTrip { Group = group, Candidates = group.Deployments, InputTokens = _random.Next(2000), OutputTokens = 500, Stream = Chance(2) };
        var pick = world.Selector.Take(trip);
        if (pick.Deployment is not { } deployment || Chance(2))
        {
            return;
        }

        var now = world.Clock.Now;
        if (Chance(3))
        {
            deployment.State.Failed(now);
            pick.Credential?.Failed(now);
        }
        else
        {
            deployment.State.Succeeded(now);
            pick.Credential?.Succeeded(now);
        }

        world.Selector.Return(trip, deployment, pick.Credential, used: Chance(2) ? null : _random.Next(3000));
    }

    private bool Chance(int oneIn) => _random.Next(oneIn) == 0;

    private T One<T>(params T[] of) => of[_random.Next(of.Length)];

    private static void Repeat(int times, Action action)
    {
        for (var i = 0; i < times; i++)
        {
            action();
        }
    }
}
