namespace Gateway.AppHost;

/// <summary>What every service that reads the gateway document gets.</summary>
internal sealed record SharedSettings(
    GatewaySettings Settings,
    IReadOnlyList<KeyValuePair<string, IResourceBuilder<ParameterResource>>> Secrets,
    IResourceBuilder<ProjectResource>? Simulator);

internal static class Services
{
    public static IResourceBuilder<ProjectResource> AddService<TProject>(this IDistributedApplicationBuilder builder, string name, int? port = null)
        where TProject : IProjectMetadata, new()
    {
        var service = builder.AddProject<TProject>(name, launchProfileName: null).WithHttpEndpoint(port: port, name: "http");
        // A probe is also a health check of the same path: one more for /health would be refused as a second one with the same key, and
        // with one for /ready a local run would wait for a readiness that comes only after the others have started.
        return builder.ExecutionContext.IsPublishMode
            ? service.WithHttpProbe(ProbeType.Liveness, "/health").WithHttpProbe(ProbeType.Readiness, "/ready")
            // Services go on serving for a moment after the signal, until balancers have noticed. Here is none, and Ctrl-C should not wait.
            : service.WithHttpHealthCheck("/health").WithEnvironment("Gateway__ShutdownGrace", "00:00:00");
    }

    /// <returns>Null where real providers are the upstream.</returns>
    public static IResourceBuilder<ProjectResource>? AddSimulator(this IDistributedApplicationBuilder builder, string name, GatewaySettings settings) =>
        settings.NeedsSimulator ? builder.AddService<Projects.Gateway_Simulator>(name) : null;

    /// <summary>Declares the secrets: parameters to be asked for where this is published, generated ones for a local run.</summary>
    public static SharedSettings AddShared(this IDistributedApplicationBuilder builder, GatewaySettings settings, IResourceBuilder<ProjectResource>? simulator)
    {
        var secrets = new List<KeyValuePair<string, IResourceBuilder<ParameterResource>>>
        {
            KeyValuePair.Create("GATEWAY_CONTEXT_SECRET", builder.AddSecret("context-secret", "GATEWAY_CONTEXT_SECRET", "", settings)),
            KeyValuePair.Create("GATEWAY_ADMIN_KEY", builder.AddSecret("admin-key", "GATEWAY_ADMIN_KEY", "gw_admin_", settings)),
        };
        if (builder.ExecutionContext.IsRunMode)
        {
            secrets.Add(KeyValuePair.Create("GATEWAY_DEMO_KEY", builder.AddSecret("demo-key", "GATEWAY_DEMO_KEY", "gw_demo_", settings)));
        }
        foreach (var (variable, value) in settings.Providers)
        {
            var name = variable.ToLowerInvariant().Replace('_', '-');
            secrets.Add(KeyValuePair.Create(variable, builder.ExecutionContext.IsRunMode
                ? builder.AddParameter(name, value, secret: true)
                : builder.AddParameter(name, secret: true)));
        }
        return new SharedSettings(settings, secrets, simulator);
    }

    public static IResourceBuilder<ProjectResource> WithShared(this IResourceBuilder<ProjectResource> service, SharedSettings shared)
    {
        foreach (var (variable, secret) in shared.Secrets) { service.WithEnvironment(variable, secret); }
        if (shared.Settings.Document is { } document) { service.WithEnvironment("GATEWAY_CONFIG", document); }
        if (service.ApplicationBuilder.ExecutionContext.IsRunMode) { service.WithEnvironment("GATEWAY_DATA", shared.Settings.Data); }
        // For ${SIMULATOR_URL} in the document, which all of them read.
        if (shared.Simulator is { } simulator) { service.WithEnvironment("SIMULATOR_URL", simulator.GetEndpoint("http")); }
        return service;
    }

    /// <summary>What digests of keys are made with: for the Edge alone, and kept, or the keys of yesterday would not be known today.</summary>
    public static IResourceBuilder<ProjectResource> WithKeyPepper(this IResourceBuilder<ProjectResource> edge, GatewaySettings settings) =>
        edge.WithEnvironment("GATEWAY_KEY_PEPPER", edge.ApplicationBuilder.AddSecret("key-pepper", "GATEWAY_KEY_PEPPER", "", settings));

    public static IResourceBuilder<ProjectResource> WithUpstream(this IResourceBuilder<ProjectResource> service, IResourceBuilder<ProjectResource>? simulator) =>
        simulator is null ? service : service.WaitFor(simulator);

    private static IResourceBuilder<ParameterResource> AddSecret(this IDistributedApplicationBuilder builder, string name, string variable, string prefix, GatewaySettings settings) =>
        builder.ExecutionContext.IsPublishMode
            ? builder.AddParameter(name, secret: true)
            : builder.AddParameter(name, builder.Configuration[variable] is { Length: > 0 } given ? given : LocalSecrets.GetOrCreate(settings.Data, variable, prefix), secret: true);
}
