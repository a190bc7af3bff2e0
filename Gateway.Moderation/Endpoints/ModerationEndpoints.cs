using Gateway.Core.Context;
using Gateway.Moderation.Content;
using Gateway.Moderation.Content.Shapes;
using Gateway.Moderation.Policies;

namespace Gateway.Moderation.Endpoints;

internal static class ModerationEndpoints
{
    /// <exception cref="ContextConfigurationException">The context secret is missing or weak: nobody could be let in, or anybody.</exception>
    public static WebApplicationBuilder AddModeration(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddContextKeys(builder.Configuration);
        services.AddSingleton<ContextGate>();
        services.AddSingleton<ModerationMetrics>();
        services.AddSingleton<ModerationPolicies>();
        services.AddSingleton<PolicyRun>();
        services.AddSingleton<ContentScan>();
        services.AddSingleton<InternalModeration>();
        services.AddSingleton<ModerationsEndpoint>();
        return builder;
    }

    public static IEndpointRouteBuilder MapModeration(this IEndpointRouteBuilder routes)
    {
        // Made here, so that a policy that cannot be built stops the start and not the first request.
        var moderation = routes.ServiceProvider.GetRequiredService<InternalModeration>();
        Map("/internal/moderation/chat", OpenAIShapes.Chat);
        Map("/internal/moderation/completions", OpenAIShapes.Completion);
        Map("/internal/moderation/embeddings", OpenAIShapes.Embedding);
        Map("/internal/moderation/images", OpenAIShapes.Image);
        Map("/internal/moderation/speech", OpenAIShapes.Speech);
        Map("/internal/moderation/rerank", OpenAIShapes.Rerank);
        Map("/internal/moderation/responses", OpenAIShapes.Responses);
        Map("/internal/moderation/messages", AnthropicShapes.Messages);
        Map("/internal/moderation/generate-content", GeminiShapes.GenerateContent);
        Map("/internal/moderation/embed-content", GeminiShapes.EmbedContent);
        Map("/internal/moderation/ollama-chat", OllamaShapes.Chat);
        Map("/internal/moderation/ollama-generate", OllamaShapes.Generate);
        Map("/internal/moderation/ollama-embed", OllamaShapes.Embed);
        routes.MapPost(ModerationsEndpoint.Path, routes.ServiceProvider.GetRequiredService<ModerationsEndpoint>().InvokeAsync);
        return routes;

        void Map(string path, Shape shape) => routes.MapPost(path, context => moderation.InvokeAsync(context, path, shape));
    }
}
