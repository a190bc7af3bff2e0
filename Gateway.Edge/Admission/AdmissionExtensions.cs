using Gateway.Core.Admission;
using Gateway.Core.Admission.Redis;
using Gateway.Core.Admission.Shared;
using Gateway.Core.Configuration;
using Gateway.Edge.Admission;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.Hosting;

internal static class AdmissionExtensions
{
    /// <summary>Limits and budgets: in Redis when a connection string is there, in this process otherwise and meanwhile.</summary>
    public static IHostApplicationBuilder AddAdmission(this IHostApplicationBuilder builder)
    {
        if (builder.AddRedisLink())
        {
            builder.Services.TryAddSingleton(static services =>
            {
                var (link, metrics) = (services.GetRequiredService<RedisLink>(), services.GetRequiredService<Gateway.Edge.EdgeMetrics>());
                metrics.SetDegraded(!link.IsUp);
                link.Changed += isUp => metrics.SetDegraded(!isUp);
                return new RedisLimits(link);
            });
            builder.Services.TryAddSingleton<IAdmissionStore>(static services => services.GetRequiredService<RedisAdmissionStore>());
            builder.Services.TryAddSingleton(static services => new HoldKeeper(
                services.GetRequiredService<IAdmissionStore>(),
                services.GetRequiredService<IConfigStore>(),
                services.GetRequiredService<TimeProvider>(),
                $"edge:{services.GetRequiredService<EdgePeers>().Id:N}",
                settled: null,
                services.GetRequiredService<ILogger<HoldKeeper>>()));
            builder.Services.TryAddSingleton<IHoldKeeper>(static services => services.GetRequiredService<HoldKeeper>());
            builder.Services.AddHostedService(static services => services.GetRequiredService<HoldKeeper>());
        }

        builder.Services.TryAddSingleton(static services => new LocalRateLimiter(services.GetRequiredService<TimeProvider>()));
        builder.Services.TryAddSingleton(static services => new EdgeRateLimiter(
            services.GetRequiredService<LocalRateLimiter>(), services.GetRequiredService<Gateway.Edge.EdgeMetrics>(), services.GetService<RedisLimits>()));
        builder.Services.AddHealthChecks().Add(new("redis", static services => new RedisHealthCheck(services.GetService<RedisLink>()), failureStatus: null, tags: null));
        return builder.AddEdgeAdmission();
    }
}
