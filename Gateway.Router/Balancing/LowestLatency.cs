using Gateway.Router.Catalog;

namespace Gateway.Router.Balancing;

/// <summary>
/// The faster of two that are drawn by weight: what a client would wait, times the calls already there. Two and not all, so that
/// several Routers do not all run to the same one. Stateless: latency stands in <see cref="DeploymentLoad"/>.
/// </summary>
/// <param name="choices">How many are compared: two, or all for a client that asks for the fastest.</param>
/// <remarks>
/// Score in seconds: (running calls + 1) / weight x latency / share of calls that succeed; latency is the first token's for streams, the whole
/// answer's otherwise. One that was never measured scores 0 while nothing runs there, so that it gets one call at once, and ranks last until that
/// call has told. One whose measure is old gets a call now and then: that is how a slow host that became fast is found.
/// Sources: Mitzenmacher 2001, doi:10.1109/71.963420 (two choices); Finagle's PeakEwma (peak-sensitive mean).
/// </remarks>
internal sealed class LowestLatency(LatencyChoices choices = LatencyChoices.Two) : IBalancingStrategy
{
    /// <summary>Ranks behind everything that was measured; so many seconds that no measure comes near.</summary>
    internal const double UnknownAndBusy = 1e9;

    /// <summary>Share of the choices that try an old measure anew.</summary>
    internal const double TryOld = 1.0 / 32;

    public int Pick(ReadOnlySpan<Deployment> candidates, ReadOnlySpan<double> weights, in BalancingRequest request, Span<double> scores, bool commit)
    {
        var dice = new Dice(request.Roll);
        var triesOld = dice.Next() < TryOld;
        for (var i = 0; i < candidates.Length; i++)
        {
            var load = candidates[i].State.Load.ReadAt(request.Now);
            scores[i] = Score(load, load.Latency(request.Stream), weights[i], triesOld);
        }

        if (choices == LatencyChoices.All)
        {
            return Lowest(scores, weights, ref dice);
        }

        var first = dice.Next(weights);
        if (candidates.Length == 1)
        {
            return first;
        }

        var second = dice.Next(weights, but: first);
        return scores[second] < scores[first] ? second : first;
    }

    internal static double Score(in LoadReading load, in Measure measure, double weight, bool triesOld)
    {
        if (load.IsFreeToTry && (!measure.IsKnown || (measure.IsOld && triesOld)))
        {
            return 0;
        }

        var seconds = measure.IsKnown ? measure.Seconds : UnknownAndBusy;
        return (load.InFlight + 1) / weight * seconds / (1 - load.Errors);
    }

    internal static int Lowest(ReadOnlySpan<double> scores, ReadOnlySpan<double> weights, ref Dice dice)
    {
        var best = double.PositiveInfinity;
        foreach (var score in scores[..weights.Length])
        {
            best = Math.Min(best, score);
        }

        return dice.NextUpTo(best, scores, weights);
    }
}

internal enum LatencyChoices : byte
{
    Two,
    All,
}
