using System.Text.Json;
using Gateway.Core.Errors;

namespace Gateway.Router.Protocols;

/// <summary>Reads errors of upstreams in every shape that was seen, and makes them errors that any client understands.</summary>
internal static class UpstreamErrors
{
    private const int MaxText = 500;

    /// <summary>Reads an error document. Never throws.</summary>
    public static UpstreamError Read(int status, ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            using var document = JsonDocument.ParseValue(ref reader);
            return new UpstreamError(status, null, null, Text(document.RootElement), null);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return new UpstreamError(status, null, null, null, null);
        }
    }

    /// <summary>The error as clients are told it.</summary>
    public static ErrorReply ToReply(UpstreamError error) => new(
        error.Status, error.Status >= StatusCodes.Status500InternalServerError ? "server_error" : "invalid_request_error", error.Code,
        error.Message ?? $"The model provider answered with status {error.Status} and no readable error.", error.Param);

    private static string? Text(JsonElement root) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object
        && error.TryGetProperty("message", out var message) && message.ValueKind == JsonValueKind.String
        && message.GetString() is { Length: > 0 } text ? text[..Math.Min(text.Length, MaxText)] : null;
}
