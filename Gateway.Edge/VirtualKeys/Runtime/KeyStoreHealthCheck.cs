using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Gateway.Edge.VirtualKeys.Runtime;

/// <summary>Says in /ready whether keys made at run time are up to date. The Edge works on without, so it is never unhealthy.</summary>
internal sealed class KeyStoreHealthCheck(RuntimeKeys keys) : IHealthCheck
{
    public const string Name = "keys";

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(keys switch
    {
        { IsOn: false, IsCurrent: true } => HealthCheckResult.Healthy("off (only keys of the document)"),
        { IsOn: false } => HealthCheckResult.Degraded("degraded (GATEWAY_KEY_PEPPER is not set)"),
        { IsCurrent: true } => HealthCheckResult.Healthy("ok"),
        _ => HealthCheckResult.Degraded("degraded (the store does not answer)"),
    });
}
