using System.Text;
using System.Text.Json;

namespace Gateway.Core.Requests;

/// <summary>A known field as it is written at one place of one protocol's bodies.</summary>
internal sealed class KnownMember(KnownField field, FieldRule rule, string name, string? path = null, KnownMember[]? members = null)
{
    /// <summary>A known name of 24 characters with every one written as two halves of a surrogate pair, \uXXXX\uXXXX.</summary>
    private const int MaxEscapedNameBytes = 12 * 24;

    private readonly byte[] _utf8 = Encoding.UTF8.GetBytes(name);

    public KnownField Field { get; } = field;

    public FieldRule Rule { get; } = rule;

    public string Name { get; } = name;

    /// <summary>The name as errors show it, with the objects that it stands in.</summary>
    public string Path { get; } = path ?? name;

    /// <summary>Known members of its value.</summary>
    public KnownMember[] Members { get; } = members ?? [];

    /// <summary>Which of the known members the property name under <paramref name="reader"/> is.</summary>
    /// <param name="reader">Stands on a property name and stays there.</param>
    /// <param name="known">The known members of the object that the name stands in.</param>
    /// <param name="misspelled">The right spelling when the name is a known one written another way; otherwise null.</param>
    /// <returns>Null for any other field: it is passed on unread.</returns>
    public static KnownMember? Find(ref Utf8JsonReader reader, KnownMember[] known, out string? misspelled)
    {
        misspelled = null;
        var written = reader.ValueSpan;
        if (!reader.ValueIsEscaped)
        {
            foreach (var member in known)
            {
                if (written.SequenceEqual(member._utf8))
                {
                    return member;
                }
            }

            misspelled = FindFolded(known, written);
            return null;
        }

        if (written.Length <= MaxEscapedNameBytes)
        {
            Span<byte> unescaped = stackalloc byte[MaxEscapedNameBytes];
            misspelled = FindFolded(known, unescaped[..reader.CopyString(unescaped)]);
        }

        return null;
    }

    /// <summary>
    /// Whether the property name under <paramref name="reader"/> is plain ASCII. No protocol has another, and NFKC makes known names of ligatures, Roman numerals,
    /// mathematical letters and hundreds more, which only some parsers do.
    /// </summary>
    /// <remarks>An escaped name that is longer than any known one is not looked at: no form of normalisation makes it as short.</remarks>
    public static bool IsPlain(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped)
        {
            return Ascii.IsValid(reader.ValueSpan);
        }

        Span<byte> unescaped = stackalloc byte[MaxEscapedNameBytes];
        return reader.ValueSpan.Length > MaxEscapedNameBytes || Ascii.IsValid(unescaped[..reader.CopyString(unescaped)]);
    }

    private static string? FindFolded(KnownMember[] known, ReadOnlySpan<byte> name)
    {
        foreach (var member in known)
        {
            if (name.Length >= member._utf8.Length && EqualsFolded(name, member._utf8))
            {
                return member.Name;
            }
        }

        return null;
    }

    /// <summary>
    /// Equal as the laxest parser would see it: without case, with the Kelvin sign as k and the long s as s (Go's
    /// encoding/json folds these), and full-width letters as plain ones (NFKC).
    /// </summary>
    private static bool EqualsFolded(ReadOnlySpan<byte> name, ReadOnlySpan<byte> known)
    {
        foreach (var expected in known)
        {
            if (Rune.DecodeFromUtf8(name, out var rune, out var length) != System.Buffers.OperationStatus.Done || Fold(rune.Value) != Fold(expected))
            {
                return false;
            }

            name = name[length..];
        }

        return name.IsEmpty;
    }

    private static int Fold(int value) => value switch
    {
        >= 'A' and <= 'Z' => value | 0x20,
        0x017F => 's',
        0x212A => 'k',
        >= 0xFF01 and <= 0xFF5E => Fold(value - 0xFEE0),
        _ => value,
    };
}
