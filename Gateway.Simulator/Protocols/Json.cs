using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Gateway.Simulator.Protocols;

/// <summary>Short ways to members that may be absent (<c>null</c> in the body is the same as absent), and to bytes.</summary>
internal static class Json
{
    /// <summary>Provider text goes out as UTF-8, not as \u escapes: gateways must cope with split characters.</summary>
    public static readonly JavaScriptEncoder Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    public static JsonElement? Member(JsonElement body, ReadOnlySpan<byte> name) =>
        body.ValueKind == JsonValueKind.Object && body.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public static string? Text(JsonElement body, ReadOnlySpan<byte> name) =>
        Member(body, name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    public static bool Flag(JsonElement body, ReadOnlySpan<byte> name) => Member(body, name) is { ValueKind: JsonValueKind.True };

    /// <summary>A number that the field table let through, cut to what an int holds.</summary>
    public static int Integer(JsonElement body, ReadOnlySpan<byte> name, int missing) =>
        Member(body, name) is { ValueKind: JsonValueKind.Number } value ? (int)Math.Min(value.GetInt64(), int.MaxValue) : missing;

    public static ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = Encoder }))
        {
            write(json);
        }

        return buffer.WrittenMemory;
    }

    public static ReadOnlyMemory<byte> Serialize<T>(T message, JsonTypeInfo<T> type) => Write(json => JsonSerializer.Serialize(json, message, type));
}
