using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gateway.Router.Protocols.OpenAI;

/// <summary>Custom tools take plain text; as functions they take an object with the one string <c>input</c>.</summary>
internal static class CustomInput
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Wrap(string input)
    {
        var output = new ArrayBufferWriter<byte>(input.Length + 16);
        using (var json = new Utf8JsonWriter(output, Plain))
        {
            json.WriteStartObject();
            json.WriteString("input"u8, input);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    /// <returns>The text, or the arguments as they are when they are no such object.</returns>
    public static string Unwrap(ReadOnlySpan<byte> arguments)
    {
        try
        {
            var reader = new Utf8JsonReader(arguments);
            using var document = JsonDocument.ParseValue(ref reader);
            if (document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("input"u8, out var input) && input.ValueKind == JsonValueKind.String)
            {
                return input.GetString()!;
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The model did not keep to the schema: what it wrote is the input.
        }

        return Encoding.UTF8.GetString(arguments);
    }
}
