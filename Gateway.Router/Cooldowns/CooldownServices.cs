namespace Gateway.Router.Cooldowns;

internal static class CooldownServices
{
    /// <summary>Health of deployments: their states, who hears of changes, probes between requests, hints of other Routers.</summary>
    public static WebApplicationBuilder AddCooldowns(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton<RouterPeers>();
        services.AddSingleton<HintBus>();
        services.AddSingleton<CooldownMetrics>();
        services.AddSingleton<CooldownGauges>();
        services.AddSingleton<ICooldownObserver, CooldownReporter>();
        services.AddSingleton<DeploymentStates>();
        services.AddHostedService<HintListener>();
        services.AddHostedService(static provider => provider.GetRequiredService<HintBus>());
        services.AddHostedService<ProviderProber>();
        services.AddHealthChecks().AddCheck<ProvidersHealthCheck>(ProvidersHealthCheck.Name);
        return builder;
    }
}
