using System.Buffers.Text;

namespace Gateway.Router.Protocols;

/// <summary>Measures a JSON string where it stands, without reading it.</summary>
internal static class JsonTextLength
{
    private const int HexDigits = 4;

    /// <summary>
    /// How long the text is that a string says: the same for a character written as itself and as an escape, so that a count of tokens by bytes does not
    /// depend on how an upstream writes. Escapes are taken for good ones; what cannot be one is counted as its letter.
    /// </summary>
    /// <param name="text">The JSON behind the opening quote.</param>
    /// <param name="end">Where the closing quote stands; -1 when there is none.</param>
    /// <returns>Bytes of the text in UTF-8; without a closing quote, of all that is there.</returns>
    public static int InUtf8(ReadOnlySpan<byte> text, out int end)
    {
        var saved = 0;
        var at = 0;
        while (text[at..].IndexOfAny((byte)'"', (byte)'\\') is var step and >= 0)
        {
            at += step;
            if (text[at] == (byte)'"')
            {
                end = at;
                return at - saved;
            }

            var escape = EscapeLength(text[at..], out var bytes);
            at += escape;
            saved += escape - bytes;
        }

        end = -1;
        return text.Length - saved;
    }

    /// <returns>Bytes of the escape at the start of <paramref name="text"/>, never more than there are.</returns>
    private static int EscapeLength(ReadOnlySpan<byte> text, out int bytes)
    {
        bytes = 1;
        if (text.Length < 2 + HexDigits || text[1] != (byte)'u')
        {
            return Math.Min(2, text.Length);
        }

        // Four digits are never signed, and as many are read as there are digits: anything else is no escape.
        if (!Utf8Parser.TryParse(text.Slice(2, HexDigits), out ushort unit, out var digits, 'x') || digits != HexDigits)
        {
            return 2;
        }

        // Each half of a pair is half of four bytes.
        bytes = unit < 0x80 ? 1 : unit < 0x800 || char.IsSurrogate((char)unit) ? 2 : 3;
        return 2 + HexDigits;
    }
}
