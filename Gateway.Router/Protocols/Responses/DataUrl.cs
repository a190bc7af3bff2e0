namespace Gateway.Router.Protocols.Responses;

/// <summary>Data URLs and base64 as clients write them: any case of the scheme, parameters, white space, either alphabet.</summary>
internal static class DataUrl
{
    public static bool IsDataUrl(string url) => url.StartsWith("data:", StringComparison.OrdinalIgnoreCase);

    /// <param name="mime">Null when the URL names none.</param>
    /// <param name="base64">Standard alphabet, padded, without white space.</param>
    /// <returns>False when it is not base64.</returns>
    public static bool TryRead(string url, out string? mime, out byte[] base64)
    {
        (mime, base64) = (null, []);
        var comma = url.IndexOf(',', StringComparison.Ordinal);
        if (comma < 0)
        {
            return false;
        }

        var head = url.AsSpan("data:".Length, comma - "data:".Length);
        if (!head.EndsWith(";base64", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var semicolon = head.IndexOf(';');
        var type = head[..semicolon].Trim();
        mime = type.IsEmpty ? null : type.ToString().ToLowerInvariant();
        return TryNormalise(url.AsSpan(comma + 1), out base64);
    }

    public static bool TryNormalise(ReadOnlySpan<char> text, out byte[] base64)
    {
        var output = new byte[text.Length + 3];
        var length = 0;
        var padding = 0;
        foreach (var character in text)
        {
            switch (character)
            {
                case >= 'A' and <= 'Z' or >= 'a' and <= 'z' or >= '0' and <= '9' or '+' or '/' when padding == 0:
                    output[length++] = (byte)character;
                    break;
                case '-' or '_' when padding == 0:
                    output[length++] = (byte)(character == '-' ? '+' : '/');
                    break;
                case '=' when padding < 2:
                    padding++;
                    break;
                case ' ' or '\t' or '\r' or '\n':
                    break;
                default:
                    base64 = [];
                    return false;
            }
        }

        while (length % 4 is 2 or 3)
        {
            output[length++] = (byte)'=';
        }

        base64 = length % 4 == 0 && length > 0 ? output[..length] : [];
        return base64.Length > 0;
    }
}
