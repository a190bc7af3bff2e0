using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Gateway.Simulator.Protocols.Ollama;

internal static class OllamaEndpoints
{
    public static WebApplicationBuilder AddOllama(this WebApplicationBuilder builder)
    {
        builder.Services.TryAddSingleton<OllamaNames>();
        builder.Services.TryAddSingleton<OllamaCatalog>();
        return builder;
    }

    public static IEndpointRouteBuilder MapOllama(this IEndpointRouteBuilder routes)
    {
        var names = routes.ServiceProvider.GetRequiredService<OllamaNames>();
        var catalog = routes.ServiceProvider.GetRequiredService<OllamaCatalog>();
        routes.MapOperation("/api/chat", new OllamaChatOperation(new OllamaProvider("ChatRequest"), names));
        routes.MapOperation("/api/generate", new OllamaGenerateOperation(new OllamaProvider("GenerateRequest"), names));
        routes.MapOperation("/api/embed", new OllamaEmbedOperation(new OllamaProvider("EmbedRequest"), names, isOld: false));
        routes.MapOperation("/api/embeddings", new OllamaEmbedOperation(new OllamaProvider("EmbeddingRequest"), names, isOld: true));
        routes.MapGet("/api/tags", catalog.TagsAsync);
        routes.MapGet("/api/ps", catalog.RunningAsync);
        routes.MapGet("/api/version", catalog.VersionAsync);
        routes.MapPost("/api/show", catalog.ShowAsync);
        return routes;
    }
}
