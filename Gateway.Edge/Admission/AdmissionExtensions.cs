using Gateway.Core.Admission;
using Gateway.Edge.Admission;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.Hosting;

internal static class AdmissionExtensions
{
    /// <summary>Name of the Redis connection string, as the application model gives it.</summary>
    public const string RedisConnection = "cache";

    /// <summary>Rate limits: in Redis when a connection string is there, in this process otherwise and meanwhile.</summary>
    public static IHostApplicationBuilder AddAdmission(this IHostApplicationBuilder builder)
    {
        if (!string.IsNullOrWhiteSpace(builder.Configuration.GetConnectionString(RedisConnection)))
        {
            // Its own health check would call the Edge unhealthy for what it lives well without.
            // Its tracing would profile every call, on the path of every request.
            builder.AddRedisClient(RedisConnection, static settings => (settings.DisableHealthChecks, settings.DisableTracing) = (true, true));
            builder.Services.AddSingleton<RedisLink>();
            builder.Services.AddHostedService(static services => services.GetRequiredService<RedisLink>());
        }

        builder.Services.TryAddSingleton(static services => new LocalRateLimiter(services.GetRequiredService<TimeProvider>()));
        builder.Services.TryAddSingleton(static services => new EdgeRateLimiter(
            services.GetRequiredService<LocalRateLimiter>(), services.GetRequiredService<Gateway.Edge.EdgeMetrics>(), services.GetService<RedisLink>()));
        builder.Services.AddHealthChecks().Add(new("redis", static services => new RedisHealthCheck(services.GetService<RedisLink>()), failureStatus: null, tags: null));
        return builder.AddEdgeAdmission();
    }
}
