using Gateway.Router.Catalog;

namespace Gateway.Router.Balancing;

/// <summary>
/// Smooth weighted round robin: over a full turn each deployment is picked as often as its weight says, and the picks of a
/// heavy one are spread over the turn. Thread-safe.
/// </summary>
/// <remarks>Each pick adds every candidate's weight to its counter, takes the highest, and lowers that one by the sum.</remarks>
internal sealed class WeightedRoundRobin(int deployments)
{
    private readonly Lock _lock = new();
    private readonly long[] _counters = new long[deployments];

    /// <param name="candidates">Deployments of this group; not empty.</param>
    public Deployment Pick(IReadOnlyList<Deployment> candidates)
    {
        if (candidates.Count == 1)
        {
            return candidates[0];
        }

        lock (_lock)
        {
            return Pick_NeedsLock(candidates);
        }
    }

    private Deployment Pick_NeedsLock(IReadOnlyList<Deployment> candidates)
    {
        long sum = 0;
        var best = candidates[0];
        for (var i = 0; i < candidates.Count; i++)
        {
            var candidate = candidates[i];
            sum += candidate.Weight;
            _counters[candidate.Index] += candidate.Weight;
            if (_counters[candidate.Index] > _counters[best.Index])
            {
                best = candidate;
            }
        }

        _counters[best.Index] -= sum;
        return best;
    }
}
