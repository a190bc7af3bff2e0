using Gateway.Core.Admission.Redis;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Gateway.Edge.Admission;

/// <summary>Says in /ready who decides limits. Without Redis the Edge works on, so it is never unhealthy.</summary>
internal sealed class RedisHealthCheck(RedisLink? link) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(link switch
    {
        null => HealthCheckResult.Healthy("not configured (local limits)"),
        { IsUp: true } => HealthCheckResult.Healthy("ok"),
        _ => HealthCheckResult.Degraded("degraded (local limits)"),
    });
}
