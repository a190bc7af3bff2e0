using Gateway.Core.Configuration;
using Gateway.Router.Catalog;

namespace Gateway.Router.Balancing;

/// <summary>
/// The same deployment for the same session while it is there: each session ranks all deployments in its own order, by weighted rendezvous
/// hashing. When one leaves only its sessions move, and they come back with it. Requests without a session share by weight. Thread-safe.
/// </summary>
/// <remarks>
/// Score: -ln(u) / weight, where u in (0, 1) is a hash of session and deployment; the lowest falls on each deployment in proportion to its weight.
/// The weight is the configured one and the ramp after a failure: the quota that is left changes with every answer and would move sessions, and
/// lose their prompt caches, all the time. Ids are hashed alike in every process, so all Routers agree.
/// Source: Schindelhauer, Schomaker 2005, doi:10.1145/1073970.1074008.
/// </remarks>
internal sealed class Sticky(ModelGroupConfig group, int deployments) : IBalancingStrategy
{
    private readonly ulong[] _ids = [.. group.Deployments.Select(static deployment => StableHash.Of(deployment.Id))];
    private readonly WeightedRoundRobin _others = new(deployments);

    public int Pick(ReadOnlySpan<Deployment> candidates, ReadOnlySpan<double> weights, in BalancingRequest request, Span<double> scores, bool commit)
    {
        if (request.Affinity == 0)
        {
            return _others.Pick(candidates, weights, request, scores, commit);
        }

        var best = 0;
        for (var i = 0; i < candidates.Length; i++)
        {
            var candidate = candidates[i];
            scores[i] = Distance(request.Affinity, _ids[candidate.Index]) / (candidate.Weight * candidate.State.RampAt(request.Now));
            best = scores[i] < scores[best] ? i : best;
        }

        return best;
    }

    /// <summary>Exponentially distributed over sessions: of several, each divided by its weight, the lowest falls on one in proportion to its weight.</summary>
    private static double Distance(ulong affinity, ulong id)
    {
        var hash = new StableHash(affinity);
        hash.Add(id);

        // The half keeps it above 0, where there is no logarithm.
        return -Math.Log(((hash.Value >> 12) + 0.5) * (1.0 / (1UL << 52)));
    }
}
