using System.Text.Json;

namespace Gateway.Router.Protocols.Responses;

/// <summary>Reads errors out of answers that said 200: an <c>error</c> event, flat or nested, a failed response, a plain error object.</summary>
internal static class ResponsesError
{
    private const int MaxText = 500;

    /// <summary>Never throws.</summary>
    public static UpstreamError Read(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            using var document = JsonDocument.ParseValue(ref reader);
            var error = Find(document.RootElement);
            var (type, code) = (Text(error, "type"), Text(error, "code"));

            // The type of the flat event is only the event's name.
            type = type == "error" ? null : type;
            return new UpstreamError(StatusOf(code, type), type, code, Text(error, "message") is { Length: > MaxText } text ? text[..MaxText] : Text(error, "message"), Text(error, "param"))
            {
                RetryAfter = UpstreamErrorText.RetryIn(Text(error, "message")),
            };
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return new UpstreamError(StatusCodes.Status502BadGateway, null, null, null, null);
        }
    }

    private static JsonElement Find(JsonElement root)
    {
        if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("response", out var response) && response.ValueKind == JsonValueKind.Object)
        {
            root = response;
        }

        return root.ValueKind == JsonValueKind.Object && root.TryGetProperty("error", out var error) && error.ValueKind is JsonValueKind.Object or JsonValueKind.String ? error : root;
    }

    private static string? Text(JsonElement error, string name) =>
        error.ValueKind == JsonValueKind.String ? name == "message" ? JsonWords.Text(error) : null
        : error.ValueKind != JsonValueKind.Object || !error.TryGetProperty(name, out var value) ? null
        : value.ValueKind == JsonValueKind.String ? JsonWords.Text(value)
        : value.ValueKind == JsonValueKind.Number ? value.GetRawText() : null;

    private static int StatusOf(string? code, string? type)
    {
        var status = StatusOf(code) is var byCode and > 0 ? byCode : StatusOf(type);
        return status > 0 ? status : StatusCodes.Status502BadGateway;
    }

    // A provider's 401 or 403 is about the gateway's own key, which is not the client's fault.
    private static int StatusOf(string? word) => word switch
    {
        "rate_limit_exceeded" or "rate_limit_error" or "insufficient_quota" or "requests" or "tokens" or "429" => StatusCodes.Status429TooManyRequests,
        "invalid_request_error" or "invalid_prompt" or "context_length_exceeded" or "content_filter" or "image_content_policy_violation" or "invalid_image"
            or "invalid_image_format" or "invalid_base64_image" or "invalid_image_url" or "image_too_large" or "image_too_small" or "image_parse_error"
            or "invalid_image_mode" or "unsupported_image_media_type" or "empty_image_file" or "failed_to_download_image" or "image_file_not_found"
            or "bio_policy" or "400" => StatusCodes.Status400BadRequest,
        "overloaded_error" or "service_unavailable" or "503" => StatusCodes.Status503ServiceUnavailable,
        "server_error" or "internal_error" or "500" => StatusCodes.Status500InternalServerError,
        "vector_store_timeout" or "timeout" => StatusCodes.Status504GatewayTimeout,
        _ => 0,
    };
}
