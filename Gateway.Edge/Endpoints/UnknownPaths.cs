using Gateway.Core.Errors;
using Gateway.Core.Requests;

namespace Gateway.Edge.Endpoints;

/// <summary>Paths of the surface, and what to say to one that is none of ours.</summary>
internal static class UnknownPaths
{
    private const int MaxShown = 80;

    public const string ModerationsPath = "/v1/moderations";
    public const string ModelsPath = "/v1/models";
    public const string ResponsesPath = "/v1/responses";
    public const string GeminiModelsPath = "/v1beta/models";

    private const string Version = "/v1";
    private const string Anthropic = "/v1/messages";

    private static readonly string[] BelowVersion =
        [.. LlmEndpoint.Routed.Select(static endpoint => endpoint.Path).Where(static path => path.StartsWith(Version, StringComparison.Ordinal)), ModerationsPath, ModelsPath, FilesCall.Root];

    public static GatewayError Describe(HttpRequest request)
    {
        var path = request.PathBase.Value + request.Path.Value;
        return new GatewayError(GatewayErrorKind.EndpointNotFound, $"There is no endpoint at '{Shown(path)}'. {Hint(request.Path)}");
    }

    /// <summary>What follows <c>/models/</c>; empty where nothing does.</summary>
    public static ReadOnlySpan<char> BelowModels(HttpRequest request)
    {
        const string Models = "/models/";
        var path = request.Path.Value.AsSpan();
        var start = path.IndexOf(Models, StringComparison.OrdinalIgnoreCase);
        return start < 0 ? default : path[(start + Models.Length)..];
    }

    /// <summary>The method as it may be shown: clients may invent methods.</summary>
    public static string MethodOf(HttpRequest request) => Shown(request.Method);

    private static string Hint(PathString path)
    {
        if (path.StartsWithSegments("/v1beta") || path.StartsWithSegments(ModelsPath))
        {
            return "Calls of Gemini clients go to /v1beta/models/MODEL:generateContent, :streamGenerateContent, :embedContent, :batchEmbedContents or :countTokens.";
        }

        if (path.StartsWithSegments("/api"))
        {
            return "For Ollama clients there are /api/chat, /api/generate, /api/embed, /api/tags and /api/show; models are not pulled or made here.";
        }

        foreach (var known in BelowVersion)
        {
            if (path.Value!.TrimEnd('/').EndsWith(known[Version.Length..], StringComparison.OrdinalIgnoreCase))
            {
                return known.StartsWith(Anthropic, StringComparison.Ordinal)
                    ? $"Did you mean {known}? The base URL of Anthropic clients is this address without /v1."
                    : $"Did you mean {known}? The base URL of OpenAI clients must end in /v1.";
            }
        }

        return "The base URL of OpenAI clients is this address with /v1; GET /v1/models is a first call to try.";
    }

    private static string Shown(string text) => text.Length <= MaxShown ? text : text[..MaxShown] + "...";
}
