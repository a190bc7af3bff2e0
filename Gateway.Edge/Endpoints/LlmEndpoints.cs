using Gateway.Core.Context;
using Gateway.Core.Requests;
using Gateway.Edge;
using Gateway.Edge.Endpoints;
using Gateway.Edge.Forwarding;

namespace Microsoft.Extensions.Hosting;

internal static class LlmEndpoints
{
    private static readonly LlmEndpoint Moderations = new(UnknownPaths.ModerationsPath, LlmOperation.Moderations);

    /// <summary>The configuration as requests read it, and what all endpoints share.</summary>
    public static IHostApplicationBuilder AddEdgeEndpoints(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<Gateway.Edge.VirtualKeys.SecretDigests>();
        builder.Services.AddSingleton<EdgeSnapshots>();
        builder.Services.AddSingleton<EdgeMetrics>();
        builder.Services.AddSingleton<EdgeErrors>();
        builder.Services.AddSingleton<LlmProxyServices>();
        builder.Services.AddSingleton<ModelList>();
        builder.Services.AddHostedService<WarmUp>();
        return builder;
    }

    /// <summary>The endpoints of OpenAI clients.</summary>
    public static void MapLlmEndpoints(this WebApplication app)
    {
        foreach (var endpoint in LlmEndpoint.Routed)
        {
            app.MapLlm(endpoint, ContextAudience.Router, ForwardingExtensions.Router);
        }

        app.MapLlm(Moderations, ContextAudience.Moderation, ForwardingExtensions.Moderation);

        var models = app.Services.GetRequiredService<ModelList>();
        var access = new EdgePolicy(EdgeAccess.VirtualKey);
        app.MapGet(UnknownPaths.ModelsPath, models.ListAsync).WithMetadata(access);
        app.MapGet(UnknownPaths.ModelsPath + "/{**id}", models.GetAsync).WithMetadata(access);
    }

    private static void MapLlm(this WebApplication app, LlmEndpoint endpoint, ContextAudience audience, string service)
    {
        var proxy = new LlmProxy(
            endpoint, audience, app.Services.GetRequiredKeyedService<ServiceEndpoints>(service), app.Services.GetRequiredService<LlmProxyServices>());
        app.MapPost(endpoint.Path, proxy.InvokeAsync).WithMetadata(new EdgePolicy(EdgeAccess.VirtualKey, endpoint));
    }
}
