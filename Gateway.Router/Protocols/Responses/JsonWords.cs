using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Gateway.Router.Protocols.Responses;

/// <summary>Reads texts of an upstream's document. Half a surrogate pair, which a cut text may end with, becomes U+FFFD.</summary>
internal static class JsonWords
{
    /// <returns>Null when the parent is no object, or has no string of this name.</returns>
    public static string? Word(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? Text(value) : null;

    public static byte[] Utf8(JsonElement parent, string name) => Word(parent, name) is { } word ? Encoding.UTF8.GetBytes(word) : [];

    public static string Text(JsonElement value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return Encoding.UTF8.GetString(new JsonTokens().Unescape(JsonMarshal.GetRawUtf8Value(value)[1..^1]));
        }
    }
}
