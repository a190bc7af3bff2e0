using System.Text;
using System.Text.Json;

namespace Gateway.Moderation.Content;

/// <summary>Text files inside a body: base64 with a media type beside it, or a <c>data:</c> address. Models read them like any text.</summary>
internal static class TextFile
{
    private static readonly string[] TextTypes =
    [
        "application/json", "application/xml", "application/yaml", "application/x-yaml", "application/javascript", "application/x-javascript",
        "application/x-python", "application/csv", "application/markdown", "application/sql", "application/rtf", "application/xhtml",
    ];

    public static bool IsText(ReadOnlySpan<char> mediaType)
    {
        var type = mediaType.Trim();
        if (type.IndexOf(';') is var end and >= 0)
        {
            type = type[..end].TrimEnd();
        }

        if (type.StartsWith("text/", StringComparison.OrdinalIgnoreCase) || type.EndsWith("+json", StringComparison.OrdinalIgnoreCase) || type.EndsWith("+xml", StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        foreach (var known in TextTypes)
        {
            if (type.StartsWith(known, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A quick look at the raw string: false is sure, for addresses of other kinds and for pictures.</summary>
    public static bool MayBeAddress(ReadOnlySpan<byte> raw)
    {
        raw = raw.TrimStart((byte)' ');
        return !raw.IsEmpty && raw[0] is (byte)'d' or (byte)'D' or (byte)'\\' && !raw.StartsWith("data:image/"u8);
    }

    /// <summary>The text of a <c>data:</c> address, and what stands before its base64.</summary>
    /// <returns>False for any other address, and for data that is no text.</returns>
    /// <exception cref="JsonException">It says that it is text and cannot be decoded.</exception>
    public static bool TryReadAddress(string address, out string prefix, out string text)
    {
        (prefix, text) = ("", "");
        var trimmed = address.AsSpan().TrimStart();
        if (!trimmed.StartsWith("data:", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var type = trimmed["data:".Length..];
        var comma = type.IndexOf(',');
        if (comma < 0 || !(IsText(type[..comma]) || IsUntyped(type[..comma])))
        {
            return false;
        }

        var head = type[..comma];
        if (head.Contains("base64", StringComparison.OrdinalIgnoreCase))
        {
            prefix = address[..(address.IndexOf(',') + 1)];
            text = Decode(type[(comma + 1)..]);
            return true;
        }

        // Written back as base64, which says the same.
        prefix = $"data:{head};base64,";
        text = Uri.UnescapeDataString(type[(comma + 1)..].ToString());
        return true;
    }

    /// <exception cref="JsonException">It is no base64. A reader with laxer rules might read it all the same.</exception>
    public static string Decode(ReadOnlySpan<char> data)
    {
        var clean = new StringBuilder(data.Length + 3);
        foreach (var unit in data)
        {
            if (unit is '-' or '_')
            {
                clean.Append(unit == '-' ? '+' : '/');
            }
            else if (unit != '=' && !char.IsWhiteSpace(unit))
            {
                clean.Append(unit);
            }
        }

        clean.Append('=', (4 - (clean.Length % 4)) % 4);
        try
        {
            return Encoding.UTF8.GetString(Convert.FromBase64String(clean.ToString()));
        }
        catch (FormatException)
        {
            throw new JsonException("A text file is not valid base64.");
        }
    }

    public static string Encode(string prefix, string text) => prefix + Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    /// <summary>An address without a type is text by definition (RFC 2397).</summary>
    private static bool IsUntyped(ReadOnlySpan<char> head) => head.IsEmpty || head[0] == ';';
}
