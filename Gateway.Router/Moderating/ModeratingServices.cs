using Gateway.Router.Pipeline;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Gateway.Router.Moderating;

internal static class ModeratingServices
{
    /// <summary>Name of the Moderation service in service discovery.</summary>
    private const string ServiceName = "moderation";

    /// <summary>The stage that asks the Moderation service, and its state in <c>/ready</c>.</summary>
    public static WebApplicationBuilder AddModerating(this WebApplicationBuilder builder)
    {
        // Without resilience: the stage has its own deadline, and what happens without an answer is the policy's to say.
        builder.Services.AddHttpClient(ModerationClient.HttpClientName, static http => http.BaseAddress = new Uri($"https+http://{ServiceName}/"))
            .ConfigurePrimaryHttpMessageHandler(static () => new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseCookies = false,
                UseProxy = false,
                ConnectTimeout = TimeSpan.FromSeconds(1),
                PooledConnectionLifetime = TimeSpan.FromMinutes(5),
                MaxResponseDrainSize = 0,
            })
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            .AddServiceDiscovery();
        builder.Services.AddSingleton<ModerationClient>();
        builder.Services.AddLlmStage<ModerationStage>(LlmPhase.Moderate);

        // Degraded, not unready: only requests under a required policy need it.
        builder.AddServiceReadiness(ServiceName, HealthStatus.Degraded);
        return builder;
    }
}
