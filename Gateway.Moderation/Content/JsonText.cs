using System.Buffers;
using System.Globalization;
using System.Text;

namespace Gateway.Moderation.Content;

/// <summary>
/// JSON strings both ways without loss. The framework's reader throws on an unpaired surrogate (<c>"\ud800"</c>), which JSON allows;
/// a client must not be able to switch moderation off with it.
/// </summary>
internal static class JsonText
{
    private static readonly SearchValues<char> MustEscape = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Select(unit => (char)unit), '"', '\\', .. Enumerable.Range(0xD800, 0x800).Select(unit => (char)unit)]);

    /// <param name="raw">Valid JSON string content in UTF-8, without the quotes.</param>
    public static string Unescape(ReadOnlySpan<byte> raw)
    {
        var escape = raw.IndexOf((byte)'\\');
        if (escape < 0)
        {
            return Encoding.UTF8.GetString(raw);
        }

        var text = new StringBuilder(raw.Length);
        while (escape >= 0)
        {
            text.Append(Encoding.UTF8.GetString(raw[..escape]));
            var kind = raw[escape + 1];
            text.Append(kind switch
            {
                (byte)'b' => '\b',
                (byte)'f' => '\f',
                (byte)'n' => '\n',
                (byte)'r' => '\r',
                (byte)'t' => '\t',
                (byte)'u' => (char)ushort.Parse(raw.Slice(escape + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
                _ => (char)kind,
            });
            raw = raw[(escape + (kind == (byte)'u' ? 6 : 2))..];
            escape = raw.IndexOf((byte)'\\');
        }

        return text.Append(Encoding.UTF8.GetString(raw)).ToString();
    }

    /// <summary>Writes the string with its quotes.</summary>
    public static void Write(IBufferWriter<byte> output, ReadOnlySpan<char> text)
    {
        output.Write("\""u8);
        while (!text.IsEmpty)
        {
            var plain = text.IndexOfAny(MustEscape);
            if (plain < 0)
            {
                plain = text.Length;
            }

            if (plain > 0)
            {
                Encoding.UTF8.GetBytes(text[..plain], output);
                text = text[plain..];
            }
            else if (text.Length > 1 && char.IsSurrogatePair(text[0], text[1]))
            {
                Encoding.UTF8.GetBytes(text[..2], output);
                text = text[2..];
            }
            else
            {
                WriteEscape(output, text[0]);
                text = text[1..];
            }
        }

        output.Write("\""u8);
    }

    private static void WriteEscape(IBufferWriter<byte> output, char unit)
    {
        switch (unit)
        {
            case '"':
                output.Write("\\\""u8);
                break;
            case '\\':
                output.Write("\\\\"u8);
                break;
            case '\n':
                output.Write("\\n"u8);
                break;
            case '\r':
                output.Write("\\r"u8);
                break;
            case '\t':
                output.Write("\\t"u8);
                break;
            default:
                output.Write("\\u"u8);
                var digits = output.GetSpan(4);
                ((ushort)unit).TryFormat(digits, out var written, "x4", CultureInfo.InvariantCulture);
                output.Advance(written);
                break;
        }
    }
}
