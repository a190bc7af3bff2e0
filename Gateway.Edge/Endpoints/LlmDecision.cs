using Gateway.Core.Catalog;
using Gateway.Core.Context;
using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Edge.Routes;
using Gateway.Edge.VirtualKeys;

namespace Gateway.Edge.Endpoints;

/// <summary>
/// What the Edge decides on one request by its key, its path and the facts of its body; all but the rate limit, which comes between the two checks. Requests
/// and Explain decide by this alone.
/// </summary>
internal readonly struct LlmDecision
{
    private readonly LlmEndpoint _endpoint;
    private readonly EdgeSnapshot _snapshot;
    private readonly VirtualKey _key;
    private readonly PathRoute? _route;
    private readonly RequestFacts _facts;

    /// <param name="route">The route of the path; null for the endpoints' own paths.</param>
    public LlmDecision(LlmEndpoint endpoint, EdgeSnapshot snapshot, VirtualKey key, PathRoute? route, in RequestFacts facts)
    {
        (_endpoint, _snapshot, _key, _route, _facts) = (endpoint, snapshot, key, route, facts);

        // The path's own model goes before the request's.
        Target = !NeedsModel(endpoint) ? null : route is { HasModel: true } ? route.Target
            : endpoint.Protocol == LlmProtocol.Ollama ? snapshot.Models.ResolveTagged(facts.Model) : snapshot.Models.Resolve(facts.Model);
    }

    /// <summary>What answers; null for a model that there is not, and where none is needed.</summary>
    public ModelTarget? Target { get; }

    public string ModerationPolicy => _snapshot.ModerationFor(_key, Target);

    public static bool NeedsModel(LlmEndpoint endpoint) => endpoint.Operation != LlmOperation.Moderations;

    /// <summary>What can be said without looking for the model.</summary>
    public GatewayError? CheckShape()
    {
        if (_facts.Preferences is { } preferences && !_key.MaySteer)
        {
            var who = _key.IsNobody ? "Without an API key you" : "Your API key";
            return new GatewayError(GatewayErrorKind.ModelForbidden, $"{who} may not choose how requests are routed. Leave out '{preferences.Field}'.", preferences.Field);
        }

        return _route?.CheckStreaming(_endpoint.Kind, _facts.Stream);
    }

    /// <summary>Whether the key may use the model, and all others that the body names.</summary>
    public GatewayError? CheckAccess()
    {
        if (NeedsModel(_endpoint) && !ModelAccess.MayUse(_key, Target))
        {
            return _route is { HasModel: true } ? _route.Refusal(_key) : ModelAccess.Refusal(_key, _snapshot.Models, _facts.Model, Target);
        }

        return _facts.Preferences is { Models.Count: > 0 } wished && _route is not { HasModel: true } ? ModelAccess.CheckAlternatives(_key, _snapshot.Models, wished.Models) : null;
    }

    /// <summary>How long the request may take.</summary>
    /// <param name="wanted">What the client asked for; null for nothing.</param>
    public TimeSpan TimeFor(TimeSpan? wanted)
    {
        var allowed = Target?.MaxTotal ?? RequestDeadline.Default;
        return wanted is { } asked && asked < allowed ? asked : allowed;
    }

    /// <summary>What is signed for the service that serves the request.</summary>
    /// <param name="sent">Path and query of the call.</param>
    /// <param name="body">The bytes that the facts were read from.</param>
    /// <param name="left">Time until the deadline.</param>
    public ContextClaims Claims(string requestId, ContextAudience audience, string sent, ReadOnlySpan<byte> body, TimeSpan left, LlmProxyServices shared) => new()
    {
        Audience = audience,
        Role = ContextRole.Client,
        RequestId = Guid.Parse(requestId),
        Path = sent,
        ExpiresUnixMs = shared.Tokens.ExpiryFromNow(),
        DeadlineUnixMs = (shared.Time.GetUtcNow() + left).ToUnixTimeMilliseconds(),
        KeyId = _key.Id,
        Team = _key.Team,
        User = _facts.User,

        // Ollama's clients may write it with or without its tag; from here on it has the name of the configuration.
        RequestedModel = _endpoint.Protocol == LlmProtocol.Ollama && _route is not { HasModel: true } ? Target!.Name : _facts.Model,
        RouteModel = _route?.Model ?? "",
        Processors = _endpoint.Kind == LlmKind.Chat && _route is not null ? _route.Processors : [],
        Stream = _facts.Stream,
        OutputCap = _facts.OutputCap,
        CandidateCount = _facts.CandidateCount,
        AllowedModels = _key.Models,
        AllowedProviders = _key.Providers,
        Priority = _key.Priority,
        Weight = _key.Weight,
        RequiredTags = _key.RequiredTags,
        MaySteer = _key.MaySteer,
        Steering = SteeringDigest.Of(body, _facts.OwnMembers),
        ModerationPolicy = ModerationPolicy,
        ConfigGeneration = _snapshot.Generation,
    };
}
