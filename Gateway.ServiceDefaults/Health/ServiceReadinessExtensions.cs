using Gateway.ServiceDefaults.Health;
using Gateway.ServiceDefaults.InternalCalls;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.ServiceDiscovery;

namespace Microsoft.Extensions.Hosting;

public static class ServiceReadinessExtensions
{
    /// <summary>Adds another service of the gateway to /ready: GET /health there, found by discovery, within one second.</summary>
    /// <param name="builder">The service that depends.</param>
    /// <param name="serviceName">The name in service discovery, which is also the name of the check.</param>
    /// <param name="whenDown">Unhealthy when this service is of no use without the other one, Degraded when it can go on.</param>
    /// <remarks>It asks for /health and not for /ready: services that wait for each other's readiness could wait for ever.</remarks>
    public static TBuilder AddServiceReadiness<TBuilder>(this TBuilder builder, string serviceName, HealthStatus whenDown = HealthStatus.Unhealthy)
        where TBuilder : IHostApplicationBuilder
    {
        var client = $"readiness-{serviceName}";
        // Without resilience: a probe wants to know how it is now.
        builder.Services.AddHttpClient(client, http => http.BaseAddress = InternalAddress.Of(serviceName))
            .ConfigurePrimaryHttpMessageHandler(InternalAddress.CreateHandler)
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            .AddServiceDiscovery();
        builder.Services.AddHealthChecks().Add(new(
            serviceName,
            services => new ServiceReadinessCheck(services.GetRequiredService<IHttpClientFactory>(), services.GetRequiredService<ServiceEndpointResolver>(), serviceName, client),
            whenDown,
            tags: null,
            ServiceReadinessCheck.Deadline));
        return builder;
    }
}
