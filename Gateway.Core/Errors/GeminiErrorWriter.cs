using System.Globalization;
using System.Text.Json;

namespace Gateway.Core.Errors;

/// <summary>Errors as Gemini's clients read them: <c>{"error":{"code","message","status","details"}}</c>.</summary>
public static class GeminiErrorWriter
{
    /// <summary>Domain of the reasons in <c>ErrorInfo</c>: they are the gateway's codes, not Google's.</summary>
    private const string ReasonDomain = "gateway";

    /// <summary>Google's name of the status.</summary>
    public static string StatusOf(in ErrorReply error) => error.Status switch
    {
        401 => "UNAUTHENTICATED",
        402 => "FAILED_PRECONDITION",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        408 or 504 => "DEADLINE_EXCEEDED",
        409 => "ABORTED",
        429 => "RESOURCE_EXHAUSTED",
        501 => "UNIMPLEMENTED",
        // Not for the client to try again: the operator has to mend a key.
        502 when error.Code == "upstream_auth" => "INTERNAL",
        502 or 503 or 529 => "UNAVAILABLE",
        >= 500 => "INTERNAL",
        _ => "INVALID_ARGUMENT",
    };

    internal static void Write(Utf8JsonWriter json, in ErrorReply error)
    {
        json.WriteStartObject();
        json.WriteStartObject("error"u8);
        json.WriteNumber("code"u8, error.Status);
        json.WriteString("message"u8, error.Message);
        json.WriteString("status"u8, StatusOf(in error));
        if (error.Code is not null || error.Param is not null || error.RetryAfter is not null)
        {
            WriteDetails(json, in error);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteDetails(Utf8JsonWriter json, in ErrorReply error)
    {
        json.WriteStartArray("details"u8);
        if (error.Code is { } code)
        {
            Begin(json, "type.googleapis.com/google.rpc.ErrorInfo"u8);
            json.WriteString("reason"u8, code.ToUpperInvariant());
            json.WriteString("domain"u8, ReasonDomain);
            json.WriteEndObject();
        }

        if (error.Param is { } param)
        {
            Begin(json, "type.googleapis.com/google.rpc.BadRequest"u8);
            json.WriteStartArray("fieldViolations"u8);
            json.WriteStartObject();
            json.WriteString("field"u8, param);
            json.WriteString("description"u8, error.Message);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }

        if (error.RetryAfter is { } wait)
        {
            Begin(json, "type.googleapis.com/google.rpc.RetryInfo"u8);
            json.WriteString("retryDelay"u8, Seconds(wait));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Begin(Utf8JsonWriter json, ReadOnlySpan<byte> type)
    {
        json.WriteStartObject();
        json.WriteString("@type"u8, type);
    }

    /// <summary>As protobuf writes durations, rounded up to milliseconds: who waits exactly that long is let in.</summary>
    private static string Seconds(TimeSpan wait)
    {
        var milliseconds = Math.Max(1, (long)Math.Ceiling(wait.TotalMilliseconds));
        return string.Create(CultureInfo.InvariantCulture, $"{milliseconds / 1000m:0.###}s");
    }
}
