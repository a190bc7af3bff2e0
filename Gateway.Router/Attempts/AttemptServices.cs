using Gateway.Router.Pipeline;
using Gateway.Router.Routing;
using Gateway.Router.Telemetry;
using Microsoft.Extensions.ObjectPool;

namespace Gateway.Router.Attempts;

internal static class AttemptServices
{
    /// <summary>The stage that calls upstreams, with its clocks and telemetry.</summary>
    public static WebApplicationBuilder AddAttempts(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton<ObjectPool<AttemptTimer>>(static provider =>
            new DefaultObjectPool<AttemptTimer>(new AttemptTimer.Policy(provider.GetRequiredService<TimeProvider>()), maximumRetained: 1024));
        services.AddSingleton<PlainRelay>();
        services.AddSingleton<TranslatedPlain>();
        services.AddSingleton<AttemptRunner>();
        services.AddSingleton<AttemptCalls>();
        services.AddSingleton<HedgedCalls>();
        services.AddSingleton<RouteSelector>();
        services.AddSingleton<FallbackFinder>();
        services.AddSingleton<PlaceFinder>();
        services.AddSingleton<AttemptTelemetry>();
        services.AddSingleton<SpendCounters>();
        services.AddSingleton<ILlmCompletion, RequestMetrics>();
        services.AddLlmStage<AttemptStage>(LlmPhase.Attempt);
        return builder;
    }
}
