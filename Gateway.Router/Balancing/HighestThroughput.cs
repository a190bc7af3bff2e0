using Gateway.Router.Catalog;

namespace Gateway.Router.Balancing;

/// <summary>The deployment that generates fastest, for a client that asks for it. Stateless.</summary>
/// <remarks>Score in seconds: (running calls + 1) / weight x time per output token / share of calls that succeed. Unknown and old measures as in <see cref="LowestLatency"/>.</remarks>
internal sealed class HighestThroughput : IBalancingStrategy
{
    public int Pick(ReadOnlySpan<Deployment> candidates, ReadOnlySpan<double> weights, in BalancingRequest request, Span<double> scores, bool commit)
    {
        var dice = new Dice(request.Roll);
        var triesOld = dice.Next() < LowestLatency.TryOld;
        for (var i = 0; i < candidates.Length; i++)
        {
            var load = candidates[i].State.Load.ReadAt(request.Now);
            scores[i] = LowestLatency.Score(load, load.PerToken, weights[i], triesOld);
        }

        return LowestLatency.Lowest(scores, weights, ref dice);
    }
}
