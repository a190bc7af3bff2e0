using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Edge.Forwarding;

namespace Gateway.Edge.Endpoints;

/// <summary>Refuses what two readers of one request could understand differently, before anything in it is trusted.</summary>
internal static class InputRules
{
    private static readonly GatewayError BothFramings = Bad("The request has both Content-Length and Transfer-Encoding. Send one of them.");
    private static readonly GatewayError ChunkedOnHttp10 = Bad("Transfer-Encoding is not part of HTTP/1.0. Use HTTP/1.1, or send Content-Length.");
    private static readonly GatewayError OtherCoding = Bad("Transfer-Encoding must be 'chunked' and nothing else, once.");
    private static readonly GatewayError Upgrade = Bad("The gateway does not upgrade connections. Send the request without the Upgrade header.");

    private static readonly GatewayError Encoded = new(GatewayErrorKind.UnsupportedMediaType, "Compressed bodies are not accepted. Send the JSON as it is, without Content-Encoding.");
    private static readonly GatewayError NotJson = new(GatewayErrorKind.UnsupportedMediaType, "The body must be JSON. Send 'Content-Type: application/json'.");

    /// <summary>What is told about a body that is to be a form and is none.</summary>
    public static readonly GatewayError NotForm = new(
        GatewayErrorKind.UnsupportedMediaType, "The body must be a form. Send 'Content-Type: multipart/form-data' with one boundary of at most 70 characters.");

    /// <returns>The error, or null for a request that may go on.</returns>
    public static GatewayError? Check(HttpContext context)
    {
        var request = context.Request;
        return CheckFraming(request) ?? ForwardedHeaders.Check(request.Headers) ?? (context.GetEndpoint()?.Metadata.GetMetadata<EdgePolicy>() is { Llm: { } endpoint } ? CheckLlm(request, endpoint) : null);
    }

    /// <summary>Errors after which the connection cannot be trusted to hold the next request where we would look for it.</summary>
    public static bool MustClose(GatewayError error) => error.Kind == GatewayErrorKind.BodyTooLarge || ReferenceEquals(error, BothFramings) || ReferenceEquals(error, ChunkedOnHttp10)
        || ReferenceEquals(error, OtherCoding);

    private static GatewayError? CheckFraming(HttpRequest request)
    {
        var headers = request.Headers;
        if (headers.TransferEncoding.Count > 0)
        {
            // Kestrel moves the length away when both are there, as RFC 9112 6.3 allows; a proxy before us may have read the other.
            if (headers.ContentLength is not null || headers.ContainsKey("X-Content-Length"))
            {
                return BothFramings;
            }

            if (HttpProtocol.IsHttp10(request.Protocol))
            {
                return ChunkedOnHttp10;
            }

            // Kestrel asks only whether the last coding is chunked: it would hand us a body that is compressed, or chunked twice.
            if (headers.TransferEncoding is not [{ } coding] || !coding.Equals("chunked", StringComparison.OrdinalIgnoreCase))
            {
                return OtherCoding;
            }
        }

        if (headers.Upgrade.Count > 0)
        {
            return Upgrade;
        }

        return headers.ContentEncoding.Count > 0 ? Encoded : null;
    }

    private static GatewayError? CheckLlm(HttpRequest request, LlmEndpoint endpoint) => LlmQuery.Check(request, endpoint.Protocol)
        ?? (endpoint.IsForm ? FormBoundary.TryParse(request.Headers.ContentType, out _) ? null : NotForm : IsJson(request.Headers.ContentType) ? null : NotJson);

    private static bool IsJson(Microsoft.Extensions.Primitives.StringValues types)
    {
        const string Json = "application/json";
        if (types is not [{ } type] || !type.StartsWith(Json, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        // Parameters: none, or the only charset that JSON has.
        var rest = type.AsSpan(Json.Length).Trim();
        return rest.IsEmpty || (rest[0] == ';' && (rest = rest[1..].Trim()).StartsWith("charset=", StringComparison.OrdinalIgnoreCase)
            && rest["charset=".Length..].Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase));
    }

    private static GatewayError Bad(string message) => new(GatewayErrorKind.InvalidRequest, message);
}
