using System.Text.Json;

namespace Gateway.Router.Protocols.Anthropic;

/// <summary>Errors inside a 200: an <c>error</c> event, or an error document.</summary>
internal static class AnthropicErrors
{
    private const int MaxText = 500;

    /// <summary>An event that cannot stand where it stood.</summary>
    public static readonly UpstreamError Invalid = new(StatusCodes.Status502BadGateway, null, "upstream_invalid_response", "The model provider sent something that is no event of its protocol.", null);

    /// <param name="data">The document. Never throws.</param>
    public static UpstreamError Read(ReadOnlySpan<byte> data)
    {
        string? type = null;
        string? message = null;
        var found = false;
        try
        {
            var text = new JsonText();
            var members = new JsonMembers(data);
            while (members.Next())
            {
                if (!members.Is("error"u8))
                {
                    continue;
                }

                var value = members.Value();
                found = value is not [(byte)'n', ..];
                message = text.StringOf(value);
                var error = new JsonMembers(value);
                while (error.Next())
                {
                    if (error.Is("type"u8))
                    {
                        type = text.StringOf(error.Value());
                    }
                    else if (error.Is("message"u8))
                    {
                        message = text.StringOf(error.Value());
                    }
                }
            }
        }
        catch (JsonException)
        {
            // What was read before stands.
        }

        return found ? new UpstreamError(StatusOf(type), type, null, Shorten(message), null) : Invalid;
    }

    /// <summary>The HTTP status of an error type; 502 for types that are not known, and for the gateway's own key: that is not the client's fault.</summary>
    public static int StatusOf(string? type) => type switch
    {
        "invalid_request_error" => StatusCodes.Status400BadRequest,
        "billing_error" => StatusCodes.Status402PaymentRequired,
        "not_found_error" => StatusCodes.Status404NotFound,
        "request_too_large" => StatusCodes.Status413PayloadTooLarge,
        "rate_limit_error" => StatusCodes.Status429TooManyRequests,
        "api_error" => StatusCodes.Status500InternalServerError,
        "timeout_error" => StatusCodes.Status504GatewayTimeout,
        "overloaded_error" => 529,
        _ => StatusCodes.Status502BadGateway,
    };

    private static string? Shorten(string? message) => message is null or "" ? null : message.Length <= MaxText ? message : message[..MaxText];
}
