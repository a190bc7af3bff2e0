using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Gateway.Router.Protocols.Responses;

/// <summary>Reads string tokens out of JSON that was found to be whole, into a buffer that is used again.</summary>
internal sealed class JsonTokens
{
    private byte[] _buffer = new byte[256];

    /// <summary>The text of a string token.</summary>
    /// <param name="token">What stands between the quotes.</param>
    /// <returns>Valid UTF-8 until the next call; half a surrogate pair becomes U+FFFD.</returns>
    public ReadOnlySpan<byte> Unescape(ReadOnlySpan<byte> token)
    {
        if (!token.Contains((byte)'\\'))
        {
            return Valid(token);
        }

        if (_buffer.Length < token.Length)
        {
            _buffer = new byte[Math.Max(token.Length, _buffer.Length * 2)];
        }

        var length = 0;
        while (!token.IsEmpty)
        {
            var plain = token.IndexOf((byte)'\\');
            plain = plain < 0 ? token.Length : plain;
            token[..plain].CopyTo(_buffer.AsSpan(length));
            length += plain;
            token = token[plain..];
            if (token.Length >= 2)
            {
                length += UnescapeOne(ref token, _buffer.AsSpan(length));
            }
        }

        return Valid(_buffer.AsSpan(0, length));
    }

    /// <summary>Text of the string token under <paramref name="reader"/>; null for null and for what is no string.</summary>
    public string? Text(ref Utf8JsonReader reader) => reader.TokenType == JsonTokenType.String ? Encoding.UTF8.GetString(Unescape(reader.ValueSpan)) : null;

    // An escape is never shorter than what it stands for: the buffer always has room.
    private static int UnescapeOne(ref ReadOnlySpan<byte> token, Span<byte> output)
    {
        var kind = token[1];
        if (kind != (byte)'u')
        {
            token = token[2..];
            output[0] = kind switch
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

        var unit = TakeUnit(ref token);
        var rune = Rune.ReplacementChar;
        if (char.IsHighSurrogate(unit) && token.StartsWith("\\u"u8))
        {
            var behind = token;
            if (Rune.TryCreate(unit, TakeUnit(ref behind), out var pair))
            {
                token = behind;
                rune = pair;
            }
        }
        else if (Rune.TryCreate(unit, out var single))
        {
            rune = single;
        }

        return rune.EncodeToUtf8(output);
    }

    private static char TakeUnit(ref ReadOnlySpan<byte> token)
    {
        const int Length = 6;    // \u0000
        var digits = token[2..Math.Min(Length, token.Length)];
        token = token[Math.Min(Length, token.Length)..];
        return Utf8Parser.TryParse(digits, out ushort unit, out _, 'x') ? (char)unit : '\uFFFD';
    }

    private static ReadOnlySpan<byte> Valid(ReadOnlySpan<byte> text) => Utf8.IsValid(text) ? text : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(text));
}
