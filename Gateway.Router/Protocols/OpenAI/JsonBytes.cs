using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Gateway.Router.Protocols.OpenAI;

/// <summary>Text on its way into and out of JSON, as bytes.</summary>
internal static class JsonBytes
{
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
}
