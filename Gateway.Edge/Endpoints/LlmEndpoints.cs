using Gateway.Core.Context;
using Gateway.Core.Requests;
using Gateway.Edge;
using Gateway.Edge.Budgets;
using Gateway.Edge.Endpoints;
using Gateway.Edge.Forwarding;
using Gateway.Edge.Models;
using Gateway.Edge.Telemetry;

namespace Microsoft.Extensions.Hosting;

internal static class LlmEndpoints
{
    private static readonly LlmEndpoint Moderations = new(UnknownPaths.ModerationsPath, LlmOperation.Moderations);

    /// <summary>The configuration as requests read it, and what all endpoints share.</summary>
    public static IHostApplicationBuilder AddEdgeEndpoints(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<EdgeSnapshots>();
        builder.Services.AddSingleton<EdgeMetrics>();
        builder.Services.AddSingleton<EdgeErrors>();
        builder.Services.AddSingleton<LlmMetrics>();
        builder.Services.AddSingleton<TokenEstimator>();
        builder.Services.AddSingleton<AdmissionMetrics>();
        builder.Services.AddSingleton<Admissions>();
        builder.Services.AddSingleton<KeyReport>();
        builder.Services.AddSingleton<OwnSpend>();
        builder.Services.AddSingleton<OwnUsageEndpoint>();
        builder.Services.AddSingleton<LlmProxyServices>();
        builder.Services.AddSingleton<StoredResponseProxy>();
        builder.Services.AddSingleton<ProvidedModels>();
        builder.Services.AddSingleton<ModelList>();
        builder.Services.AddInternalHttpClient(ProvidedModelsRefresher.Client, ForwardingExtensions.Router);
        builder.Services.AddHostedService<ProvidedModelsRefresher>();
        builder.Services.AddSingleton<ModelEndpoints>();
        builder.Services.AddSingleton<OllamaModelEndpoints>();
        builder.Services.AddHostedService<WarmUp>();
        return builder;
    }

    /// <summary>The endpoints of clients, whatever they speak.</summary>
    public static void MapLlmEndpoints(this WebApplication app)
    {
        foreach (var endpoint in LlmEndpoint.Routed)
        {
            app.MapLlm(endpoint, ContextAudience.Router, ForwardingExtensions.Router);
        }

        app.MapLlm(Moderations, ContextAudience.Moderation, ForwardingExtensions.Moderation);
        app.MapGemini();
        app.MapFiles();
        StoredResponseProxy.Map(app);
        app.MapGet(OwnUsageEndpoint.Path, (RequestDelegate)app.Services.GetRequiredService<OwnUsageEndpoint>().AnswerAsync).WithMetadata(new EdgePolicy(EdgeAccess.VirtualKey));
        ModelEndpoints.Map(app);
        OllamaModelEndpoints.Map(app);
    }

    private static void MapLlm(this WebApplication app, LlmEndpoint endpoint, ContextAudience audience, string service)
    {
        app.MapPost(endpoint.Path, app.Proxy(endpoint, audience, service).InvokeAsync).WithMetadata(new EdgePolicy(EdgeAccess.VirtualKey, endpoint));
    }

    private static void MapGemini(this WebApplication app)
    {
        var proxy = new GeminiProxy(app.Services.GetRequiredService<EdgeErrors>(), endpoint => app.Proxy(endpoint, ContextAudience.Router, ForwardingExtensions.Router));
        var policy = new EdgePolicy(EdgeAccess.VirtualKey, LlmEndpoint.Gemini[0]);
        app.MapPost(GeminiPath.Pattern, proxy.InvokeAsync).WithMetadata(policy);
        app.MapPost(GeminiPath.StablePattern, proxy.InvokeAsync).WithMetadata(policy);
    }

    private static void MapFiles(this WebApplication app)
    {
        var proxy = new FilesProxy(app.Services.GetRequiredKeyedService<ServiceEndpoints>(ForwardingExtensions.Router), app.Services.GetRequiredService<LlmProxyServices>());
        var policy = new EdgePolicy(EdgeAccess.VirtualKey);
        app.MapMethods(FilesCall.Root, [HttpMethods.Get, HttpMethods.Post], proxy.InvokeAsync).WithMetadata(policy);
        app.MapMethods(FilesCall.OnePattern, [HttpMethods.Get, HttpMethods.Delete], proxy.InvokeAsync).WithMetadata(policy);
        app.MapGet(FilesCall.ContentPattern, proxy.InvokeAsync).WithMetadata(policy);
    }

    private static LlmProxy Proxy(this WebApplication app, LlmEndpoint endpoint, ContextAudience audience, string service) => new(
        endpoint, audience, app.Services.GetRequiredKeyedService<ServiceEndpoints>(service), app.Services.GetRequiredService<LlmProxyServices>());
}
