using Gateway.Core.Requests;

namespace Gateway.Edge.Endpoints;

/// <summary>Which protocol a client speaks, so that it can read what it is refused with: the endpoint says it, or else the path.</summary>
internal static class ClientProtocols
{
    private const string AnthropicVersion = "anthropic-version";

    public static LlmProtocol Of(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<EdgePolicy>() is { Llm: { } endpoint })
        {
            return endpoint.Protocol;
        }

        var path = context.Request.Path;
        if (path.StartsWithSegments("/v1beta"))
        {
            return LlmProtocol.Gemini;
        }

        if (path.StartsWithSegments("/api"))
        {
            return LlmProtocol.Ollama;
        }

        if (path.StartsWithSegments("/v1/messages") || (path.StartsWithSegments(UnknownPaths.ModelsPath) && context.Request.Headers.ContainsKey(AnthropicVersion)))
        {
            return LlmProtocol.Anthropic;
        }

        return path.StartsWithSegments(UnknownPaths.ResponsesPath) ? LlmProtocol.Responses : LlmProtocol.OpenAI;
    }

    /// <summary>Whether the client waits for one JSON array: Gemini's stream without <c>alt=sse</c>.</summary>
    public static bool WantsArray(HttpRequest request) =>
        request.Path.Value?.EndsWith(":streamGenerateContent", StringComparison.Ordinal) == true && !LlmQuery.WantsEvents(request);
}
