using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Gateway.ServiceDefaults.Health;

/// <summary>Leaves a check behind at its deadline. The health service only asks it to stop, and clients of databases often don't.</summary>
internal sealed class BoundedCheck(IHealthCheck check) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        check.CheckHealthAsync(context, cancellationToken).WaitAsync(cancellationToken);
}
