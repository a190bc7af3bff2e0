using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Edge.VirtualKeys;
using Microsoft.Extensions.Primitives;

namespace Gateway.Edge.Endpoints;

/// <summary>The few query parameters that SDKs send. None goes on as it came: Gemini's <c>alt</c> is signed, the others end here.</summary>
internal static class LlmQuery
{
    private const string Alt = "alt";

    /// <summary>As SDKs made from Google's service definitions write it, with their own options behind the format.</summary>
    private const string SystemAlt = "$alt";

    private const string Events = "sse";
    private const string Json = "json";

    private static readonly GatewayError Unknown = new(
        GatewayErrorKind.InvalidRequest, "The endpoint takes no such query parameters, only 'key', 'beta', 'api-version' and, below Gemini's paths, 'alt'. Put options into the JSON body.");

    private static readonly GatewayError UnknownAlt = new(GatewayErrorKind.InvalidRequest, "The query parameter 'alt' must be 'sse' or 'json', and be sent once.", Alt);

    /// <returns>The error, or null when every parameter is one that SDKs send.</returns>
    public static GatewayError? Check(HttpRequest request, LlmProtocol client)
    {
        if (!request.QueryString.HasValue)
        {
            return null;
        }

        var formats = 0;
        foreach (var (name, values) in request.Query)
        {
            switch (name)
            {
                // The Anthropic SDK's switch for its own beta paths, and Azure's version: nothing depends on them here.
                case ClientCredential.QueryParameter or "beta" or "api-version":
                    break;
                case Alt or SystemAlt when client == LlmProtocol.Gemini:
                    formats += values.Count;
                    if (formats > 1 || !(Is(values, Events) || Is(values, Json)))
                    {
                        return UnknownAlt;
                    }

                    break;
                default:
                    return Unknown;
            }
        }

        return null;
    }

    /// <summary>Whether a stream is to come as events. The parameters were checked.</summary>
    public static bool WantsEvents(HttpRequest request) =>
        request.QueryString.HasValue && (Is(request.Query[Alt], Events) || Is(request.Query[SystemAlt], Events));

    private static bool Is(StringValues values, string format) =>
        values is [{ } value] && value.StartsWith(format, StringComparison.Ordinal) && (value.Length == format.Length || value[format.Length] == ';');
}
