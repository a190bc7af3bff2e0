namespace Gateway.Router.Protocols.OpenAI;

/// <summary>
/// Cheap tests on one chunk. A name in quotes cannot stand inside a JSON string, where its quotes would be escaped; so a hit
/// that is followed by a colon is a member, at whatever depth. The tests may say yes too often, never no.
/// </summary>
internal static class OpenAIChunk
{
    /// <param name="name">With its quotes.</param>
    /// <returns>Whether a member of this name has a value other than null.</returns>
    public static bool HasValue(ReadOnlySpan<byte> data, ReadOnlySpan<byte> name)
    {
        while (TryFind(ref data, name, out var value))
        {
            if (!value.StartsWith("null"u8))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Bytes, in UTF-8, of what was generated: text, reasoning, refusal or arguments of a call. A chunk that holds one kind
    /// is not searched for the others: hardly any holds two, and all are searched for each token.
    /// </summary>
    /// <returns>0 when the chunk carries none.</returns>
    public static int ContentBytes(ReadOnlySpan<byte> data) =>
        TextBytes(data, "\"content\""u8) is var content and > 0 ? content
        : TextBytes(data, "\"text\""u8) is var text and > 0 ? text
        : TextBytes(data, "\"reasoning_content\""u8) is var reasoningContent and > 0 ? reasoningContent
        : TextBytes(data, "\"reasoning\""u8) is var reasoning and > 0 ? reasoning
        : TextBytes(data, "\"arguments\""u8) is var arguments and > 0 ? arguments
        : TextBytes(data, "\"refusal\""u8);

    private static int TextBytes(ReadOnlySpan<byte> data, ReadOnlySpan<byte> name)
    {
        var bytes = 0;
        while (TryFind(ref data, name, out var value))
        {
            if (value.Length > 1 && value[0] == (byte)'"')
            {
                bytes += JsonTextLength.InUtf8(value[1..], out _);
            }
        }

        return bytes;
    }

    /// <summary>Finds the next member; <paramref name="data"/> goes on behind its name.</summary>
    private static bool TryFind(ref ReadOnlySpan<byte> data, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        while (data.IndexOf(name) is var at and >= 0)
        {
            data = data[(at + name.Length)..];
            value = data.TrimStart(" \t\r\n"u8);
            if (value.Length > 0 && value[0] == (byte)':')
            {
                value = value[1..].TrimStart(" \t\r\n"u8);
                return true;
            }
        }

        value = default;
        return false;
    }
}
