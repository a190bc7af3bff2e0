using Gateway.Core.Catalog;
using Gateway.Core.Configuration;
using Gateway.Router.Pipeline;

namespace Gateway.Router.Explain;

/// <summary>Says by which rule of <see cref="ModelDirectory"/> a name leads where it does.</summary>
internal static class ModelResolution
{
    /// <param name="exchange">The request.</param>
    /// <param name="target">What its model leads to; null for nowhere.</param>
    public static IReadOnlyList<ResolutionStep> Of(LlmExchange exchange, ModelTarget? target)
    {
        var steps = new List<ResolutionStep>();
        if (exchange.Claims.RouteModel.Length > 0)
        {
            steps.Add(new(exchange.Facts.Model, "route", exchange.Claims.RouteModel));
        }

        if (target is null)
        {
            return steps;
        }

        if (!string.Equals(target.Name, target.Target, StringComparison.Ordinal))
        {
            steps.Add(new(target.Name, "alias", target.Target));
        }

        steps.Add(target.Group is { } group ? new(target.Target, "group", group.Name) : new(target.Target, KindOf(target, exchange.Config), $"{target.Providers[0]}/{target.UpstreamModel}"));
        return steps;
    }

    private static string KindOf(ModelTarget target, GatewayConfig config) =>
        target.Target.Length == target.Providers[0].Length + 1 + target.UpstreamModel.Length ? "provider"
        : config.Resolve.Prefixes.Any(prefix => target.Target.StartsWith(prefix.Key.TrimEnd('*'), StringComparison.Ordinal)) ? "prefix" : "default";
}
