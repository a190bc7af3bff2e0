using Gateway.Router.Catalog;

namespace Gateway.Router.Balancing;

/// <summary>
/// Smooth weighted round robin: over a full turn each deployment is picked as often as its weight says, and the picks of a
/// heavy one are spread over the turn. Thread-safe.
/// </summary>
/// <remarks>Each pick adds every candidate's weight to its counter, takes the highest, and lowers that one by the sum.</remarks>
internal sealed class WeightedRoundRobin(int deployments) : IBalancingStrategy
{
    private readonly Lock _lock = new();
    private readonly double[] _counters = new double[deployments];

    public int Pick(ReadOnlySpan<Deployment> candidates, ReadOnlySpan<double> weights, in BalancingRequest request, Span<double> scores, bool commit)
    {
        lock (_lock)
        {
            double sum = 0;
            var best = 0;
            for (var i = 0; i < candidates.Length; i++)
            {
                sum += weights[i];
                scores[i] = -(_counters[candidates[i].Index] + weights[i]);
                best = scores[i] < scores[best] ? i : best;
            }

            if (commit)
            {
                for (var i = 0; i < candidates.Length; i++)
                {
                    _counters[candidates[i].Index] += weights[i];
                }

                _counters[candidates[best].Index] -= sum;
            }

            return best;
        }
    }
}
