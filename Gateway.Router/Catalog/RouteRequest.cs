using Gateway.Core.Catalog;
using Gateway.Core.Context;
using Gateway.Core.Requests;
using Gateway.Router.Pipeline;
using Gateway.Router.Protocols;

namespace Gateway.Router.Catalog;

/// <summary>What decides which deployments of a model group may serve a request.</summary>
internal readonly record struct RouteRequest
{
    /// <summary>What the Edge signed.</summary>
    public required ContextClaims Claims { get; init; }

    /// <summary>The name by which the group was found: permission goes by it, so each fallback has its own.</summary>
    public required ModelTarget Target { get; init; }

    public required ClientCall Call { get; init; }

    public required LlmKind Kind { get; init; }

    /// <summary>Null when the request does not steer.</summary>
    public RoutePreferences? Preferences { get; init; }

    /// <summary>Nothing where no deployment of the group declares what it can do or how much it holds.</summary>
    public RequestNeeds Needs { get; init; }

    /// <summary>The client's cap on output tokens; -1 when it named none.</summary>
    public long OutputCap { get; init; }

    /// <summary>Looks into the body only if the group makes it necessary.</summary>
    public static RouteRequest Of(LlmExchange exchange, ModelTarget target, ModelGroup group) => new()
    {
        Claims = exchange.Claims,
        Target = target,
        Call = exchange.Call,
        Kind = exchange.Endpoint.Kind,
        Preferences = exchange.Facts.Preferences,
        Needs = group.DeclaresBounds ? exchange.Needs : default,
        OutputCap = exchange.Facts.OutputCap,
    };
}
