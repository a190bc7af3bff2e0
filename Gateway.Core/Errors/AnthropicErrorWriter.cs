using System.Text.Json;

namespace Gateway.Core.Errors;

/// <summary>Errors as Anthropic's clients read them: <c>{"type":"error","error":{"type","message"},"request_id"}</c>.</summary>
public static class AnthropicErrorWriter
{
    /// <summary>Where its SDKs look for the id of a request.</summary>
    public const string RequestIdHeader = "request-id";

    /// <summary>Anthropic's <c>error.type</c>. It has no code of its own, so the status decides.</summary>
    public static string TypeOf(in ErrorReply error) => error.Status switch
    {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        408 or 504 => "timeout_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        // Nobody is overloaded: the operator has to mend a key.
        502 when error.Code == "upstream_auth" => "api_error",
        502 or 503 or 529 => "overloaded_error",
        >= 500 => "api_error",
        _ => "invalid_request_error",
    };

    internal static void Write(Utf8JsonWriter json, in ErrorReply error, string requestId)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "error"u8);
        json.WriteStartObject("error"u8);
        json.WriteString("type"u8, TypeOf(in error));
        json.WriteString("message"u8, error.Message);
        json.WriteEndObject();
        json.WriteString("request_id"u8, requestId);
        json.WriteEndObject();
    }
}
