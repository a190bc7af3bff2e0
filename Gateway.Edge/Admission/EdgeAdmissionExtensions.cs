using Gateway.Core.Admission.Local;
using Gateway.Core.Admission.Shared;
using Gateway.Edge.Admission;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.Hosting;

internal static class EdgeAdmissionExtensions
{
    /// <summary>
    /// <see cref="IEdgeAdmission"/>: over the <see cref="IAdmissionStore"/> and the <see cref="IHoldKeeper"/> that were registered before this, or alone where none was.
    /// </summary>
    public static IHostApplicationBuilder AddEdgeAdmission(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        var isShared = services.Any(static service => service.ServiceType == typeof(IAdmissionStore));

        // Bare: whoever asks asks again by itself.
        services.AddHttpClient(UsageSettlements.HttpClientName, UsageSettlements.Configure)
            .ConfigurePrimaryHttpMessageHandler(UsageSettlements.CreateHandler)
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            .AddServiceDiscovery();
        services.TryAddSingleton<IUsageSettlements, UsageSettlements>();
        services.TryAddSingleton<EdgeAdmissionMetrics>();
        services.TryAddSingleton<EdgePeers>();
        services.TryAddSingleton(services => new LocalAdmissionStore(services.GetRequiredService<TimeProvider>(), isToldBySource: !isShared));
        services.TryAddSingleton(services => new OpenHolds(
            services.GetRequiredService<LocalAdmissionStore>(),
            services.GetRequiredService<IUsageSettlements>(),
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<EdgeAdmissionMetrics>(),
            services.GetRequiredService<ILogger<OpenHolds>>(),
            isAuthority: !isShared));
        services.TryAddSingleton(static services => new VoidQueue(
            services.GetService<IAdmissionStore>(),
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<EdgeAdmissionMetrics>(),
            services.GetRequiredService<ILogger<VoidQueue>>()));
        services.TryAddSingleton<IEdgeAdmission>(static services => new EdgeAdmission(
            services.GetRequiredService<LocalAdmissionStore>(),
            services.GetRequiredService<OpenHolds>(),
            services.GetRequiredService<VoidQueue>(),
            services.GetRequiredService<EdgePeers>(),
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<EdgeAdmissionMetrics>(),
            services.GetRequiredService<ILogger<EdgeAdmission>>(),
            services.GetService<IAdmissionStore>(),
            services.GetService<Escrow>()));

        services.AddHostedService(static services => services.GetRequiredService<OpenHolds>());
        if (isShared)
        {
            services.TryAddSingleton<Escrow>();
            services.AddHostedService<EdgeMembership>();

            // Stopped in the order turned round: what the escrow gives back goes out by the queue.
            services.AddHostedService(static services => services.GetRequiredService<VoidQueue>());
            services.AddHostedService(static services => services.GetRequiredService<Escrow>());
        }

        return builder;
    }
}
