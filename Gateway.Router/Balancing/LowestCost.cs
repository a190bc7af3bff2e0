using Gateway.Core.Money;
using Gateway.Router.Catalog;

namespace Gateway.Router.Balancing;

/// <summary>The deployment where this request costs least: a long prompt may be cheapest elsewhere than a long answer. Stateless.</summary>
/// <remarks>
/// Score: nano-USD for the estimated tokens; what has no price counts as the most expensive. Costs within 1 % of the lowest are equal, and the
/// least busy of them is taken.
/// </remarks>
internal sealed class LowestCost : IBalancingStrategy
{
    private const double Equal = 1.01;

    public int Pick(ReadOnlySpan<Deployment> candidates, ReadOnlySpan<double> weights, in BalancingRequest request, Span<double> scores, bool commit)
    {
        var best = double.PositiveInfinity;
        for (var i = 0; i < candidates.Length; i++)
        {
            scores[i] = Cost(candidates[i], request);
            best = Math.Min(best, scores[i]);
        }

        return LeastBusy.Among(best * Equal, candidates, weights, scores, request.Roll);
    }

    internal static double Cost(Deployment deployment, in BalancingRequest request) =>
        deployment.Plan?.For(request.InputTokens) is { } price ? price.Cost(new TokenUsage(request.InputTokens, 0, 0, request.OutputTokens, 0)) : long.MaxValue;
}
