using Gateway.Core.Context;
using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Router.Attempts;
using Gateway.Router.Pipeline;

namespace Gateway.Router.Catalog;

/// <summary>Turns the model name into the deployments that this key may use.</summary>
internal sealed class ResolveStage : ILlmStage
{
    public ValueTask InvokeAsync(LlmExchange exchange, LlmStageDelegate next)
    {
        if (exchange.Endpoint.Kind == LlmKind.Files)
        {
            return ResolveFilesAsync(exchange, next);
        }

        var model = exchange.Facts.Model;
        var group = exchange.Catalog.Resolve(model);
        if (group is null)
        {
            return exchange.RefuseAsync(new GatewayError(
                GatewayErrorKind.ModelNotFound, $"The model '{model}' is not known to this gateway. GET /v1/models lists what your key can use.", "model"));
        }

        if (!MayUse(exchange, model))
        {
            return exchange.RefuseAsync(new GatewayError(
                GatewayErrorKind.ModelForbidden, $"Your API key may not use the model '{model}'. GET /v1/models lists what it can use.", "model"));
        }

        var candidates = Permitted(group, exchange.Claims);
        if (candidates.Length == 0)
        {
            return exchange.RefuseAsync(new GatewayError(
                GatewayErrorKind.ModelForbidden, $"Your key may not use any provider that serves the model '{model}'.", "model"));
        }

        if (exchange.Endpoint.Kind is LlmKind.Image or LlmKind.Audio or LlmKind.Rerank)
        {
            // Nothing translates these, so of a mixed group only the providers that have them can serve.
            var serving = Serving(candidates, exchange);
            if (serving.Length == 0)
            {
                throw Unsupported.By(exchange.Endpoint, candidates[0]);
            }

            candidates = serving;
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

    /// <summary>The Edge's own rule, held a second time: by the name asked for, or by what an alias stands for.</summary>
    private static bool MayUse(LlmExchange exchange, string model) =>
        NamePattern.MatchesAny(exchange.Claims.AllowedModels, model) || NamePattern.MatchesAny(exchange.Claims.AllowedModels, exchange.Catalog.TargetOf(model));

    /// <summary>The deployments of another group that may serve the request instead; empty when the key may not use them or they cannot.</summary>
    internal static Deployment[] TryHop(LlmExchange exchange, string model, ModelGroup group) =>
        !MayUse(exchange, model) ? [] : exchange.Endpoint.Kind is LlmKind.Image or LlmKind.Audio or LlmKind.Rerank ? Serving(Permitted(group, exchange.Claims), exchange) : Permitted(group, exchange.Claims);

    private static Deployment[] Permitted(ModelGroup group, ContextClaims claims)
    {
        var refused = 0;
        foreach (var deployment in group.Deployments)
        {
            refused += NamePattern.MatchesAny(claims.AllowedProviders, deployment.Provider.Name) ? 0 : 1;
        }

        // Keys that may use every provider are the rule: they share the group's own list.
        return refused == 0 ? group.Deployments : Filter(group, claims);
    }

    private static Deployment[] Serving(Deployment[] candidates, LlmExchange exchange) =>
        [.. candidates.Where(deployment => deployment.Protocol.PassesThrough(exchange.Call, deployment.Traits))];

    private static Deployment[] Filter(ModelGroup group, ContextClaims claims) =>
        [.. group.Deployments.Where(deployment => NamePattern.MatchesAny(claims.AllowedProviders, deployment.Provider.Name))];
}
