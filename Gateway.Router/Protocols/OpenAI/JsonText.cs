using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Unicode;

namespace Gateway.Router.Protocols.OpenAI;

/// <summary>Strings of JSON documents as plain UTF-8, whatever a model wrote into them.</summary>
internal static class JsonText
{
    private const int HexDigits = 4;

    /// <summary>What must not stand in a JSON string as it is.</summary>
    private static readonly SearchValues<byte> Escaped = SearchValues.Create([.. Enumerable.Range(0, ' ').Select(static value => (byte)value), (byte)'"', (byte)'\\']);

    /// <summary>
    /// Writes text as a JSON string with its quotes, escaping only what must be. The framework's laxest encoder still turns every emoji into
    /// twelve bytes, and looks at each character: this looks at what a model streams once, in blocks.
    /// </summary>
    /// <param name="text">Valid UTF-8.</param>
    public static void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> text)
    {
        output.Write("\""u8);
        int at;
        while ((at = text.IndexOfAny(Escaped)) >= 0)
        {
            output.Write(text[..at]);
            WriteEscape(output, text[at]);
            text = text[(at + 1)..];
        }

        output.Write(text);
        output.Write("\""u8);
    }

    /// <summary>Removes the escapes. Half of a surrogate pair becomes U+FFFD: the reader of the framework would throw.</summary>
    /// <param name="escaped">What stands between the quotes; its escapes are well formed.</param>
    /// <param name="buffer">Takes the result; grows where it must.</param>
    public static ReadOnlySpan<byte> Unescape(ReadOnlySpan<byte> escaped, ref byte[] buffer)
    {
        if (buffer.Length < escaped.Length)
        {
            // No escape is shorter than what it stands for.
            buffer = new byte[Math.Max(escaped.Length, buffer.Length * 2)];
        }

        var length = 0;
        while (!escaped.IsEmpty)
        {
            var plain = escaped.IndexOf((byte)'\\') is var at and >= 0 ? escaped[..at] : escaped;
            plain.CopyTo(buffer.AsSpan(length));
            length += plain.Length;
            escaped = escaped[plain.Length..];
            if (escaped.Length > 1)
            {
                length += TakeEscape(ref escaped, buffer.AsSpan(length));
            }
            else
            {
                break;
            }
        }

        return buffer.AsSpan(0, length);
    }

    /// <summary>The document with every broken byte sequence replaced, or itself when it has none.</summary>
    public static ReadOnlySpan<byte> Repair(ReadOnlySpan<byte> document) =>
        Utf8.IsValid(document) ? document : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(document));

    private static void WriteEscape(IBufferWriter<byte> output, byte character)
    {
        switch (character)
        {
            case (byte)'"':
                output.Write("\\\""u8);
                break;
            case (byte)'\\':
                output.Write("\\\\"u8);
                break;
            case (byte)'\n':
                output.Write("\\n"u8);
                break;
            case (byte)'\r':
                output.Write("\\r"u8);
                break;
            case (byte)'\t':
                output.Write("\\t"u8);
                break;
            default:
                output.Write("\\u00"u8);
                output.Write([HexOf(character >> 4), HexOf(character & 0xF)]);
                break;
        }

        static byte HexOf(int digit) => (byte)(digit < 10 ? '0' + digit : 'a' + digit - 10);
    }

    private static int TakeEscape(ref ReadOnlySpan<byte> escaped, Span<byte> target)
    {
        var kind = escaped[1];
        if (kind != (byte)'u')
        {
            escaped = escaped[2..];
            target[0] = kind switch
            {
                (byte)'n' => (byte)'\n',
                (byte)'r' => (byte)'\r',
                (byte)'t' => (byte)'\t',
                (byte)'b' => (byte)'\b',
                (byte)'f' => (byte)'\f',
                _ => kind,
            };
            return 1;
        }

        var unit = TakeUnit(ref escaped);
        if (char.IsHighSurrogate(unit) && escaped is [(byte)'\\', (byte)'u', ..])
        {
            var behind = escaped;
            var low = TakeUnit(ref behind);
            if (char.IsLowSurrogate(low))
            {
                escaped = behind;
                return new Rune(unit, low).EncodeToUtf8(target);
            }
        }

        return (Rune.TryCreate(unit, out var rune) ? rune : Rune.ReplacementChar).EncodeToUtf8(target);
    }

    private static char TakeUnit(ref ReadOnlySpan<byte> escaped)
    {
        var digits = escaped.Length >= 2 + HexDigits ? escaped.Slice(2, HexDigits) : default;
        var isHex = Utf8Parser.TryParse(digits, out ushort unit, out var read, 'x') && read == HexDigits;
        escaped = escaped[Math.Min(escaped.Length, 2 + HexDigits)..];
        return isHex ? (char)unit : '\uFFFD';
    }
}
