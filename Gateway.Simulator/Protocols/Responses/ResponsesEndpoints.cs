using Gateway.Simulator.Protocols.OpenAI;

namespace Gateway.Simulator.Protocols.Responses;

internal static class ResponsesEndpoints
{
    /// <summary>Nothing is stored, so every id that is asked for later is unknown.</summary>
    public static IEndpointRouteBuilder MapResponses(this IEndpointRouteBuilder routes)
    {
        var provider = routes.ServiceProvider.GetRequiredService<OpenAIProvider>();
        var door = routes.ServiceProvider.GetRequiredService<ProviderDoor>();
        routes.MapOperation("/v1/responses", new ResponsesOperation(provider));
        routes.MapOperation("/v1/responses/input_tokens", new InputTokensOperation(provider));
        routes.MapMethods("/v1/responses/{id}", [HttpMethods.Get, HttpMethods.Delete], Unknown);
        routes.MapGet("/v1/responses/{id}/input_items", Unknown);
        return routes;

        Task Unknown(HttpContext context) => door.GuardAsync(
            context, provider, () => throw OpenAIError.NotFound($"Response with id '{context.Request.RouteValues["id"]}' not found.", null));
    }
}
