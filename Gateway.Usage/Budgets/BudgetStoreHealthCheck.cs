using Gateway.Core.Admission.Shared;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Gateway.Usage.Budgets;

/// <summary>Says in /ready whether the counters can be kept. The ledger is taken all the same, so Usage is never unhealthy for it.</summary>
internal sealed class BudgetStoreHealthCheck(IBudgetAuthority? authority) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(authority switch
    {
        null => HealthCheckResult.Healthy("not configured (Edges ask for what was spent)"),
        { IsUp: true } => HealthCheckResult.Healthy("ok"),
        _ => HealthCheckResult.Degraded("degraded (budgets are not kept meanwhile)"),
    });
}
