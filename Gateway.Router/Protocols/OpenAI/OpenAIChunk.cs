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

    /// <summary>Whether the chunk carries something that was generated: text, reasoning, refusal or arguments of a call.</summary>
    public static bool HasContent(ReadOnlySpan<byte> data) =>
        HasText(data, "\"content\""u8) || HasText(data, "\"text\""u8) || HasText(data, "\"reasoning_content\""u8) || HasText(data, "\"reasoning\""u8)
        || HasText(data, "\"arguments\""u8) || HasText(data, "\"refusal\""u8);

    private static bool HasText(ReadOnlySpan<byte> data, ReadOnlySpan<byte> name)
    {
        while (TryFind(ref data, name, out var value))
        {
            if (value.Length > 1 && value[0] == (byte)'"' && value[1] != (byte)'"')
            {
                return true;
            }
        }

        return false;
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
