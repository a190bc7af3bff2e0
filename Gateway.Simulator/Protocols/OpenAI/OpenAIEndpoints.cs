using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Gateway.Simulator.Protocols.OpenAI;

internal static class OpenAIEndpoints
{
    public static WebApplicationBuilder AddOpenAI(this WebApplicationBuilder builder)
    {
        builder.Services.TryAddSingleton<OpenAIDoor>();
        builder.Services.TryAddSingleton<ModelCatalog>();
        return builder;
    }

    public static IEndpointRouteBuilder MapOpenAI(this IEndpointRouteBuilder routes)
    {
        var door = routes.ServiceProvider.GetRequiredService<OpenAIDoor>();
        var models = routes.ServiceProvider.GetRequiredService<ModelCatalog>();
        Map("/v1/chat/completions", new ChatOperation());
        Map("/v1/completions", new CompletionOperation());
        Map("/v1/embeddings", new EmbeddingOperation());
        routes.MapGet("/v1/models", models.ListAsync);
        routes.MapGet("/v1/models/{**id}", models.GetAsync);
        return routes;

        void Map(string path, IOpenAIOperation operation) => routes.MapPost(path, context => door.InvokeAsync(context, operation));
    }
}
