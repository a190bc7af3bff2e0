using Gateway.Core.Configuration;
using Gateway.Core.Journal;
using Gateway.Core.Money;

namespace Gateway.Usage.Pricing;

/// <summary>What requests of the past would cost at the prices of a configuration. Changes nothing. Not thread-safe.</summary>
internal sealed class Repricer(GatewayConfig config)
{
    private readonly Dictionary<string, PricePlan?> _plans = new(StringComparer.Ordinal);

    /// <summary>The new cost of a request: each of its calls at the prices of the deployment that was called, by its input and the tier that the answer named.</summary>
    public RepricedRequest Reprice(UsageFinal final)
    {
        if (final.AttemptRecords.Count == 0 || !CostCheck.AddsUp(final))
        {
            // As sums have it: all of it is the answering deployment's.
            var (cost, isPriced) = Cost(final.Intent.Deployment, final.Usage, ServiceTiers.Of(final.ServiceTier), final.CostNanoUsd);
            return new RepricedRequest(final.Intent.RequestId, final.CostNanoUsd, cost, isPriced);
        }

        var (sum, all) = ((Int128)0, true);
        foreach (var attempt in final.AttemptRecords)
        {
            if (attempt.Usage == default)
            {
                sum += attempt.CostNanoUsd;
                continue;
            }

            // The record names the tier of the call that answered only.
            var tier = attempt.Number == final.Intent.Attempt ? ServiceTiers.Of(final.ServiceTier) : ServiceTier.Unsaid;
            var (cost, isPriced) = Cost(attempt.Deployment, attempt.Usage, tier, attempt.CostNanoUsd);
            sum += cost;
            all &= isPriced;
        }

        return new RepricedRequest(final.Intent.RequestId, final.CostNanoUsd, (long)Int128.Min(sum, long.MaxValue), all);
    }

    // What has no price now keeps its cost: that nobody knows a price is no reason to give money back.
    private (long NanoUsd, bool IsPriced) Cost(string deployment, in TokenUsage usage, ServiceTier tier, long costNanoUsd) =>
        PlanOf(deployment) is { } plan ? (plan.For(usage.Input, tier).Cost(in usage), true) : (costNanoUsd, deployment.Length == 0);

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
/// <param name="OldNanoUsd">Cost in the ledger.</param>
/// <param name="NewNanoUsd">Cost at the other prices.</param>
/// <param name="IsPriced">False: a deployment of it has no price now, and what it costs stays.</param>
internal readonly record struct RepricedRequest(Guid RequestId, long OldNanoUsd, long NewNanoUsd, bool IsPriced);
