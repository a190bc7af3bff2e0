using Gateway.Core.Catalog;
using Gateway.Core.Context;
using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Router.Attempts;
using Gateway.Router.Budgets;

namespace Gateway.Router.Catalog;

/// <summary>
/// Which deployments of a group may serve a request: permission, labels, preferences, capabilities, context window. Health, limits and load
/// are not looked at here, so the answer to a request is always the same. Thread-safe, no state.
/// </summary>
internal static class CandidateFilter
{
    /// <summary>The deployments that may serve. Allocates only when some may not.</summary>
    /// <returns>The group's own list when all may, since that is the rule; empty when none may (<see cref="Refusal"/> says why).</returns>
    public static Deployment[] Filter(ModelGroup group, in RouteRequest request)
    {
        if (!MayUse(in request))
        {
            return [];
        }

        var deployments = group.Deployments;
        var served = 0;
        foreach (var deployment in deployments)
        {
            served += CheckDeployment(deployment, in request) == ExclusionReason.None ? 1 : 0;
        }

        if (served == deployments.Length)
        {
            return deployments;
        }

        var some = new Deployment[served];
        foreach (var deployment in deployments)
        {
            if (CheckDeployment(deployment, in request) == ExclusionReason.None)
            {
                some[^served--] = deployment;
            }
        }

        return some;
    }

    /// <returns>None when the deployment may serve.</returns>
    public static ExclusionReason Check(Deployment deployment, in RouteRequest request) =>
        MayUse(in request) ? CheckDeployment(deployment, in request) : ExclusionReason.Access;

    /// <summary>As <see cref="Check"/>, in words.</summary>
    public static Exclusion Explain(Deployment deployment, in RouteRequest request)
    {
        var reason = Check(deployment, in request);
        return new Exclusion(reason, reason switch
        {
            ExclusionReason.Tag => MissingTag(deployment, request.Claims.RequiredTags) ?? "",
            ExclusionReason.Capability => CapabilityWords.Of(Missing(deployment, in request)),
            ExclusionReason.ContextWindow => $"about {Total(in request)} of {deployment.Context} tokens",
            ExclusionReason.Price => deployment.Price is null ? "unpriced" : "",
            ExclusionReason.Budget => "unpriced",
            ExclusionReason.None or ExclusionReason.Access or ExclusionReason.Provider or ExclusionReason.Kind or ExclusionReason.NotOnly or ExclusionReason.Ignored => "",
        });
    }

    /// <summary>Why no deployment of a group may serve: what kept out the one that was nearest to it.</summary>
    public static ExclusionReason Why(ModelGroup group, in RouteRequest request)
    {
        var latest = ExclusionReason.None;
        foreach (var deployment in group.Deployments)
        {
            var reason = Check(deployment, in request);
            latest = reason > latest ? reason : latest;
        }

        return latest;
    }

    /// <summary>What the client is told when <see cref="Filter"/> left nothing.</summary>
    public static GatewayError Refusal(ModelGroup group, in RouteRequest request)
    {
        var model = request.Target.Name;
        return Why(group, in request) switch
        {
            ExclusionReason.Provider => new(GatewayErrorKind.ModelForbidden, $"Your key may not use any provider that serves the model '{model}'.", "model"),
            ExclusionReason.Kind => Unsupported.By(request.Kind, group.Deployments[0]).Error,
            ExclusionReason.Tag => new(
                GatewayErrorKind.ModelForbidden, $"Your API key requires {string.Join(", ", request.Claims.RequiredTags)}, and no deployment of the model '{model}' has it. Ask for another model.", "model"),
            ExclusionReason.NotOnly => new(
                GatewayErrorKind.InvalidRequest, $"'provider.only' names no provider that serves the model '{model}'. Name one that does, or leave it out.", "provider.only"),
            ExclusionReason.Ignored => new(
                GatewayErrorKind.InvalidRequest, $"'provider.ignore' leaves no provider that serves the model '{model}'. Take one out of it.", "provider.ignore"),
            ExclusionReason.Price => new(
                GatewayErrorKind.InvalidRequest, $"No deployment of the model '{model}' is known to cost as little as 'provider.max_price' says. Raise it, or ask for another model.", "provider.max_price"),
            ExclusionReason.Capability => new(
                GatewayErrorKind.CapabilityMissing, $"The model '{model}' cannot do what this request needs: {CapabilityWords.Of(LeastMissing(group, in request))}. Leave it out, or ask for another model.", "model"),
            ExclusionReason.ContextWindow => TooLong(group, in request),
            ExclusionReason.Budget => BudgetErrors.NotPriced(model),
            ExclusionReason.Access or ExclusionReason.None => new(
                GatewayErrorKind.ModelForbidden, $"Your API key may not use the model '{model}'. GET /v1/models lists what it can use.", "model"),
        };
    }

    /// <summary>The Edge's own rule, held a second time. What the gateway asks on its own account is the operator's choice, and no key's.</summary>
    private static bool MayUse(in RouteRequest request) => request.Claims.Role == ContextRole.Service || ModelPermission.MayUse(request.Target, request.Claims.KeyId, request.Claims.AllowedModels);

