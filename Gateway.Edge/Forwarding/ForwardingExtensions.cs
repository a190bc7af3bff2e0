using Gateway.Core.Context;
using Gateway.Edge.Forwarding;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.ServiceDiscovery;

namespace Microsoft.Extensions.Hosting;

internal static class ForwardingExtensions
{
    public const string Router = "router";
    public const string Moderation = "moderation";
    public const string Usage = "usage";

    /// <summary>Calls to the inner services: addresses, signed context, relay.</summary>
    /// <exception cref="ContextConfigurationException">The context secret is missing or too short.</exception>
    public static IHostApplicationBuilder AddForwarding(this IHostApplicationBuilder builder)
    {
        // Now and not on the first request: without the secret the Edge must not start.
        builder.Services.AddContextKeys(builder.Configuration);
        builder.Services.AddSingleton<ServiceClient>();
        builder.Services.AddSingleton<Forwarder>();
        foreach (var name in new[] { Router, Moderation, Usage })
        {
            builder.Services.AddKeyedSingleton(name, (services, _) => new ServiceEndpoints(
                services.GetRequiredService<ServiceEndpointResolver>(), services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILogger<ServiceEndpoints>>(), name));
        }

        // Without a Router nothing can be served; without the others most requests can.
        builder.AddServiceReadiness(Router);
        builder.AddServiceReadiness(Usage, HealthStatus.Degraded);
        builder.AddServiceReadiness(Moderation, HealthStatus.Degraded);
        return builder;
    }
}
