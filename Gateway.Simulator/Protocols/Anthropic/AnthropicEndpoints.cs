using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Gateway.Simulator.Protocols.Anthropic;

internal static class AnthropicEndpoints
{
    public static WebApplicationBuilder AddAnthropic(this WebApplicationBuilder builder)
    {
        builder.Services.TryAddSingleton<AnthropicProvider>();
        builder.Services.TryAddSingleton<AnthropicModels>();
        builder.Services.TryAddSingleton<PromptCache>();
        return builder;
    }

    /// <summary>Its lists of models are mapped with OpenAI's: both have the same path.</summary>
    public static IEndpointRouteBuilder MapAnthropic(this IEndpointRouteBuilder routes)
    {
        var provider = routes.ServiceProvider.GetRequiredService<AnthropicProvider>();
        routes.MapOperation("/v1/messages", new MessagesOperation(provider, routes.ServiceProvider.GetRequiredService<PromptCache>()));
        routes.MapOperation("/v1/messages/count_tokens", new CountTokensOperation(provider));
        return routes;
    }
}
