using Gateway.Simulator.Protocols.Anthropic;
using Gateway.Simulator.Protocols.OpenAI.Media;
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
        routes.MapOperation("/v1/images/generations", new ImageOperation(provider, MediaFields.ImageGeneration, takesForm: false));
        routes.MapOperation("/v1/images/edits", new ImageOperation(provider, MediaFields.ImageEdit, takesForm: true));
        routes.MapOperation("/v1/images/variations", new ImageOperation(provider, MediaFields.ImageVariation, takesForm: true));
        routes.MapOperation("/v1/audio/speech", new SpeechOperation(provider));
        routes.MapOperation("/v1/audio/transcriptions", new TranscriptionOperation(provider));
        routes.MapOperation("/v1/audio/translations", new TranscriptionOperation(provider));
        routes.MapOperation("/v1/rerank", new RerankOperation(provider));

        var files = ActivatorUtilities.CreateInstance<FileStore>(routes.ServiceProvider);
        routes.MapPost("/v1/files", files.UploadAsync);
        routes.MapGet("/v1/files", files.ListAsync);
        routes.MapGet("/v1/files/{id}", files.GetAsync);
        routes.MapDelete("/v1/files/{id}", files.DeleteAsync);
        routes.MapGet("/v1/files/{id}/content", files.ContentAsync);

        // Anthropic has the same two paths; its clients send a header that OpenAI's do not.
        var other = routes.ServiceProvider.GetRequiredService<AnthropicModels>();
        routes.MapGet("/v1/models", context => AnthropicModels.Asks(context) ? other.ListAsync(context) : models.ListAsync(context));
        routes.MapGet("/v1/models/{**id}", context => AnthropicModels.Asks(context) ? other.GetAsync(context) : models.GetAsync(context));
        return routes;
    }
}
