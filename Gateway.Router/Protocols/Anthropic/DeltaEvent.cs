namespace Gateway.Router.Protocols.Anthropic;

/// <summary>A cheap test for the commonest event. It may say no too often, never yes.</summary>
internal static class DeltaEvent
{
    /// <summary>Bytes of what was generated, in UTF-8.</summary>
    /// <returns>-1 for every event that is not certainly a content delta.</returns>
    public static int ContentBytes(ReadOnlySpan<byte> data)
    {
        // Anthropic writes the type first and the content last. A server that does not is read the long way.
        if (!data.StartsWith("{\"type\":\"content_block_delta\",\"index\":"u8))
        {
            return -1;
        }

        var delta = data.IndexOf("\"delta\":{\"type\":\""u8);
        if (delta < 0)
        {
            return -1;
        }

        var rest = data[(delta + "\"delta\":{\"type\":\""u8.Length)..];
        return rest.StartsWith("text_delta\",\"text\":\""u8) ? Length(rest["text_delta\",\"text\":\""u8.Length..])
            : rest.StartsWith("input_json_delta\",\"partial_json\":\""u8) ? Length(rest["input_json_delta\",\"partial_json\":\""u8.Length..])
            : rest.StartsWith("thinking_delta\",\"thinking\":\""u8) ? Length(rest["thinking_delta\",\"thinking\":\""u8.Length..])
            : -1;
    }

    /// <summary>Length of the text of a string, behind whose quote two braces and nothing else must follow; else -1.</summary>
    private static int Length(ReadOnlySpan<byte> text)
    {
        var bytes = JsonTextLength.InUtf8(text, out var end);
        if (end < 0)
        {
            return -1;
        }

        var tail = text[(end + 1)..];
        return tail.StartsWith("}"u8) && tail[1..].Trim(" \t"u8).SequenceEqual("}"u8) ? bytes : -1;
    }
}
