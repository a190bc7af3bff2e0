using Gateway.Router.Catalog;
using Gateway.Router.Pipeline;

namespace Gateway.Router.Routing;

internal static class RouteTrips
{
    /// <summary>Tokens of an answer where nothing better is known.</summary>
    private const long UsualOutput = 500;

    /// <summary>What the choice of a place needs to know of a request.</summary>
    public static RouteTrip For(LlmExchange exchange)
    {
        var group = exchange.Group ?? throw new InvalidOperationException("No model group was resolved.");
        var cap = exchange.Facts.OutputCap;
        return new RouteTrip
        {
            Group = group,
            Candidates = exchange.Candidates as Deployment[] ?? [.. exchange.Candidates],
            InputTokens = exchange.Form is null ? UsageRecorder.EstimateTokens(exchange.Body.Length) : 0,
            OutputTokens = cap >= 0 ? Math.Min(cap, UsualOutput) : UsualOutput,
            Stream = exchange.Facts.Stream,
            Preferences = exchange.Claims.MaySteer ? exchange.Facts.Preferences : null,
        };
    }
}
