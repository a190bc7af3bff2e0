using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Gemini;

/// <summary>Base64 in any of its forms, as the one that every provider takes.</summary>
internal static class GeminiBase64
{
    /// <returns>The standard alphabet, padded, without white space.</returns>
    public static byte[] Normal(JsonElement value, SourcePath path)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            throw GeminiJson.Wrong(path, "a string");
        }

        var raw = Encoding.UTF8.GetBytes(GeminiJson.Text(value, path));
        var length = 0;
        foreach (var symbol in raw)
        {
            if (symbol is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t' or (byte)'=')
            {
                continue;
            }

            raw[length++] = symbol switch
            {
                (byte)'-' => (byte)'+',
                (byte)'_' => (byte)'/',
                _ => symbol,
            };
        }

        var padded = new byte[(length + 3) / 4 * 4];
        raw.AsSpan(0, length).CopyTo(padded);
        padded.AsSpan(length).Fill((byte)'=');
        return length > 0 && length % 4 != 1 && Base64.IsValid(padded) ? padded : throw GeminiJson.Wrong(path, "base64");
    }
}
