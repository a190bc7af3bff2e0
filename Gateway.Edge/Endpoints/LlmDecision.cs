using Gateway.Core.Admission.Shared;
using Gateway.Core.Catalog;
using Gateway.Core.Configuration;
using Gateway.Core.Context;
using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Edge.Routes;
using Gateway.Edge.VirtualKeys;

namespace Gateway.Edge.Endpoints;

/// <summary>
/// What the Edge decides on one request by its key, its path and the facts of its body; all but limits and budgets, which come between the two checks. Requests
/// and Explain decide by this alone.
/// </summary>
internal readonly struct LlmDecision
{
    private readonly PathRoute? _route;
    private readonly ModelTarget? _asked;
    private readonly bool _isInstead;

    /// <param name="route">The route of the path; null for the endpoints' own paths.</param>
    public LlmDecision(LlmEndpoint endpoint, EdgeSnapshot snapshot, VirtualKey key, PathRoute? route, in RequestFacts facts)
    {
        (Endpoint, Snapshot, Key, _route, Facts) = (endpoint, snapshot, key, route, facts);

        // The path's own model goes before the request's.
        Target = _asked = !NeedsModel(endpoint) ? null : route is { HasModel: true } ? route.Target
            : endpoint.Protocol == LlmProtocol.Ollama ? snapshot.Models.ResolveTagged(facts.Model) : snapshot.Models.Resolve(facts.Model);
        IsAllowed = !NeedsModel(endpoint) || (ModelAccess.MayUse(key, Target)
            && (facts.Preferences is not { Models.Count: > 0 } wished || route is { HasModel: true } || ModelAccess.MayUseAll(key, snapshot.Models, wished.Models)));
    }

    private LlmDecision(in LlmDecision asked, ModelTarget instead)
    {
        this = asked;
        (Target, _isInstead) = (instead, true);
    }

    public LlmEndpoint Endpoint { get; }

    public EdgeSnapshot Snapshot { get; }

    public VirtualKey Key { get; }

    public RequestFacts Facts { get; }

    /// <summary>Whether the key may use the model, and all others that the body names.</summary>
    public bool IsAllowed { get; }

    /// <summary>What answers; null for a model that there is not, and where none is needed.</summary>
    public ModelTarget? Target { get; }

    public string ModerationPolicy => Snapshot.ModerationFor(Key, Target);

    public static bool NeedsModel(LlmEndpoint endpoint) => endpoint.Operation != LlmOperation.Moderations;

    /// <summary>What can be said without looking for the model.</summary>
    public GatewayError? CheckShape()
    {
        if (Facts.Preferences is { } preferences && !Key.MaySteer)
        {
            var who = Key.IsNobody ? "Without an API key you" : "Your API key";
            return new GatewayError(GatewayErrorKind.ModelForbidden, $"{who} may not choose how requests are routed. Leave out '{preferences.Field}'.", preferences.Field);
        }

        return _route?.CheckStreaming(Endpoint.Kind, Facts.Stream);
    }

    /// <summary>The same request, answered by another model, which the key may use.</summary>
    public LlmDecision InsteadBy(ModelTarget other) => new(in this, other);

    /// <summary>What to say where the access is not <see cref="IsAllowed">allowed</see>. It costs more than the decision, so limits come before it.</summary>
    public GatewayError? CheckAccess()
    {
        if (IsAllowed)
        {
            return null;
        }

        if (NeedsModel(Endpoint) && !ModelAccess.MayUse(Key, Target))
        {
            return _route is { HasModel: true } ? _route.Refusal(Key) : ModelAccess.Refusal(Key, Snapshot.Models, Facts.Model, Target);
        }

        return Facts.Preferences is { Models.Count: > 0 } wished && _route is not { HasModel: true } ? ModelAccess.CheckAlternatives(Key, Snapshot.Models, wished.Models) : null;
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
    /// <param name="ticket">What it holds; null for nothing.</param>
    public ContextClaims Claims(string requestId, ContextAudience audience, string sent, ReadOnlySpan<byte> body, TimeSpan left, LlmProxyServices shared, AdmissionTicket? ticket = null) => new()
    {
        Audience = audience,
        Role = ContextRole.Client,
        RequestId = Guid.Parse(requestId),
        Path = sent,
        ExpiresUnixMs = shared.Tokens.ExpiryFromNow(),
        DeadlineUnixMs = (shared.Time.GetUtcNow() + left).ToUnixTimeMilliseconds(),
        KeyId = Key.Id,
        Team = Key.Team,
        User = Facts.User,

        // Ollama's clients may write it with or without its tag; from here on it has the name of the configuration.
        RequestedModel = Endpoint.Protocol == LlmProtocol.Ollama && _route is not { HasModel: true } ? _asked!.Name : Facts.Model,
        RouteModel = _isInstead ? Target!.Name : _route?.Model ?? "",
        Processors = Endpoint.Kind == LlmKind.Chat && _route is not null ? _route.Processors : [],
        Stream = Facts.Stream,
        OutputCap = Facts.OutputCap,
        CandidateCount = Facts.CandidateCount,
        AllowedModels = Key.Models,
        AllowedProviders = Key.Providers,
        Priority = Key.Priority,
        Weight = Key.Weight,
        RequiredTags = Key.RequiredTags,
        Tags = Key.Tags,
        MaySteer = Key.MaySteer,
        Owner = Key.User,
        Ticket = ticket,
        Steering = SteeringDigest.Of(body, Facts.OwnMembers),
        ModerationPolicy = ModerationPolicy,
        Capture = CaptureLevels.InForce(Snapshot.DefaultCapture, Key.Capture, _route?.Capture),
        ConfigGeneration = Snapshot.Generation,
    };
}
