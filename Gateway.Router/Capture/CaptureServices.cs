using Gateway.Router.Pipeline;
using Gateway.Router.Settlement;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Gateway.Router.Capture;

internal static class CaptureServices
{
    /// <summary>Keeps the content of requests that the Edge says so of (<c>usage.capture</c>), and sends it to Usage. Behind <c>AddModerating</c>: stages of one phase run in the order of their registration.</summary>
    public static WebApplicationBuilder AddCapture(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(static _ => new ShipperBackoff(new Random()));
        services.AddHttpClient(ContentClient.HttpClientName, UsageClient.Configure)
            .ConfigurePrimaryHttpMessageHandler(UsageClient.CreateHandler)
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            .AddServiceDiscovery();
        services.AddSingleton<CaptureMetrics>();
        services.AddSingleton<CaptureQueue>();
        services.AddSingleton<ContentClient>();
        services.AddHostedService<CaptureShipper>();
        services.AddLlmStage<CaptureStage>(LlmPhase.Read);
        services.AddLlmStage<CaptureModeratedStage>(LlmPhase.Moderate);
        return builder;
    }
}
