using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gateway.Router.Protocols.Gemini;

/// <summary>One form for equal JSON, so that what a client sends back is recognised: without white space and needless escapes, members in their order.</summary>
internal static class CanonicalJson
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <returns>Empty for what is no JSON.</returns>
    public static byte[] Of(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            using var document = JsonDocument.ParseValue(ref reader);
            return Of(document.RootElement);
        }
        catch (JsonException)
        {
            return [];
        }
    }

    public static byte[] Of(JsonElement json)
    {
        var output = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(output, Plain);
        try
        {
            json.WriteTo(writer);
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair.
            return [];
        }

        writer.Flush();
        return output.WrittenSpan.ToArray();
    }
}
