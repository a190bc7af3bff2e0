using System.Globalization;
using Gateway.Core.Configuration.Store;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Gateway.Core.Pricing;

/// <summary>Degraded while the newest catalogue of prices is refused: the service charges by the one before.</summary>
internal sealed class PricesHealthCheck(ConfigStore store) : IHealthCheck
{
    public const string Name = "prices";

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var date = store.Current.Config.Catalogue.Date?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var inForce = date is null ? "no catalogue" : $"catalogue of {date}";
        return Task.FromResult(store.CatalogueProblem is null ? HealthCheckResult.Healthy($"{inForce} in force") : HealthCheckResult.Degraded($"catalogue refused, {inForce} in force"));
    }
}
