using System.Globalization;
using Gateway.Router.Catalog;
using Gateway.Router.Pipeline;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Gateway.Router.Cooldowns;

/// <summary>Each provider's state in /ready. One that is out makes the Router degraded, never unhealthy: it still answers, and another Router would fare no better.</summary>
internal sealed class ProvidersHealthCheck(ModelCatalog catalog, RouterClock clock) : IHealthCheck
{
    public const string Name = "providers";

    /// <summary>More would make a probe's answer a report.</summary>
    private const int MaxNamed = 20;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var now = clock.Now;
        var named = new List<string>();
        var (isOut, providers) = (false, 0);
        foreach (var provider in ConfiguredDeployments.Of(catalog.Current).GroupBy(static deployment => deployment.Provider.Name, StringComparer.Ordinal))
        {
            providers++;
            var all = provider.Count();
            var open = provider.Count(deployment => DeploymentHealth.Of(deployment.State, now) is HealthState.Open or HealthState.HalfOpen);
            isOut |= open == all;
            named.Add(open == 0 ? $"{provider.Key}: ok"
                : open == all ? $"{provider.Key}: out"
                : string.Create(CultureInfo.InvariantCulture, $"{provider.Key}: {open} of {all} deployments out"));
        }

        // Those that need somebody's attention first.
        var text = string.Join(", ", named.OrderBy(static line => line.EndsWith(": ok", StringComparison.Ordinal)).Take(MaxNamed));
        var detail = providers > MaxNamed ? string.Create(CultureInfo.InvariantCulture, $"{text}, and {providers - MaxNamed} more") : text;
        return Task.FromResult(isOut ? HealthCheckResult.Degraded(detail) : HealthCheckResult.Healthy(detail));
    }
}
