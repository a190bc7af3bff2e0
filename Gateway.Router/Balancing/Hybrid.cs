using Gateway.Core.Configuration;
using Gateway.Router.Catalog;

namespace Gateway.Router.Balancing;

/// <summary>Weighs cost, latency, load and errors against each other. Stateless: what is measured stands in <see cref="DeploymentLoad"/>.</summary>
/// <param name="priority">How much each counts; only their relations matter.</param>
/// <remarks>
/// Score: 0 to 1, the weighted mean of four parts, each divided by the highest among the candidates. Cost: of this request; what has no price
/// counts as the most expensive. Latency: time to the first token and, for streams, the time that the estimated answer takes; what is unknown counts as the best, so that it is
/// tried, and load keeps the crowd away. Load: running calls for the weight, and four more, so that the first call does not tilt the scales.
/// Errors: share that failed lately; below a tenth it counts less. Scores within 0.05 of the lowest are equal and share in proportion to weight.
/// </remarks>
internal sealed class Hybrid(HybridWeights priority) : IBalancingStrategy
{
    private const double Equal = 0.05;

    /// <summary>Running calls that everybody is taken to have.</summary>
    private const double BaseLoad = 4;

    /// <summary>Candidates whose parts fit on the stack; groups have few.</summary>
    private const int OnStack = 16;

    private readonly double _cost = priority.Cost / Sum(priority);
    private readonly double _latency = priority.Latency / Sum(priority);
    private readonly double _load = priority.Load / Sum(priority);
    private readonly double _errors = priority.Errors / Sum(priority);

    public int Pick(ReadOnlySpan<Deployment> candidates, ReadOnlySpan<double> weights, in BalancingRequest request, Span<double> scores, bool commit)
    {
        var dice = new Dice(request.Roll);
        var triesOld = dice.Next() < LowestLatency.TryOld;
        double sum = 0;
        foreach (var weight in weights)
        {
            sum += weight;
        }

        // 1. The parts, the highest of each, and the best latency.
        var parts = candidates.Length <= OnStack ? stackalloc Parts[OnStack] : new Parts[candidates.Length];
        var most = new Parts(1, double.Epsilon, double.Epsilon, LoadReading.FewErrors);
        var bestLatency = double.PositiveInfinity;
        for (var i = 0; i < candidates.Length; i++)
        {
            parts[i] = Read(candidates[i], weights[i] / sum, request, triesOld);
            most = most.Max(parts[i]);
            bestLatency = parts[i].Latency >= 0 ? Math.Min(bestLatency, parts[i].Latency) : bestLatency;
        }

        // 2. The scores.
        var best = double.PositiveInfinity;
        for (var i = 0; i < candidates.Length; i++)
        {
            var cost = parts[i].Cost >= 0 ? parts[i].Cost / most.Cost : 1;
            var latency = parts[i].Latency >= 0 ? parts[i].Latency : double.IsFinite(bestLatency) ? bestLatency : 0;
            scores[i] = (_cost * cost) + (_latency * latency / most.Latency) + (_load * parts[i].Load / most.Load) + (_errors * parts[i].Errors / most.Errors);
            best = Math.Min(best, scores[i]);
        }

        return dice.NextUpTo(best + Equal, scores, weights);
    }

    private static Parts Read(Deployment deployment, double share, in BalancingRequest request, bool triesOld)
    {
        var load = deployment.State.Load.ReadAt(request.Now);
        var measure = load.Latency(request.Stream);
        var latency = -1.0;
        if (measure.IsKnown && !(measure.IsOld && triesOld && load.IsFreeToTry))
        {
            latency = measure.Seconds + (request.Stream ? request.OutputTokens * load.PerToken.Seconds : 0);
        }

        return new Parts(
            deployment.Price is null ? -1 : LowestCost.Cost(deployment, request),
            latency,
            BaseLoad + (load.InFlight / share),
            load.Errors);
    }

    private static double Sum(HybridWeights priority)
    {
        var sum = priority.Cost + priority.Latency + priority.Load + priority.Errors;
        return sum > 0 ? sum : 1;
    }

    /// <summary>Cost in nano-USD, latency in seconds (both -1 where not known), calls, share of errors.</summary>
    private readonly record struct Parts(double Cost, double Latency, double Load, double Errors)
    {
        public Parts Max(in Parts other) => new(Math.Max(Cost, other.Cost), Math.Max(Latency, other.Latency), Math.Max(Load, other.Load), Math.Max(Errors, other.Errors));
    }
}
