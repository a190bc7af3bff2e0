using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Gateway.ServiceDefaults.Health;

internal static class HealthExtensions
{
    /// <summary>Checks of this tag say whether the process itself works; all others are dependencies.</summary>
    public const string LiveTag = "live";

    // A check that hangs must not hang the probe: orchestrators count a silent probe like a failed one, but say nothing of the cause.
    private static readonly TimeSpan CheckDeadline = TimeSpan.FromSeconds(2);

    public static void AddHealth(this IHostApplicationBuilder builder)
    {
        builder.Services.AddHealthChecks().AddCheck("self", static () => HealthCheckResult.Healthy(), [LiveTag]);
        builder.Services.PostConfigure<HealthCheckServiceOptions>(static options =>
        {
            foreach (var check in options.Registrations)
            {
                check.Timeout = check.Timeout == Timeout.InfiniteTimeSpan ? CheckDeadline : check.Timeout;
                var make = check.Factory;
                check.Factory = services => new BoundedCheck(make(services));
            }
        });
        builder.Services.TryAddSingleton<Readiness>();
        builder.Services.TryAddSingleton<HealthEndpoints>();
    }

    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        var endpoints = routes.ServiceProvider.GetRequiredService<HealthEndpoints>();
        routes.MapGet(ProbePaths.Health, endpoints.HealthAsync).DisableHttpMetrics();
        routes.MapGet(ProbePaths.Ready, endpoints.ReadyAsync).DisableHttpMetrics();
    }
}
