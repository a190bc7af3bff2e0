using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Router.Pipeline;

internal static class LlmEndpoints
{
    private static readonly GatewayError NoSuchMethod = new(GatewayErrorKind.EndpointNotFound, "The path names no method of a model that this gateway serves.");

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

        RequestDelegate files = http => pipeline.InvokeAsync(http, LlmEndpoint.Files);
        routes.MapMethods(FilesCall.Root, [HttpMethods.Get, HttpMethods.Post], files).WithName(nameof(LlmOperation.Files));
        routes.MapMethods(FilesCall.OnePattern, [HttpMethods.Get, HttpMethods.Delete], files);
        routes.MapGet(FilesCall.ContentPattern, files);

        RequestDelegate gemini = http => GeminiPath.TryParseTarget(TargetOf(http), out var path)
            ? pipeline.InvokeAsync(http, EndpointOf(path.Operation)) : ErrorWriters.WriteAsync(LlmProtocol.Gemini, http, NoSuchMethod);
        routes.MapPost(GeminiPath.Pattern, gemini).WithName(nameof(GeminiPath));
        return routes;
    }

    /// <summary>Path and query as they came, byte for byte: what is signed must not be decoded before it is compared.</summary>
    internal static string TargetOf(HttpContext http) => http.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";

    private static LlmEndpoint EndpointOf(LlmOperation operation)
    {
        foreach (var endpoint in LlmEndpoint.Gemini)
        {
            if (endpoint.Operation == operation)
            {
                return endpoint;
            }
        }

        throw new ArgumentOutOfRangeException(nameof(operation), operation, "Not an operation of Gemini.");
    }
}
