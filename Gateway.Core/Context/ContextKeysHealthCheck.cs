using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Gateway.Core.Context;

/// <summary>Degraded while the file of the context secrets cannot be used: the service works with those that it had.</summary>
internal sealed class ContextKeysHealthCheck(ContextKeyWatcher watcher) : IHealthCheck
{
    public const string Name = "context-keys";

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        watcher.Problem is null ? HealthCheckResult.Healthy("the file is in force") : HealthCheckResult.Degraded("the file cannot be used, the secrets before it are in force"));
}
