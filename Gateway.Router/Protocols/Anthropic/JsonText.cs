using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Gateway.Router.Protocols.Anthropic;

/// <summary>Reads JSON strings as plain UTF-8. Unlike the framework's reader it never throws for half a surrogate pair, which models do write.</summary>
internal sealed class JsonText
{
    private byte[] _buffer = [];

    /// <param name="value">A JSON value as it is written.</param>
    /// <returns>The text, valid until the next call; empty for everything but a string.</returns>
    public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> value)
    {
        if (value.Length < 2 || value[0] != (byte)'"')
        {
            return default;
        }

        var text = value[1..^1];
        var escape = text.IndexOf((byte)'\\');
        return escape < 0 ? text : Unescape(text, escape);
    }

    /// <summary>The text as a string, or null for everything but a string.</summary>
    public string? StringOf(ReadOnlySpan<byte> value) => value.StartsWith("\""u8) ? Encoding.UTF8.GetString(Of(value)) : null;

    /// <summary>A token count: a whole number, or one written as 12.0. Null for everything else.</summary>
    public static long? CountOf(ReadOnlySpan<byte> value)
    {
        // More tokens than any answer has: a wild number must not overflow a cost.
        const long Most = Core.Money.TokenUsage.Most;
        if (value.IsEmpty || value[0] is not ((>= (byte)'0' and <= (byte)'9') or (byte)'-'))
        {
            return null;
        }

        return Utf8Parser.TryParse(value, out long whole, out var used) && used == value.Length ? Math.Clamp(whole, 0, Most)
            : Utf8Parser.TryParse(value, out double number, out used) && used == value.Length ? (long)Math.Clamp(number, 0, Most) : null;
    }

    private ReadOnlySpan<byte> Unescape(ReadOnlySpan<byte> text, int escape)
    {
        // Plain text is never longer than its escapes.
        if (_buffer.Length < text.Length)
        {
            _buffer = new byte[Math.Max(text.Length, 256)];
        }

        var written = 0;
        while (escape >= 0)
        {
            text[..escape].CopyTo(_buffer.AsSpan(written));
            written += escape;
            text = text[escape..];
            if (text[1] == (byte)'u')
            {
                written += Rune(ref text).EncodeToUtf8(_buffer.AsSpan(written));
            }
            else
            {
                _buffer[written++] = text[1] switch
                {
                    (byte)'n' => (byte)'\n',
                    (byte)'t' => (byte)'\t',
                    (byte)'r' => (byte)'\r',
                    (byte)'b' => (byte)'\b',
                    (byte)'f' => (byte)'\f',
                    var other => other,
                };
                text = text[2..];
            }

            escape = text.IndexOf((byte)'\\');
        }

        text.CopyTo(_buffer.AsSpan(written));
        return _buffer.AsSpan(0, written + text.Length);
    }

    private static Rune Rune(ref ReadOnlySpan<byte> text)
    {
        var first = Unit(text);
        text = text[6..];
        if (System.Text.Rune.TryCreate(first, out var rune))
        {
            return rune;
        }

        if (text.Length >= 6 && text.StartsWith("\\u"u8) && System.Text.Rune.TryCreate(first, Unit(text), out rune))
        {
            text = text[6..];
            return rune;
        }

        return System.Text.Rune.ReplacementChar;
    }

    private static char Unit(ReadOnlySpan<byte> escape) =>
        Utf8Parser.TryParse(escape[2..6], out ushort unit, out var used, 'x') && used == 4 ? (char)unit : throw new JsonException("A Unicode escape without four digits.");
}
