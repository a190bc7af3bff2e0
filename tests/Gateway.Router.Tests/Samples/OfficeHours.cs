using Gateway.Router.Balancing;
using Gateway.Router.Catalog;

namespace Gateway.Router.Tests.Samples;

// sample: strategy
/// <summary>Prefers the first deployment of a group by day and the last one by night, when its region is cheap.</summary>
internal sealed class OfficeHours(TimeProvider time) : IBalancingStrategy
{
    public int Pick(ReadOnlySpan<Deployment> candidates, ReadOnlySpan<double> weights, in BalancingRequest request, Span<double> scores, bool commit)
    {
        var isDay = time.GetUtcNow().Hour is >= 7 and < 19;
        for (var i = 0; i < candidates.Length; i++)
        {
            // Lower is better. The weight is less while a deployment recovers: it gets its requests back bit by bit.
            scores[i] = (isDay ? i : candidates.Length - i) / weights[i];
        }

        var best = 0;
        for (var i = 1; i < candidates.Length; i++)
        {
            best = scores[i] < scores[best] ? i : best;
        }

        return best;
    }
}
// end sample
