using System.Buffers.Text;
using System.Text;
using System.Text.Unicode;

namespace Gateway.Router.Protocols.Gemini;

/// <summary>
/// Strings of JSON as plain UTF-8, without making them strings. What is no text (half a surrogate pair, broken UTF-8) becomes U+FFFD: a
/// stream must not end over one character. Not thread-safe.
/// </summary>
internal sealed class JsonText
{
    private byte[] _buffer = [];

    /// <param name="raw">Between the quotes, checked by a JSON reader.</param>
    /// <returns>Valid until the next call.</returns>
    public ReadOnlySpan<byte> Read(ReadOnlySpan<byte> raw)
    {
        if (raw.IndexOf((byte)'\\') >= 0)
        {
            if (_buffer.Length < raw.Length)
            {
                _buffer = new byte[Math.Max(raw.Length, 256)];
            }

            // Unescaped text is never longer than escaped.
            raw = _buffer.AsSpan(0, Unescape(raw, _buffer));
        }

        return Utf8.IsValid(raw) ? raw : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(raw));
    }

    private static int Unescape(ReadOnlySpan<byte> raw, Span<byte> output)
    {
        var length = 0;
        while (!raw.IsEmpty)
        {
            var plain = raw.IndexOf((byte)'\\');
            if (plain != 0)
            {
                var run = plain < 0 ? raw : raw[..plain];
                run.CopyTo(output[length..]);
                length += run.Length;
                raw = raw[run.Length..];
                continue;
            }

            var rune = raw[1] == (byte)'u' ? TakeRune(ref raw) : TakeEscape(ref raw);
            length += rune.EncodeToUtf8(output[length..]);
        }

        return length;
    }

    private static Rune TakeEscape(ref ReadOnlySpan<byte> raw)
    {
        var escape = (char)raw[1];
        raw = raw[2..];
        return new Rune(escape switch
        {
            'b' => '\b',
            'f' => '\f',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            _ => escape,
        });
    }

    private static Rune TakeRune(ref ReadOnlySpan<byte> raw)
    {
        var first = TakeUnit(ref raw);
        if (!char.IsSurrogate(first))
        {
            return new Rune(first);
        }

        if (char.IsHighSurrogate(first) && raw is [(byte)'\\', (byte)'u', ..])
        {
            var rest = raw;
            var second = TakeUnit(ref rest);
            if (char.IsLowSurrogate(second))
            {
                raw = rest;
                return new Rune(first, second);
            }
        }

        return Rune.ReplacementChar;
    }

    private static char TakeUnit(ref ReadOnlySpan<byte> raw)
    {
        var unit = Utf8Parser.TryParse(raw.Slice(2, 4), out uint value, out _, 'x') ? (char)value : '\uFFFD';
        raw = raw[6..];
        return unit;
    }
}
