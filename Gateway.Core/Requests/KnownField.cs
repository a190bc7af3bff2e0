using System.Text;
using System.Text.Json;

namespace Gateway.Core.Requests;

/// <summary>Fields that steer the gateway. An upstream must never see another value of them than the gateway did.</summary>
internal enum KnownField
{
    /// <summary>Any other field: passed on unread.</summary>
    None,
    Model,
    Stream,
    StreamOptions,
    MaxTokens,
    MaxCompletionTokens,
    N,
    User,
    Messages,
    Prompt,
    Input,
    IncludeUsage,
}

internal static class KnownFields
{
    /// <summary>A known name of 21 bytes with every byte written as \uXXXX.</summary>
    private const int MaxEscapedNameBytes = 6 * 21;

    private static readonly (KnownField Field, string Name, byte[] Utf8)[] TopLevel =
    [
        Entry(KnownField.Model, "model"),
        Entry(KnownField.Stream, "stream"),
        Entry(KnownField.StreamOptions, "stream_options"),
        Entry(KnownField.MaxTokens, "max_tokens"),
        Entry(KnownField.MaxCompletionTokens, "max_completion_tokens"),
        Entry(KnownField.N, "n"),
        Entry(KnownField.User, "user"),
        Entry(KnownField.Messages, "messages"),
        Entry(KnownField.Prompt, "prompt"),
        Entry(KnownField.Input, "input"),
    ];

    private static readonly (KnownField Field, string Name, byte[] Utf8)[] InStreamOptions = [Entry(KnownField.IncludeUsage, "include_usage")];

    /// <summary>Which field the property name under <paramref name="reader"/> is.</summary>
    /// <param name="reader">Stands on a property name and stays there.</param>
    /// <param name="inStreamOptions">Whether the name stands inside <c>stream_options</c> instead of the body.</param>
    /// <param name="misspelled">The right spelling when the name is a known one written another way; otherwise null.</param>
    public static KnownField Find(ref Utf8JsonReader reader, bool inStreamOptions, out string? misspelled)
    {
        misspelled = null;
        var known = inStreamOptions ? InStreamOptions : TopLevel;
        var written = reader.ValueSpan;
        if (!reader.ValueIsEscaped)
        {
            foreach (var (field, _, utf8) in known)
            {
                if (written.SequenceEqual(utf8))
                {
                    return field;
                }
            }

            misspelled = FindFolded(known, written);
            return KnownField.None;
        }

        if (written.Length <= MaxEscapedNameBytes)
        {
            Span<byte> unescaped = stackalloc byte[MaxEscapedNameBytes];
            misspelled = FindFolded(known, unescaped[..reader.CopyString(unescaped)]);
        }

        return KnownField.None;
    }

    public static string NameOf(KnownField field) => field switch
    {
        KnownField.None => "",
        KnownField.Model => "model",
        KnownField.Stream => "stream",
        KnownField.StreamOptions => "stream_options",
        KnownField.MaxTokens => "max_tokens",
        KnownField.MaxCompletionTokens => "max_completion_tokens",
        KnownField.N => "n",
        KnownField.User => "user",
        KnownField.Messages => "messages",
        KnownField.Prompt => "prompt",
        KnownField.Input => "input",
        KnownField.IncludeUsage => "stream_options.include_usage",
    };

    private static (KnownField Field, string Name, byte[] Utf8) Entry(KnownField field, string name) => (field, name, Encoding.UTF8.GetBytes(name));

    private static string? FindFolded((KnownField Field, string Name, byte[] Utf8)[] known, ReadOnlySpan<byte> name)
    {
        foreach (var (_, text, utf8) in known)
        {
            if (name.Length >= utf8.Length && EqualsFolded(name, utf8))
            {
                return text;
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
            if (Rune.DecodeFromUtf8(name, out var rune, out var length) != System.Buffers.OperationStatus.Done || Fold(rune.Value) != expected)
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
