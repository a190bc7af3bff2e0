using System.Buffers.Text;

namespace Gateway.Router.Protocols.OpenAI;

/// <summary>Data URLs and bare base64, as clients write them.</summary>
internal static class DataUrl
{
    private const string Scheme = "data:";
    private const int Group = 4;

    public static bool Is(string text) => text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads a data URL: any case, any parameters, base64 with white space or of the alphabet for URLs.</summary>
    /// <param name="mimeType">Lower case; null when the URL has none.</param>
    /// <returns>False when it is no base64.</returns>
    public static bool TryRead(string url, out string? mimeType, out byte[] base64)
    {
        mimeType = null;
        base64 = [];
        var comma = url.IndexOf(',', StringComparison.Ordinal);
        if (comma < 0)
        {
            return false;
        }

        var isBase64 = false;
        var place = 0;
        var head = url.AsSpan(Scheme.Length, comma - Scheme.Length);
        foreach (var range in head.Split(';'))
        {
            var piece = head[range].Trim();
            if (place++ == 0)
            {
                mimeType = piece.IsEmpty ? null : Normalize(piece.ToString());
            }
            else
            {
                isBase64 |= piece.Equals("base64", StringComparison.OrdinalIgnoreCase);
            }
        }

        var data = url.AsSpan(comma + 1);
        return isBase64 && TryClean(data.Contains('%') ? Uri.UnescapeDataString(data.ToString()) : data, out base64);
    }

    /// <summary>Makes base64 standard: no white space, the usual alphabet, padded.</summary>
    /// <returns>False when it is no base64, or nothing.</returns>
    public static bool TryClean(ReadOnlySpan<char> text, out byte[] base64)
    {
        var clean = new byte[text.Length + Group];
        var length = 0;
        foreach (var character in text)
        {
            if (character > '\x7f')
            {
                base64 = [];
                return false;
            }

            if (character is not (' ' or '\t' or '\r' or '\n'))
            {
                clean[length++] = character switch { '-' => (byte)'+', '_' => (byte)'/', _ => (byte)character };
            }
        }

        while (length % Group is 2 or 3)
        {
            clean[length++] = (byte)'=';
        }

        base64 = length == clean.Length ? clean : clean[..length];
        return length > 0 && Base64.IsValid(base64);
    }

    /// <summary>The media type that the first bytes tell, or null.</summary>
    /// <param name="base64">Clean.</param>
    public static string? Sniff(ReadOnlySpan<byte> base64)
    {
        const int Enough = 16;
        Span<byte> head = stackalloc byte[Enough];
        Base64.DecodeFromUtf8(base64[..Math.Min(base64.Length, Enough)], head, out _, out var length, isFinalBlock: false);
        head = head[..length];
        return head.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G']) ? "image/png"
            : head.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]) ? "image/jpeg"
            : head.StartsWith("GIF8"u8) ? "image/gif"
            : head.StartsWith("RIFF"u8) && head.Length >= 12 && head[8..].StartsWith("WEBP"u8) ? "image/webp"
            : head.StartsWith("%PDF"u8) ? "application/pdf"
            : null;
    }

    private static string Normalize(string type)
    {
        var lower = type.ToLowerInvariant();
        return lower == "image/jpg" ? "image/jpeg" : lower;
    }
}
