using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Gemini;

/// <summary><c>finishReason</c> and what it means (protocols.md 4.1).</summary>
internal static class GeminiFinish
{
    /// <returns>Null for a reason that this gateway does not know.</returns>
    public static FinishReason? Read(ReadOnlySpan<byte> raw) =>
        raw.SequenceEqual("STOP"u8) ? FinishReason.Stop
        : raw.SequenceEqual("MAX_TOKENS"u8) ? FinishReason.Length
        : raw.SequenceEqual("SAFETY"u8) || raw.SequenceEqual("RECITATION"u8) || raw.SequenceEqual("BLOCKLIST"u8) || raw.SequenceEqual("PROHIBITED_CONTENT"u8)
            || raw.SequenceEqual("SPII"u8) || raw.SequenceEqual("MODEL_ARMOR"u8) || raw.StartsWith("IMAGE_"u8) ? FinishReason.Filtered
        : raw.SequenceEqual("OTHER"u8) || raw.SequenceEqual("LANGUAGE"u8) || raw.SequenceEqual("FINISH_REASON_UNSPECIFIED"u8) ? FinishReason.Stop
        : null;

    /// <summary>The model tried to call a tool and failed: there is nothing that a client could use.</summary>
    public static bool IsBrokenCall(ReadOnlySpan<byte> raw) =>
        raw.SequenceEqual("MALFORMED_FUNCTION_CALL"u8) || raw.SequenceEqual("UNEXPECTED_TOOL_CALL"u8) || raw.SequenceEqual("TOO_MANY_TOOL_CALLS"u8)
        || raw.SequenceEqual("MISSING_THOUGHT_SIGNATURE"u8) || raw.SequenceEqual("MALFORMED_RESPONSE"u8);

    public static ReadOnlySpan<byte> Write(FinishReason reason) => reason switch
    {
        // Gemini has no word for calls, for a sequence that was met, or for a pause.
        FinishReason.Stop or FinishReason.StopSequence or FinishReason.Tool or FinishReason.Pause => "STOP"u8,
        FinishReason.Length => "MAX_TOKENS"u8,
        FinishReason.Filtered or FinishReason.Refusal => "SAFETY"u8,
    };
}
