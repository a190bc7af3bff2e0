using Gateway.Core;
using Gateway.Core.Context;
using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Router.Budgets;

namespace Gateway.Router.Pipeline;

/// <summary>Believes only what the Edge signed. Anything else is 401, without a reason that would help to forge a better one.</summary>
internal sealed class ContextStage(ContextToken tokens, ReplaySet seen, RequestHolds holds, ILogger<ContextStage> log) : ILlmStage
{
    private static readonly GatewayError Rejected = new(GatewayErrorKind.ContextRejected, "This is an internal endpoint of the gateway. Send requests to its public address.");

    public ValueTask InvokeAsync(LlmExchange exchange, LlmStageDelegate next)
    {
        // Two values would let a forged one stand beside a stolen one: exactly one is accepted.
        var values = exchange.Http.Request.Headers[GatewayHeaders.Context];
        var path = exchange.Endpoint.Protocol == LlmProtocol.Gemini ? LlmEndpoints.TargetOf(exchange.Http)
            : exchange.Endpoint.Kind == LlmKind.Files ? $"{exchange.Http.Request.Method} {LlmEndpoints.TargetOf(exchange.Http)}" : exchange.Endpoint.Path;
        var claims = values.Count == 1 ? tokens.Verify(values[0], ContextAudience.Router, path) : null;
        if (claims is null || claims.Role != ContextRole.Client)
        {
            return exchange.RefuseAsync(Rejected);
        }

        // The Edge asks another address only when nothing of the request had left (ServiceClient), so an honest call is never here twice. Files have no
        // body to pay for, and what has no body may be repeated by the HTTP client itself on a connection that had gone stale.
        if (exchange.Endpoint.Kind != LlmKind.Files && !seen.TryAdd(claims.RequestId))
        {
            log.ContextReplayed(claims.RequestId);
            return exchange.RefuseAsync(Rejected);
        }

        exchange.Claims = claims;
        if (claims.Ticket is { HoldsAnything: true } ticket)
        {
            exchange.Hold = holds.Begin(claims.RequestId, ticket);
        }

        return next(exchange);
    }
}
