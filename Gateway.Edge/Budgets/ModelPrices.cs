using System.Collections.Frozen;
using Gateway.Core.Catalog;
using Gateway.Core.Configuration;
using Gateway.Core.Money;
using Gateway.Core.Requests;

namespace Gateway.Edge.Budgets;

/// <summary>What models may cost, by one configuration. Immutable.</summary>
internal sealed class ModelPrices(GatewayConfig config)
{
    private readonly FrozenDictionary<string, DeploymentConfig[]> _deployments = config.Models.Values.SelectMany(static group => group.Deployments)
        .GroupBy(static deployment => deployment.Id, StringComparer.Ordinal).ToFrozenDictionary(static same => same.Key, static same => same.ToArray(), StringComparer.Ordinal);

    /// <param name="target">What is asked for. Its fallbacks are not in it: the Router books what those cost more.</param>
    /// <param name="providers">The key's patterns.</param>
    public TargetPrice Of(ModelTarget target, IReadOnlyList<string> providers)
    {
        // The same model is priced alike whichever name led to it.
        var candidates = target.Group is { } group ? group.Deployments.Where(deployment => NamePattern.MatchesAny(providers, deployment.Provider))
            : _deployments.GetValueOrDefault($"{target.Providers[0]}/{target.UpstreamModel}") ?? Unlisted(target.Providers[0], target.UpstreamModel);
        return TargetPrice.Of([.. candidates], target.Group?.OutputCap);
    }

    // No group names it, and the catalogue may still know its price.
    private DeploymentConfig[] Unlisted(string provider, string model) =>
        config.PlanOf(provider, model) is { } plan ? [new DeploymentConfig { Provider = provider, Model = model, Plan = plan }] : [];
}

/// <summary>What one call of a model may cost a key at most: the dearest of what may serve it.</summary>
internal sealed record TargetPrice
{
    /// <summary>Where neither client, model nor operator say how long an answer may be.</summary>
    public const long StandardOutputCap = 16_384;

    /// <summary>Where no deployment says how much it holds.</summary>
    public const long StandardContext = 1_000_000;

    /// <summary>Whether anything that has a price may serve it. What has none is not asked for callers with hard budgets.</summary>
    public bool IsPriced { get; private init; }

    /// <summary>Dearest token of the input, of any class and tier and however long the prompt. Nano-USD per 1,000,000 tokens.</summary>
    public long Input => Priced.Length == 0 ? 0 : Priced.Max(static plan => plan.Dearest(long.MaxValue).DearestInput);

    /// <summary>Dearest token of the output. Nano-USD per 1,000,000 tokens.</summary>
    public long Output => Priced.Length == 0 ? 0 : Priced.Max(static plan => plan.Dearest(long.MaxValue).DearestOutput);

    private PricePlan[] Priced { get; init; } = [];

    /// <summary>The same for a prompt of at most so many tokens: only a longer one costs what long ones do.</summary>
    public (long Input, long Output) For(long mostInputTokens)
    {
        var (input, output) = (0L, 0L);
        foreach (var plan in Priced)
        {
            var dearest = plan.Dearest(mostInputTokens);
            (input, output) = (Math.Max(input, dearest.DearestInput), Math.Max(output, dearest.DearestOutput));
        }

        return (input, output);
    }

    /// <summary>Most output of any of them; null when one does not say.</summary>
    public long? MaxOutput { get; private init; }

    /// <summary>Output cap of requests that name none.</summary>
    public long OutputCap { get; private init; } = StandardOutputCap;

    /// <summary>Largest context window; null when one does not say.</summary>
    public long? Context { get; private init; }

    /// <summary>Most input that a call can have, as far as anybody says.</summary>
    public long MostInput { get; private init; } = StandardContext;

    public static TargetPrice Of(DeploymentConfig[] candidates, long? groupCap)
    {
        var priced = Array.FindAll(candidates, static deployment => deployment.Plan is not null);
        var maxOutput = candidates.Max(static deployment => deployment.MaxOutput);
        var context = candidates.Max(static deployment => deployment.Context);
        return new TargetPrice
        {
            IsPriced = priced.Length > 0,
            Priced = Array.ConvertAll(priced, static deployment => deployment.Plan!),
            MaxOutput = Array.Exists(candidates, static deployment => deployment.MaxOutput is null) ? null : maxOutput,
            OutputCap = Math.Min(maxOutput ?? long.MaxValue, groupCap ?? StandardOutputCap),
            Context = Array.Exists(candidates, static deployment => deployment.Context is null) ? null : context,
            MostInput = context ?? StandardContext,
        };
    }
}
