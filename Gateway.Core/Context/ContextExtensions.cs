using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Gateway.Core.Context;

public static class ContextExtensions
{
    /// <summary>
    /// Registers <see cref="ContextKeys"/> and <see cref="ContextToken"/>. The secrets are read now: without them the service must not start. Those of a
    /// file (<see cref="ContextKeys.SecretFileVariable"/>) are read again while it runs, with a health check named <c>context-keys</c>.
    /// </summary>
    /// <exception cref="ContextConfigurationException">The secret is missing or too short, or its file cannot be read.</exception>
    public static IServiceCollection AddContextKeys(this IServiceCollection services, IConfiguration configuration)
    {
        var keys = ContextKeys.FromConfiguration(configuration);
        services.RemoveAll<ContextKeys>();
        services.AddSingleton(keys);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ContextToken>();
        if (configuration[ContextKeys.SecretFileVariable] is { Length: > 0 } file && !services.Any(static service => service.ServiceType == typeof(ContextKeyWatcher)))
        {
            services.AddSingleton(provider => new ContextKeyWatcher(
                provider.GetRequiredService<ContextKeys>(), file, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<ContextKeyWatcher>>()));
            services.AddHostedService(static provider => provider.GetRequiredService<ContextKeyWatcher>());
            services.AddHealthChecks().AddCheck<ContextKeysHealthCheck>(ContextKeysHealthCheck.Name);
        }

        return services;
    }
}