    private static ExclusionReason CheckDeployment(Deployment deployment, in RouteRequest request)
    {
        var provider = deployment.Provider.Name;
        if (!NamePattern.MatchesAny(request.Claims.AllowedProviders, provider))
        {
            return ExclusionReason.Provider;
        }

        if (!Serves(deployment, in request))
        {
            return ExclusionReason.Kind;
        }

        if (request.Claims.RequiredTags.Count > 0 && MissingTag(deployment, request.Claims.RequiredTags) is not null)
        {
            return ExclusionReason.Tag;
        }

        if (request.Preferences is { } preferences && CheckPreferences(deployment, provider, preferences) is not ExclusionReason.None and var unwanted)
        {
            return unwanted;
        }

        if (Missing(deployment, in request) != ModelCapabilities.None)
        {
            return ExclusionReason.Capability;
        }

        return !Fits(deployment, in request) ? ExclusionReason.ContextWindow
            : deployment.Price is null && request.Claims.Ticket is { IsHard: true } && CallBound.IsMetered(request.Kind) ? ExclusionReason.Budget : ExclusionReason.None;
    }

    private static bool Serves(Deployment deployment, in RouteRequest request) => request.Kind switch
    {
        // Every protocol has chats, and where none counts tokens they are estimated.
        LlmKind.Chat or LlmKind.CountTokens or LlmKind.Moderate => true,
        LlmKind.Embed => deployment.Protocol.PassesThrough(request.Call, deployment.Traits) || deployment.Protocol.OperationFor(LlmKind.Embed, deployment.Traits) is not null,

        // Nothing translates these.
        LlmKind.Image or LlmKind.Audio or LlmKind.Rerank or LlmKind.Files => deployment.Protocol.PassesThrough(request.Call, deployment.Traits),
    };

    private static ExclusionReason CheckPreferences(Deployment deployment, string provider, RoutePreferences preferences)
    {
        if (preferences.Only.Count > 0 && !Contains(preferences.Only, provider))
        {
            return ExclusionReason.NotOnly;
        }

        if (Contains(preferences.Ignore, provider))
        {
            return ExclusionReason.Ignored;
        }

        return preferences is { MaxInputPrice: null, MaxOutputPrice: null }
            || (deployment.Price is { } price && price.Input <= (preferences.MaxInputPrice ?? long.MaxValue) && price.Output <= (preferences.MaxOutputPrice ?? long.MaxValue))
            ? ExclusionReason.None : ExclusionReason.Price;
    }

    private static ModelCapabilities Missing(Deployment deployment, in RouteRequest request) =>
        deployment.Supports is { } can ? request.Needs.Capabilities & ~can : ModelCapabilities.None;

    // To count the tokens of a request that is too long is a question like any other.
    private static bool Fits(Deployment deployment, in RouteRequest request) =>
        deployment.Context is not { } window || request.Kind == LlmKind.CountTokens || Total(in request) <= window;

    private static long Total(in RouteRequest request) => request.Needs.EstimatedInputTokens + Math.Max(0, request.OutputCap);

    /// <returns>The first of <paramref name="required"/> that the deployment does not carry, or null.</returns>
    private static string? MissingTag(Deployment deployment, IReadOnlyList<string> required)
    {
        for (var i = 0; i < required.Count; i++)
        {
            if (!Carries(deployment, required[i]))
            {
                return required[i];
            }
        }

        return null;
    }

    private static bool Carries(Deployment deployment, ReadOnlySpan<char> tag)
    {
        foreach (var (name, value) in deployment.Tags)
        {
            if (tag.Length == name.Length + 1 + value.Length && tag[name.Length] == '=' && tag.StartsWith(name, StringComparison.Ordinal) && tag[(name.Length + 1)..].SequenceEqual(value))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Contains(IReadOnlyList<string> names, string name)
    {
        for (var i = 0; i < names.Count; i++)
        {
            if (string.Equals(names[i], name, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    private static ModelCapabilities LeastMissing(ModelGroup group, in RouteRequest request)
    {
        var least = ModelCapabilities.None;
        foreach (var deployment in group.Deployments)
        {
            if (Check(deployment, in request) == ExclusionReason.Capability)
            {
                var missing = Missing(deployment, in request);
                least = least == ModelCapabilities.None || int.PopCount((int)missing) < int.PopCount((int)least) ? missing : least;
            }
        }

        return least;
    }

    /// <summary>In OpenAI's words, which clients look for.</summary>
    private static GatewayError TooLong(ModelGroup group, in RouteRequest request)
    {
        var window = 0L;
        foreach (var deployment in group.Deployments)
        {
            window = Check(deployment, in request) == ExclusionReason.ContextWindow ? Math.Max(window, deployment.Context ?? 0) : window;
        }

        var input = request.Needs.EstimatedInputTokens;
        var asked = request.OutputCap > 0
            ? $"you requested about {Total(in request)} tokens ({input} in the messages, {request.OutputCap} in the completion). Please reduce the length of the messages or completion."
            : $"your messages resulted in about {input} tokens. Please reduce the length of the messages.";
        return new GatewayError(GatewayErrorKind.ContextLengthExceeded, $"This model's maximum context length is {window} tokens. However, {asked}", "messages");
    }
}
