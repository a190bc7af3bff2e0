using Gateway.Core.Errors;
using Gateway.Core.Requests;

namespace Gateway.Edge.Endpoints;

/// <summary>What to say to a path that is none of ours.</summary>
internal static class UnknownPaths
{
    private const int MaxShown = 80;

    private static readonly string[] Known = [.. LlmEndpoint.Routed.Select(static endpoint => endpoint.Path), ModerationsPath, ModelsPath];

    public const string ModerationsPath = "/v1/moderations";
    public const string ModelsPath = "/v1/models";

    public static GatewayError Describe(HttpRequest request)
    {
        var path = request.Path.Value ?? "";
        return new GatewayError(GatewayErrorKind.EndpointNotFound, $"There is no endpoint at '{Shown(path)}'. {Hint(path)}");
    }

    /// <summary>The method as it may be shown: clients may invent methods.</summary>
    public static string MethodOf(HttpRequest request) => Shown(request.Method);

    private static string Hint(string path)
    {
        foreach (var known in Known)
        {
            var belowVersion = known["/v1".Length..];
            if (path.TrimEnd('/').EndsWith(belowVersion, StringComparison.OrdinalIgnoreCase))
            {
                return $"Did you mean {known}? The base URL of OpenAI clients must end in /v1.";
            }
        }

        return "The base URL of OpenAI clients is this address with /v1; GET /v1/models is a first call to try.";
    }

    private static string Shown(string text) => text.Length <= MaxShown ? text : text[..MaxShown] + "...";
}
