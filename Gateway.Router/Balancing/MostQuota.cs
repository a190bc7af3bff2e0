using Gateway.Router.Catalog;
using Gateway.Router.Credentials;

namespace Gateway.Router.Balancing;

/// <summary>The deployment with the largest share of its provider's quota left. Stateless: what is left stands in the <see cref="CredentialLane"/>s.</summary>
/// <param name="leftAt">What is left of one key's quota; null for what its lane knows.</param>
/// <remarks>
/// Score: the share that is used, 0 to 1. Of several keys it is the mean by their weights, not the best one's: traffic is to go where much is left in
/// all, and a deployment with one fresh key of ten has little. Shares within a hundredth are equal, and the least busy of them is taken; so
/// deployments of which nothing is known share by load.
/// </remarks>
internal sealed class MostQuota(Func<CredentialLane, long, double>? leftAt = null) : IBalancingStrategy
{
    private const double Equal = 0.01;

    private readonly Func<CredentialLane, long, double> _leftAt = leftAt ?? (static (lane, now) => lane.QuotaLeftAt(now));

    public int Pick(ReadOnlySpan<Deployment> candidates, ReadOnlySpan<double> weights, in BalancingRequest request, Span<double> scores, bool commit)
    {
        var best = double.PositiveInfinity;
        for (var i = 0; i < candidates.Length; i++)
        {
            scores[i] = 1 - Left(candidates[i].State.Lanes, request.Now);
            best = Math.Min(best, scores[i]);
        }

        return LeastBusy.Among(best + Equal, candidates, weights, scores, request.Roll);
    }

    /// <summary>Share of the quota of all keys that is left.</summary>
    private double Left(CredentialLane[] lanes, long now)
    {
        double left = 0;
        double all = 0;
        foreach (var lane in lanes)
        {
            var weight = lane.Credential?.Config.Weight ?? 1;
            left += weight * _leftAt(lane, now);
            all += weight;
        }

        return all > 0 ? left / all : 1;
    }
}
