using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Gateway.Router.Protocols;

/// <summary>
/// Reads JSON strings of upstreams as plain UTF-8. Never throws for their content: a lone surrogate or a broken byte becomes U+FFFD, since one
/// bad character must not end an answer.
/// </summary>
internal static class JsonText
{
    private const int EscapeDigits = 4;

    /// <summary>The string under <paramref name="reader"/>.</summary>
    /// <param name="scratch">Kept by the caller; holds the result where the string is not plain as it stands.</param>
    /// <returns>A slice of the document or of <paramref name="scratch"/>: good until the next call.</returns>
    public static ReadOnlySpan<byte> Read(scoped ref readonly Utf8JsonReader reader, ref byte[] scratch) => Unescape(reader.ValueSpan, ref scratch);

    /// <summary>What stands between the quotes of a JSON string, as plain UTF-8.</summary>
    /// <param name="escaped">Was read by a JSON reader before, so that its escapes are whole.</param>
    /// <param name="scratch">As in <see cref="Read"/>.</param>
    public static ReadOnlySpan<byte> Unescape(ReadOnlySpan<byte> escaped, ref byte[] scratch)
    {
        var plain = escaped;
        if (escaped.Contains((byte)'\\'))
        {
            if (scratch.Length < escaped.Length)
            {
                scratch = new byte[Math.Max(escaped.Length, scratch.Length * 2)];
            }

            // No escape is shorter than what it stands for.
            plain = scratch.AsSpan(0, Unescape(escaped, scratch));
        }

        return Utf8.IsValid(plain) ? plain : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(plain));
    }

    private static int Unescape(ReadOnlySpan<byte> escaped, Span<byte> plain)
    {
        var written = 0;
        while (true)
        {
            var slash = escaped.IndexOf((byte)'\\');
            var run = slash < 0 ? escaped : escaped[..slash];
            run.CopyTo(plain[written..]);
            written += run.Length;
            if (slash < 0)
            {
                return written;
            }

            var escape = escaped[slash + 1];
            escaped = escaped[(slash + 2)..];
            if (escape == (byte)'u')
            {
                written += TakeRune(ref escaped).EncodeToUtf8(plain[written..]);
            }
            else
            {
                plain[written++] = escape switch
                {
                    (byte)'n' => (byte)'\n',
                    (byte)'t' => (byte)'\t',
                    (byte)'r' => (byte)'\r',
                    (byte)'b' => (byte)'\b',
                    (byte)'f' => (byte)'\f',
                    _ => escape,
                };
            }
        }
    }

    private static Rune TakeRune(ref ReadOnlySpan<byte> escaped)
    {
        var first = TakeUnit(ref escaped);
        if (char.IsHighSurrogate(first) && escaped is [(byte)'\\', (byte)'u', ..])
        {
            var rest = escaped[2..];
            var second = TakeUnit(ref rest);
            if (char.IsLowSurrogate(second))
            {
                escaped = rest;
                return new Rune(first, second);
            }
        }

        return Rune.TryCreate(first, out var rune) ? rune : Rune.ReplacementChar;
    }

    private static char TakeUnit(ref ReadOnlySpan<byte> escaped)
    {
        var isHex = Utf8Parser.TryParse(escaped[..EscapeDigits], out ushort unit, out _, 'x');
        escaped = escaped[EscapeDigits..];
        return isHex ? (char)unit : (char)Rune.ReplacementChar.Value;
    }
}
