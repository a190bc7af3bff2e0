using Gateway.ServiceDefaults.Health;
using Gateway.ServiceDefaults.Serving;
using Gateway.ServiceDefaults.Startup;
using Gateway.ServiceDefaults.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.Hosting;

/// <summary>What every service of the gateway is born with. No business code.</summary>
public static class ServiceDefaultsExtensions
{
    /// <summary>
    /// Telemetry, health, service discovery, server limits and an orderly end. Call it first: it decides how sockets run our code,
    /// and it turns start-up problems of what follows into one clear line (see <see cref="ServiceRunner"/>).
    /// </summary>
    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder) where TBuilder : IHostApplicationBuilder
    {
        StartupProblemHandler.Install();
        StartupPhase.AddTo(builder.Services);
        builder.AddServerDefaults();
        builder.AddTelemetry();
        builder.AddHealth();
        builder.AddShutdownDefaults();
        builder.Services.TryAddSingleton(TimeProvider.System);

        // Nothing is put on all HTTP clients, as the usual template does: the standard resilience handler would repeat paid POSTs and cut
        // long completions. An internal idempotent call asks for it by AddInternalHttpClient.
        builder.Services.AddServiceDiscovery();
        return builder;
    }

    /// <summary>/health (the process is up), /ready (with each dependency's state) and /metrics (Prometheus text), in every environment.</summary>
    public static WebApplication MapDefaultEndpoints(this WebApplication app)
    {
        app.MapHealth();

        // Not measured, as the probes are not: scrapes would drown a quiet service's own latencies.
        app.MapPrometheusScrapingEndpoint(ProbePaths.Metrics).DisableHttpMetrics();
        return app;
    }
}
