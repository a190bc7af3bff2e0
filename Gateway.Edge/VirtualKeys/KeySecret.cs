using System.Buffers;
using System.Security.Cryptography;

namespace Gateway.Edge.VirtualKeys;

/// <summary>
/// The secret of a key made at run time: <c>gw_ID_</c>, 43 random characters of base 62 (256 bits), and 6 that hold the CRC-32 of all before them. The checksum tells a typing error from a
/// key that is not known, and lets scanners of source code find leaked keys, without asking anybody.
/// </summary>
internal static class KeySecret
{
    public const string Prefix = "gw_";

    /// <summary>Longest id of such a key in characters.</summary>
    public const int MaxIdLength = 64;

    private const string Base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private static readonly SearchValues<char> Digits = SearchValues.Create(Base62);

    // 62^43 > 2^256.
    private const int RandomLength = 43;

    // 62^6 > 2^32.
    private const int ChecksumLength = 6;

    private const int TailLength = 1 + RandomLength + ChecksumLength;

    /// <summary>A new secret, as nobody will see it again.</summary>
    public static string Make(string id)
    {
        var start = $"{Prefix}{id}_{RandomNumberGenerator.GetString(Base62, RandomLength)}";
        return string.Create(start.Length + ChecksumLength, start, static (all, text) =>
        {
            text.CopyTo(all);
            WriteChecksum(text, all[text.Length..]);
        });
    }

    /// <summary>Whether it has the form, and its checksum is right. Allocates nothing.</summary>
    /// <param name="secret">What the client sent.</param>
    /// <param name="id">The id in it; empty otherwise.</param>
    public static bool TryParse(ReadOnlySpan<char> secret, out ReadOnlySpan<char> id)
    {
        id = default;
        if (!secret.StartsWith(Prefix, StringComparison.Ordinal) || secret.Length <= Prefix.Length + TailLength)
        {
            return false;
        }

        var middle = secret[Prefix.Length..^TailLength];
        var tail = secret[^TailLength..];
        Span<char> checksum = stackalloc char[ChecksumLength];
        WriteChecksum(secret[..^ChecksumLength], checksum);
        if (!IsId(middle) || tail[0] != '_' || tail[1..].ContainsAnyExcept(Digits) || !tail[^ChecksumLength..].SequenceEqual(checksum))
        {
            return false;
        }

        id = middle;
        return true;
    }

    /// <summary>Whether a key made at run time may have this id: a letter or digit, then letters, digits, <c>.</c>, <c>_</c>, <c>-</c>. It must stand in a path as it is.</summary>
    public static bool IsId(ReadOnlySpan<char> id)
    {
        if (id.Length is 0 or > MaxIdLength || !char.IsAsciiLetterOrDigit(id[0]))
        {
            return false;
        }

        foreach (var character in id)
        {
            if (!char.IsAsciiLetterOrDigit(character) && character is not ('.' or '_' or '-'))
            {
                return false;
            }
        }

        return true;
    }

    private static void WriteChecksum(ReadOnlySpan<char> text, Span<char> digits)
    {
        var rest = Crc32.Of(text);
        for (var i = ChecksumLength - 1; i >= 0; i--)
        {
            (rest, var digit) = Math.DivRem(rest, (uint)Base62.Length);
            digits[i] = Base62[(int)digit];
        }
    }
}
