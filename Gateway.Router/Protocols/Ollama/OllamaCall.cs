using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Gateway.Router.Protocols.Ollama;

/// <summary>One call of an answer.</summary>
/// <param name="Id">Empty where the server gives none.</param>
/// <param name="Name">Of the tool.</param>
/// <param name="Arguments">JSON text.</param>
internal sealed record OllamaCall(string Id, string Name, byte[] Arguments)
{
    /// <summary>Reads the calls of one line. They come whole and are few: a document is simpler here than a pass over tokens.</summary>
    /// <param name="array">The array; empty for none.</param>
    /// <param name="calls">Null for none.</param>
    /// <returns>False when they cannot be read.</returns>
    public static bool TryRead(ReadOnlySpan<byte> array, out List<OllamaCall>? calls)
    {
        calls = null;
        if (array.IsEmpty)
        {
            return true;
        }

        try
        {
            var reader = new Utf8JsonReader(array);
            using var document = JsonDocument.ParseValue(ref reader);
            calls = [];
            foreach (var call in document.RootElement.EnumerateArray())
            {
                if (call.ValueKind == JsonValueKind.Object && call.TryGetProperty("function"u8, out var function) && function.ValueKind == JsonValueKind.Object)
                {
                    calls.Add(new OllamaCall(TextOf(call, "id"u8), TextOf(function, "name"u8), ArgumentsOf(function)));
                }
            }

            return true;
        }
        catch (InvalidOperationException)
        {
            // A name with a lone surrogate.
            return false;
        }
    }

    private static byte[] ArgumentsOf(JsonElement function)
    {
        if (!function.TryGetProperty("arguments"u8, out var arguments) || arguments.ValueKind == JsonValueKind.Null)
        {
            return "{}"u8.ToArray();
        }

        // Servers that only resemble Ollama send the text of the object.
        byte[] scratch = [];
        var raw = JsonMarshal.GetRawUtf8Value(arguments);
        return (arguments.ValueKind == JsonValueKind.String ? JsonText.Unescape(raw[1..^1], ref scratch) : CompactJson.Strip(raw)).ToArray();
    }

    private static string TextOf(JsonElement parent, ReadOnlySpan<byte> name)
    {
        byte[] scratch = [];
        return parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? Encoding.UTF8.GetString(JsonText.Unescape(JsonMarshal.GetRawUtf8Value(value)[1..^1], ref scratch)) : "";
    }
}
