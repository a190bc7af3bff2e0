using System.Text;
using Microsoft.Net.Http.Headers;

namespace Gateway.ServiceDefaults.Serving;

/// <summary>
/// Lets only digits pass for a Content-Length. The server by itself takes <c>+5</c> for 5 and keeps the number alone, so that nothing behind it could tell; a proxy that takes it for
/// something else would see another request in the same bytes (RFC 9110, 8.6 has digits only).
/// </summary>
internal sealed class LengthDigits : Encoding
{
    private static readonly LengthDigits Instance = new();

    /// <summary>For <c>RequestHeaderEncodingSelector</c>: null leaves a header to the server.</summary>
    public static Encoding? Select(string header) => header.Equals(HeaderNames.ContentLength, StringComparison.OrdinalIgnoreCase) ? Instance : null;

    /// <summary>Anything else than a digit becomes what is no part of a number.</summary>
    public override int GetChars(ReadOnlySpan<byte> bytes, Span<char> chars)
    {
        // What is longer than the server has room for is longer than any number that it takes.
        var length = Math.Min(bytes.Length, chars.Length);
        for (var i = 0; i < length; i++)
        {
            chars[i] = char.IsAsciiDigit((char)bytes[i]) ? (char)bytes[i] : 'x';
        }

        return length;
    }

    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex) => GetChars(bytes.AsSpan(byteIndex, byteCount), chars.AsSpan(charIndex));

    public override int GetCharCount(byte[] bytes, int index, int count) => count;

    public override int GetMaxCharCount(int byteCount) => byteCount;

    public override int GetByteCount(char[] chars, int index, int count) => count;

    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) => Latin1.GetBytes(chars, charIndex, charCount, bytes, byteIndex);

    public override int GetMaxByteCount(int charCount) => charCount;
}
