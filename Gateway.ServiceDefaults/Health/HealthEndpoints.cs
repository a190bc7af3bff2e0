using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Gateway.ServiceDefaults.Health;

/// <summary>The two probes. Live: restart me if not. Ready: send me requests only if so.</summary>
internal sealed class HealthEndpoints(HealthCheckService checks, Readiness readiness, IHostApplicationLifetime lifetime)
{
    public async Task HealthAsync(HttpContext context)
    {
        // Live stays true while the service drains: a killed process would cut the streams that drain is for.
        var report = await checks.CheckHealthAsync(static check => check.Tags.Contains(HealthExtensions.LiveTag), context.RequestAborted);
        await HealthReportWriter.WriteLiveAsync(context.Response, report.Status != HealthStatus.Unhealthy);
    }

    public async Task ReadyAsync(HttpContext context)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            await HealthReportWriter.WriteStoppingAsync(context.Response);
            return;
        }
        await HealthReportWriter.WriteReadyAsync(context.Response, await readiness.GetAsync().WaitAsync(context.RequestAborted));
    }
}
