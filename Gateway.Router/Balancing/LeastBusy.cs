using Gateway.Router.Catalog;

namespace Gateway.Router.Balancing;

/// <summary>The deployment with the fewest running calls for its weight; equals share in proportion to weight. Stateless.</summary>
/// <remarks>Score: running calls / weight.</remarks>
internal sealed class LeastBusy : IBalancingStrategy
{
    public int Pick(ReadOnlySpan<Deployment> candidates, ReadOnlySpan<double> weights, in BalancingRequest request, Span<double> scores, bool commit)
    {
        var best = double.PositiveInfinity;
        for (var i = 0; i < candidates.Length; i++)
        {
            scores[i] = candidates[i].State.Load.InFlight / weights[i];
            best = Math.Min(best, scores[i]);
        }

        return new Dice(request.Roll).NextUpTo(best, scores, weights);
    }

    /// <summary>The least busy of those that are about as good as the best.</summary>
    /// <param name="limit">Highest score that is as good.</param>
    /// <param name="scores">Lower is better.</param>
    internal static int Among(double limit, ReadOnlySpan<Deployment> candidates, ReadOnlySpan<double> weights, ReadOnlySpan<double> scores, ulong roll)
    {
        // Decided in two rounds over so few that a third span would cost more: the loads first, then the equals among them.
        var least = double.PositiveInfinity;
        double sum = 0;
        var chosen = -1;
        var dice = new Dice(roll);
        for (var i = 0; i < candidates.Length; i++)
        {
            if (scores[i] > limit)
            {
                continue;
            }

            var load = candidates[i].State.Load.InFlight / weights[i];
            if (load < least)
            {
                (least, sum, chosen) = (load, weights[i], i);
            }
            else if (load == least)
            {
                // Each of k equals stays with its part of the weight: a draw without knowing how many there are.
                sum += weights[i];
                chosen = dice.Next() * sum < weights[i] ? i : chosen;
            }
        }

        return chosen;
    }
}
