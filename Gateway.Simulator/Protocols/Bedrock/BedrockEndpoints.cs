using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Gateway.Simulator.Protocols.Bedrock;

internal static class BedrockEndpoints
{
    public static WebApplicationBuilder AddBedrock(this WebApplicationBuilder builder)
    {
        builder.Services.TryAddSingleton<BedrockProvider>();
        builder.Services.TryAddSingleton<PromptCache>();
        return builder;
    }

    public static IEndpointRouteBuilder MapBedrock(this IEndpointRouteBuilder routes)
    {
        var provider = routes.ServiceProvider.GetRequiredService<BedrockProvider>();
        var cache = routes.ServiceProvider.GetRequiredService<PromptCache>();
        routes.MapOperation("/model/{id}/converse", new ConverseOperation(provider, cache, stream: false));
        routes.MapOperation("/model/{id}/converse-stream", new ConverseOperation(provider, cache, stream: true));
        routes.MapOperation("/model/{id}/count-tokens", new BedrockCountOperation(provider));
        return routes;
    }
}
