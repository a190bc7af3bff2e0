using Gateway.Core.Requests;

namespace Gateway.Router.Pipeline;

internal static class LlmEndpoints
{
    /// <summary>Maps every endpoint of the LLM path onto the one pipeline.</summary>
    public static IEndpointRouteBuilder MapLlmEndpoints(this IEndpointRouteBuilder routes)
    {
        var pipeline = routes.ServiceProvider.GetRequiredService<LlmPipeline>();
        foreach (var endpoint in LlmEndpoint.Routed)
        {
            // A RequestDelegate, not a lambda for model binding: the body is ours to read.
            RequestDelegate handler = http => pipeline.InvokeAsync(http, endpoint);
            routes.MapPost(endpoint.Path, handler).WithName(endpoint.Operation.ToString());
        }

        return routes;
    }
}
