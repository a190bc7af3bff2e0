using Gateway.Simulator.Protocols.OpenAI;

namespace Gateway.Simulator.Protocols.Responses;

internal static class ResponsesEndpoints
{
    public static IEndpointRouteBuilder MapResponses(this IEndpointRouteBuilder routes)
    {
        routes.MapResponses("/v1/responses", routes.ServiceProvider.GetRequiredService<OpenAIProvider>(), new ResponseShelf());
        return routes;
    }

    /// <param name="routes">Gets the endpoints.</param>
    /// <param name="path">Where they begin.</param>
    /// <param name="provider">Who answers.</param>
    /// <param name="shelf">Where the answers are kept.</param>
    public static void MapResponses(this IEndpointRouteBuilder routes, string path, OpenAIProvider provider, ResponseShelf shelf)
    {
        routes.MapOperation(path, new ResponsesOperation(provider, shelf));
        routes.MapOperation(path + "/input_tokens", new InputTokensOperation(provider, shelf));
        StoredResponses.Map(routes, path, provider, shelf);
    }
}
