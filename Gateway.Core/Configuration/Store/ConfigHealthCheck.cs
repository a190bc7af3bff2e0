using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Gateway.Core.Configuration.Store;

/// <summary>Degraded while the newest document is refused: the service works, but not with what the operator wants.</summary>
internal sealed class ConfigHealthCheck(IConfigStore store) : IHealthCheck
{
    public const string Name = "configuration";

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var generation = store.Current.Generation;
        return Task.FromResult(store.Problem is null
            ? HealthCheckResult.Healthy(string.Create(CultureInfo.InvariantCulture, $"generation {generation} in force"))
            : HealthCheckResult.Degraded(string.Create(CultureInfo.InvariantCulture, $"configuration refused, generation {generation} in force")));
    }
}
