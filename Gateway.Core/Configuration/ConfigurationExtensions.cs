using System.Diagnostics.Metrics;
using Gateway.Core.Configuration.Store;
using Gateway.Core.Journal;
using Gateway.Core.Pricing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Core.Configuration;

public static class ConfigurationExtensions
{
    /// <summary>
    /// Loads the document that <c>GATEWAY_CONFIG</c> names, or the one that follows from the environment, and registers
    /// <see cref="IConfigStore"/> with hot reload and a health check named <c>configuration</c>.
    /// </summary>
    /// <exception cref="GatewayConfigurationException">The document is bad or there is none; the message tells all of it.</exception>
    public static TBuilder AddGatewayConfiguration<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        if (builder.Services.Any(static service => service.ServiceType == typeof(ConfigSource)))
        {
            return builder;
        }

        // Before the host is built: a gateway with a bad document does not start, and nothing else of it is logged in between.
        var source = new ConfigSource(builder.Configuration[ConfigSource.PathVariable], Environment.GetEnvironmentVariable);
        var first = ConfigStore.LoadFirst(source);

        builder.Services.AddSingleton(source);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.TryAddSingleton(services =>
        {
            var store = new ConfigStore(source, first, services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILogger<ConfigStore>>());
            _ = new PriceMetrics(services.GetRequiredService<IMeterFactory>(), store);
            return store;
        });
        builder.Services.TryAddSingleton(services => new ConfigDocument(source, services.GetRequiredService<ConfigStore>(), JournalDisk.Real, services.GetRequiredService<TimeProvider>()));
        builder.Services.TryAddSingleton<IConfigStore>(static services => services.GetRequiredService<ConfigStore>());
        builder.Services.AddMetrics();
        builder.Services.AddHealthChecks().AddCheck<ConfigHealthCheck>(ConfigHealthCheck.Name).AddCheck<PricesHealthCheck>(PricesHealthCheck.Name);
        return builder;
    }
}
