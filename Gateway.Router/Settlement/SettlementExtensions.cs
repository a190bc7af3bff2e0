using Gateway.Core.Context;
using Gateway.Core.Journal;
using Gateway.Router.Telemetry;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Gateway.Router.Settlement;

internal static class SettlementExtensions
{
    /// <summary>
    /// The journal of what requests cost (<see cref="IUsageJournal"/>): recovered before the listeners open, shipped to the
    /// Usage service in the background, with a health check and metrics.
    /// </summary>
    public static WebApplicationBuilder AddUsageJournal(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptionsWithValidateOnStart<JournalOptions, JournalOptionsValidator>().BindConfiguration(JournalOptions.Section);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(JournalDisk.Real);
        services.TryAddSingleton(static provider => ContextKeys.FromConfiguration(provider.GetRequiredService<IConfiguration>()));
        services.TryAddSingleton<ContextToken>();

        services.AddSingleton<JournalHost>();
        services.AddSingleton(static provider => provider.GetRequiredService<JournalHost>().Journal);
        services.TryAddSingleton<IUsageJournal>(static provider => provider.GetRequiredService<UsageJournal>());
        services.AddHostedService(static provider => provider.GetRequiredService<JournalHost>());

        // Bare: the shipper repeats by itself, and a breaker in between would keep it away from a Usage that is back.
        services.AddHttpClient(UsageClient.HttpClientName, UsageClient.Configure)
            .ConfigurePrimaryHttpMessageHandler(UsageClient.CreateHandler)
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            .AddServiceDiscovery();
        services.AddSingleton<UsageClient>();
        services.TryAddSingleton(static _ => new ShipperBackoff(new Random()));
        services.AddSingleton<ShipperState>();
        services.AddSingleton<SettlementMetrics>();
        services.TryAddSingleton<TracedRequests>();
        services.AddHostedService<UsageShipper>();
        services.AddHostedService<OrphanedJournals>();
        services.AddHealthChecks().AddCheck<JournalHealthCheck>("journal").AddCheck<ShipperHealthCheck>("ledger");
        return builder;
    }
}
