using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Gateway.Router.Protocols.Responses;

/// <summary>
/// Writes JSON in pieces, for events whose shape is fixed and whose text is written several times over: text is escaped once and kept
/// so. Only what JSON wants escaped is.
/// </summary>
internal static class JsonPieces
{
    private static readonly SearchValues<byte> Special = SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(static code => (byte)code), (byte)'"', (byte)'\\']);

    /// <summary>Escapes text, without quotes.</summary>
    public static void Escape(IBufferWriter<byte> output, ReadOnlySpan<byte> text)
    {
        if (!Utf8.IsValid(text))
        {
            text = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(text));
        }

        int special;
        while ((special = text.IndexOfAny(Special)) >= 0)
        {
            output.Write(text[..special]);
            EscapeByte(output, text[special]);
            text = text[(special + 1)..];
        }

        output.Write(text);
    }

    /// <summary>A string with its quotes.</summary>
    public static void String(IBufferWriter<byte> output, ReadOnlySpan<byte> text)
    {
        output.Write("\""u8);
        Escape(output, text);
        output.Write("\""u8);
    }

    /// <inheritdoc cref="String(IBufferWriter{byte}, ReadOnlySpan{byte})"/>
    public static void String(IBufferWriter<byte> output, string text) => String(output, Encoding.UTF8.GetBytes(text));

    public static void Number(IBufferWriter<byte> output, long number)
    {
        const int MostDigits = 20;
        number.TryFormat(output.GetSpan(MostDigits), out var written, default, CultureInfo.InvariantCulture);
        output.Advance(written);
    }

    private static void EscapeByte(IBufferWriter<byte> output, byte value)
    {
        ReadOnlySpan<byte> escaped = value switch
        {
            (byte)'"' => "\\\""u8,
            (byte)'\\' => "\\\\"u8,
            (byte)'\n' => "\\n"u8,
            (byte)'\r' => "\\r"u8,
            (byte)'\t' => "\\t"u8,
            (byte)'\b' => "\\b"u8,
            (byte)'\f' => "\\f"u8,
            _ => default,
        };
        if (!escaped.IsEmpty)
        {
            output.Write(escaped);
            return;
        }

        output.Write("\\u00"u8);
        var hex = "0123456789abcdef"u8;
        output.Write([hex[value >> 4], hex[value & 0xF]]);
    }
}
