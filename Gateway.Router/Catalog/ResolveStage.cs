using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Router.Attempts;
using Gateway.Router.Pipeline;
using Gateway.Router.Routing;

namespace Gateway.Router.Catalog;

/// <summary>Turns the model name into the deployments that may serve this request of this key.</summary>
internal sealed class ResolveStage : ILlmStage
{
    public ValueTask InvokeAsync(LlmExchange exchange, LlmStageDelegate next)
    {
        if (exchange.Endpoint.Kind == LlmKind.Files)
        {
            return ResolveFilesAsync(exchange, next);
        }

        // The Edge has asked this too.
        if (exchange.Facts.Preferences is { } preferences && !exchange.Claims.MaySteer)
        {
            return exchange.RefuseAsync(new GatewayError(
                GatewayErrorKind.ModelForbidden, $"Your API key may not choose how requests are routed. Leave out '{preferences.Field}'.", preferences.Field));
        }

        var model = exchange.ResolvedName;
        if (exchange.Catalog.Names.Resolve(model) is not { } target)
        {
            return exchange.RefuseAsync(new GatewayError(
                GatewayErrorKind.ModelNotFound, $"The model '{model}' is not known to this gateway. GET /v1/models lists what your key can use.", "model"));
        }

        var group = exchange.Catalog.GroupOf(target);
        var request = RouteRequest.Of(exchange, target, group);
        var candidates = CandidateFilter.Filter(group, in request);
        if (candidates.Length == 0)
        {
            exchange.NoCandidates = CandidateFilter.Why(group, in request);
            if (!FallbackFinder.MayStandIn(exchange, group, exchange.NoCandidates))
            {
                return exchange.RefuseAsync(CandidateFilter.Refusal(group, in request));
            }
        }

        exchange.Group = group;
        exchange.Candidates = candidates;
        return next(exchange);
    }

    /// <summary>Files have no model: the Edge has decided for one provider.</summary>
    private static ValueTask ResolveFilesAsync(LlmExchange exchange, LlmStageDelegate next)
    {
        if (exchange.Claims.AllowedProviders is not [{ } name] || exchange.Catalog.FilesOf(name) is not { } group)
        {
            return exchange.RefuseAsync(new GatewayError(GatewayErrorKind.ModelNotFound, "The provider whose files are meant is not known to this gateway any more. Try again.", "provider"));
        }

        if (!group.Deployments[0].Protocol.PassesThrough(exchange.Call, group.Deployments[0].Traits))
        {
            throw Unsupported.By(exchange.Endpoint, group.Deployments[0]);
        }

        exchange.Group = group;
        exchange.Candidates = group.Deployments;
        return next(exchange);
    }
}
