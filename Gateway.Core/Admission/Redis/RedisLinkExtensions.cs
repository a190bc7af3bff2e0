using Gateway.Core.Admission.Redis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Microsoft.Extensions.Hosting;

public static class RedisLinkExtensions
{
    /// <summary>Name of the Redis connection string, as the application model gives it.</summary>
    public const string RedisConnection = "cache";

    private const int ClientsConnectTimeoutMillis = 5000;
    private const int ConnectTimeoutMillis = 1500;

    /// <summary>
    /// Hosts a <see cref="RedisLink"/> and what stands on it, <see cref="RedisAdmissionStore"/> and <see cref="RedisBudgetAuthority"/>, where the connection string <c>cache</c> is set; nothing otherwise. May be
    /// called more than once.
    /// </summary>
    /// <returns>Whether there is a Redis.</returns>
    public static bool AddRedisLink(this IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (string.IsNullOrWhiteSpace(builder.Configuration.GetConnectionString(RedisConnection)))
        {
            return false;
        }

        if (builder.Services.Any(static service => service.ServiceType == typeof(RedisLink)))
        {
            return true;
        }

        Func<ConfigurationOptions?>? options = null;
        if (!builder.Services.Any(static service => service.ServiceType == typeof(IConnectionMultiplexer)))
        {
            ConfigurationOptions? used = null;
            options = () => used;

            // Its own health check would call the service unhealthy for what it lives well without.
            // Its tracing would profile every call, on the path of every request.
            builder.AddRedisClient(RedisConnection, static settings => (settings.DisableHealthChecks, settings.DisableTracing) = (true, true), made => Reconnect(used = made));
        }

        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(services => new RedisConnection(services, options, services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILogger<RedisConnection>>()));
        builder.Services.AddSingleton<RedisLink>();
        builder.Services.AddHostedService(static services => services.GetRequiredService<RedisLink>());
        builder.Services.TryAddSingleton<IRedisScripts>(static services => services.GetRequiredService<RedisLink>());
        builder.Services.TryAddSingleton(static services => new RedisAdmissionStore(services.GetRequiredService<IRedisScripts>(), services.GetRequiredService<TimeProvider>()));
        builder.Services.TryAddSingleton(static services => new RedisBudgetAuthority(services.GetRequiredService<IRedisScripts>(), services.GetRequiredService<TimeProvider>()));
        return true;
    }

    // Tried again twice a second: the client's own pace is its connect time-out, of five seconds, and so long it also waits for a connection that was lost before it had introduced itself.
    private static void Reconnect(ConfigurationOptions options)
    {
        options.ReconnectRetryPolicy = new LinearRetry(500);
        if (options.ConnectTimeout == ClientsConnectTimeoutMillis)
        {
            options.ConnectTimeout = ConnectTimeoutMillis;
        }
    }
}
