using Gateway.Core.Configuration;
using Gateway.Core.Journal;
using Gateway.Core.Money;
using Gateway.Usage.Ledger.Corrections;

namespace Gateway.Usage.Pricing;

/// <summary>What requests of the past would cost at the prices of a configuration. Changes nothing. Not thread-safe.</summary>
internal sealed class Repricer(GatewayConfig config)
{
    private readonly Dictionary<string, PricePlan?> _plans = new(StringComparer.Ordinal);

    /// <summary>The new cost of a request: each of its calls at the prices of the deployment that was called, by its input and the tier that the answer named.</summary>
    /// <param name="final">The request as it came.</param>
    /// <param name="corrected">What it costs by now; null for what its record says.</param>
    public RepricedRequest Reprice(UsageFinal final, CorrectedCost? corrected = null)
    {
        var (deployments, isPriced) = (new Dictionary<string, (Int128 Old, Int128 New)>(StringComparer.Ordinal), true);
        if (final.AttemptRecords.Count == 0 || !CostCheck.AddsUp(final))
        {
            // As sums have it: all of it is the answering deployment's.
            isPriced = Add(deployments, final.Intent.Deployment, final.Usage, ServiceTiers.Of(final.ServiceTier), final.CostNanoUsd);
        }
        else
        {
            foreach (var attempt in final.AttemptRecords)
            {
                // The record names the tier of the call that answered only.
                var tier = attempt.Number == final.Intent.Attempt ? ServiceTiers.Of(final.ServiceTier) : ServiceTier.Unsaid;
                isPriced &= Add(deployments, attempt.Deployment, attempt.Usage, tier, attempt.CostNanoUsd);
            }
        }

        foreach (var share in corrected?.Shares ?? [])
        {
            // What has no price now keeps what it was corrected to.
            var (old, priced) = deployments.GetValueOrDefault(share.Deployment);
            deployments[share.Deployment] = (old + share.DifferenceNanoUsd, PlanOf(share.Deployment) is null ? priced + share.DifferenceNanoUsd : priced);
        }

        var present = corrected?.NanoUsd ?? final.CostNanoUsd;
        var sum = deployments.Values.Aggregate((Int128)0, static (sum, deployment) => sum + deployment.New);
        var result = new RepricedRequest(final.Intent.RequestId, present, (long)Int128.Clamp(sum, 0, long.MaxValue), isPriced);
        if (result.NewNanoUsd == present)
        {
            return result;
        }

        // A sum that does not fit has no parts that add up to it: it is the answering deployment's.
        CostShare[] shares = [.. deployments.Where(static deployment => deployment.Value.New != deployment.Value.Old)
            .Select(static deployment => new CostShare(deployment.Key, (long)Int128.Clamp(deployment.Value.New - deployment.Value.Old, long.MinValue, long.MaxValue)))];
        var isExact = shares.Aggregate((Int128)0, static (total, share) => total + share.DifferenceNanoUsd) == (Int128)result.NewNanoUsd - present;
        return result with { Shares = isExact ? shares : null, PriceVersion = VersionOf(final.Intent.Deployment) };
    }

    /// <returns>False when it has no price now. That nobody knows one is no reason to give money back: its cost stays.</returns>
    private bool Add(Dictionary<string, (Int128 Old, Int128 New)> deployments, string deployment, in TokenUsage usage, ServiceTier tier, long costNanoUsd)
    {
        var plan = usage == default ? null : PlanOf(deployment);
        var (before, after) = deployments.GetValueOrDefault(deployment);
        deployments[deployment] = (before + costNanoUsd, after + (plan?.For(usage.Input, tier).Cost(in usage) ?? costNanoUsd));
        return plan is not null || usage == default || deployment.Length == 0;
    }

    // The number of a document counts within one process, so it means nothing here.
    private string VersionOf(string deployment) => PlanOf(deployment) is not { } plan ? "" : plan.CatalogueDate is { } date ? $"catalogue:{date}" : "document";

    private PricePlan? PlanOf(string deployment)
    {
        if (!_plans.TryGetValue(deployment, out var plan))
        {
            var slash = deployment.IndexOf('/', StringComparison.Ordinal);
            plan = slash <= 0 ? null : config.PlanOf(deployment[..slash], deployment[(slash + 1)..]);
            _plans.Add(deployment, plan);
        }

        return plan;
    }
}

/// <param name="RequestId">The request.</param>
/// <param name="OldNanoUsd">Cost in the ledger by now.</param>
/// <param name="NewNanoUsd">Cost at the other prices.</param>
/// <param name="IsPriced">False: a deployment of it has no price now, and what it costs stays.</param>
internal readonly record struct RepricedRequest(Guid RequestId, long OldNanoUsd, long NewNanoUsd, bool IsPriced)
{
    /// <summary>What differs, by deployment; null where nothing does, and where it has no parts.</summary>
    public IReadOnlyList<CostShare>? Shares { get; init; }

    /// <summary>Where the new price of the deployment that answered is from; null where nothing differs.</summary>
    public string? PriceVersion { get; init; }
}
