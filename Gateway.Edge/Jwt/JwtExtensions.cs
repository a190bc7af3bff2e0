using Gateway.Edge.Abuse;
using Gateway.Edge.Jwt;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.Hosting;

internal static class JwtExtensions
{
    /// <summary>Who calls: virtual keys and tokens, the addresses that they may come from, and how often anybody may come without a good one.</summary>
    public static IHostApplicationBuilder AddClientGate(this IHostApplicationBuilder builder)
    {
        builder.Services.TryAddSingleton(static services => MemoryGate.OfProcess(services.GetRequiredService<TimeProvider>()));
        builder.Services.AddSingleton<AbuseMetrics>();
        builder.Services.AddSingleton<ClientGate>();
        builder.Services.AddSingleton<JwtIssuers>();
        builder.Services.AddSingleton<JwtAuthenticator>();
        builder.Services.TryAddSingleton<JwksClient>();
        builder.Services.AddHostedService<JwksRefresher>();
        builder.Services.AddHealthChecks().AddCheck<JwtHealthCheck>(JwtHealthCheck.Name);
        return builder;
    }
}
