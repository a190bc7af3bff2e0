using Gateway.Core.Configuration;
using Gateway.Router.Balancing;
using Gateway.Router.Catalog;
using Gateway.Router.Pipeline;

namespace Gateway.Router.Routing;

internal static class RouteTrips
{
    /// <summary>What the choice of a place needs to know of a request. Looks into the body only where it matters.</summary>
    public static RouteTrip For(LlmExchange exchange)
    {
        var group = exchange.Group ?? throw new InvalidOperationException("No model group was resolved.");
        return new RouteTrip
        {
            Group = group,
            Candidates = exchange.Candidates as Deployment[] ?? [.. exchange.Candidates],
            InputTokens = exchange.Form is not null ? 0 : group.WantsEstimates ? exchange.Needs.EstimatedInputTokens : UsageRecorder.EstimateTokens(exchange.Body.Length),
            OutputTokens = OutputOf(exchange, group),
            Session = group.LimitsSessions ? Affinity.Of(exchange, StickyBy.Session) : 0,
            Affinity = AffinityOf(exchange, group),
            Stream = exchange.Facts.Stream,
            Preferences = exchange.Facts.Preferences,
        };
    }

    /// <summary>What a sticky group keeps together.</summary>
    public static ulong AffinityOf(LlmExchange exchange, ModelGroup group) =>
        group.Config.Strategy == BalancingStrategy.Sticky ? Affinity.Of(exchange, group.Config.StickyBy) : 0;

    /// <summary>What answers of this group have under such a cap, where it matters, and no more than the client wants.</summary>
    private static long OutputOf(LlmExchange exchange, ModelGroup group)
    {
        var cap = exchange.Facts.OutputCap;
        return group.WantsEstimates ? group.State.Lengths.Estimate(cap)
            : cap >= 0 ? Math.Min(cap, AnswerLengths.Usual) : AnswerLengths.Usual;
    }
}
