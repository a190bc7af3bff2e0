using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Gateway.Simulator.Protocols.OpenAI;

internal static class OpenAIEndpoints
{
    public static WebApplicationBuilder AddOpenAI(this WebApplicationBuilder builder)
    {
        builder.Services.TryAddSingleton<OpenAIProvider>();
        builder.Services.TryAddSingleton<ModelCatalog>();
        return builder;
    }

    public static IEndpointRouteBuilder MapOpenAI(this IEndpointRouteBuilder routes)
    {
        var provider = routes.ServiceProvider.GetRequiredService<OpenAIProvider>();
        var models = routes.ServiceProvider.GetRequiredService<ModelCatalog>();
        routes.MapOperation("/v1/chat/completions", new ChatOperation(provider));
        routes.MapOperation("/v1/completions", new CompletionOperation(provider));
        routes.MapOperation("/v1/embeddings", new EmbeddingOperation(provider));
        routes.MapGet("/v1/models", models.ListAsync);
        routes.MapGet("/v1/models/{**id}", models.GetAsync);
        return routes;
    }
}
