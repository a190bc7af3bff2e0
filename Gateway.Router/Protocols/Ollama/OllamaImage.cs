using System.Buffers.Text;
using Gateway.Core.Errors;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Ollama;

/// <summary>Reads the images of a request: base64 without a name for what it is.</summary>
internal static class OllamaImage
{
    public static MediaPart Read(string text, SourcePath path)
    {
        string? named = null;
        var data = text.AsSpan().Trim();
        if (data.StartsWith("data:", StringComparison.OrdinalIgnoreCase) && data.IndexOf(',') is > 0 and var comma)
        {
            // Not in the protocol, but what several user interfaces send.
            var head = data["data:".Length..comma];
            var end = head.IndexOf(';');
            named = (end < 0 ? head : head[..end]).ToString().ToLowerInvariant();
            data = data[(comma + 1)..];
        }

        var base64 = Normalize(data);
        if (base64.Length == 0 || !Base64.IsValid(base64))
        {
            throw new GatewayException(GatewayErrorKind.InvalidRequest, $"'{path}' must be an image as base64.", path.ToString());
        }

        return new MediaPart(MediaKind.Image, path) { Base64 = base64, MimeType = Sniff(base64) ?? (named is { Length: > 0 } ? named : null) };
    }

    /// <summary>What the first bytes say; null when they say nothing that we know.</summary>
    public static string? Sniff(ReadOnlySpan<byte> base64)
    {
        // 16 characters are 12 bytes: the longest mark.
        Span<byte> head = stackalloc byte[12];
        Base64.DecodeFromUtf8(base64[..Math.Min(base64.Length, 16)], head, out _, out var length);
        head = head[..length];
        return head.StartsWith<byte>([0x89, 0x50, 0x4E, 0x47]) ? "image/png"
            : head.StartsWith<byte>([0xFF, 0xD8, 0xFF]) ? "image/jpeg"
            : head.StartsWith("GIF8"u8) ? "image/gif"
            : head.StartsWith("RIFF"u8) && head.EndsWith("WEBP"u8) ? "image/webp" : null;
    }

    /// <summary>The standard alphabet, without white space, filled up to whole groups.</summary>
    private static byte[] Normalize(ReadOnlySpan<char> text)
    {
        const int Group = 4;
        var plain = new byte[text.Length + Group];
        var length = 0;
        foreach (var character in text)
        {
            if (!char.IsWhiteSpace(character))
            {
                plain[length++] = character switch { '-' => (byte)'+', '_' => (byte)'/', > '\x7F' => (byte)'?', _ => (byte)character };
            }
        }

        while (length % Group > 1)
        {
            plain[length++] = (byte)'=';
        }

        return plain[..length];
    }
}
