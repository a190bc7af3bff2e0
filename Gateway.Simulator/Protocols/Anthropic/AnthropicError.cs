using System.Text.Json;

namespace Gateway.Simulator.Protocols.Anthropic;

/// <summary>A refusal as Anthropic words it.</summary>
internal sealed class AnthropicError(int status, string message, string type) : ProviderException(status, message)
{
    public const string InvalidRequest = "invalid_request_error";

    public static AnthropicError Invalid(string message) => new(StatusCodes.Status400BadRequest, message, InvalidRequest);

    /// <summary>A member at a path, such as <c>messages.0.content.1</c>.</summary>
    public static AnthropicError Invalid(string path, string message) => Invalid($"{path}: {message}");

    /// <summary>The usual error of a status, for scripts.</summary>
    public static AnthropicError Scripted(int status, string? type) => status switch
    {
        400 => new(status, "The request was invalid.", type ?? InvalidRequest),
        401 => new(status, "invalid x-api-key", type ?? "authentication_error"),
        402 => new(status, "Your credit balance is too low to access the Anthropic API.", type ?? "billing_error"),
        403 => new(status, "Your API key does not have permission to use the specified resource.", type ?? "permission_error"),
        404 => new(status, "The requested resource could not be found.", type ?? "not_found_error"),
        413 => new(status, "Request exceeds the maximum size", type ?? "request_too_large"),
        429 => new(status, "This request would exceed your organization's rate limit of 50 requests per minute.", type ?? "rate_limit_error"),
        504 => new(status, "The request timed out.", type ?? "timeout_error"),
        503 or 529 => new(status, "Overloaded", type ?? "overloaded_error"),
        >= 500 => new(status, "Internal server error", type ?? "api_error"),
        _ => new(status, "The request was refused.", type ?? InvalidRequest),
    };

    public override void WriteBody(Utf8JsonWriter json, string number)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "error"u8);
        json.WriteStartObject("error"u8);
        json.WriteString("type"u8, type);
        json.WriteString("message"u8, Message);
        json.WriteEndObject();
        json.WriteString("request_id"u8, $"req_{number}");
        json.WriteEndObject();
    }

    public override void WriteHeaders(IHeaderDictionary headers)
    {
        headers["x-should-retry"] = Status is 408 or 409 or 429 or >= 500 ? "true" : "false";
        if (Status == StatusCodes.Status429TooManyRequests)
        {
            headers["anthropic-ratelimit-requests-limit"] = "50";
            headers["anthropic-ratelimit-requests-remaining"] = "0";
        }
    }
}
