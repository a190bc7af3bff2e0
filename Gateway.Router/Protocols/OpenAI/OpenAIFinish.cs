using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.OpenAI;

/// <summary>Finish reasons in OpenAI's words (protocols.md 4.1).</summary>
internal static class OpenAIFinish
{
    /// <returns>Null for a word that is not known.</returns>
    public static FinishReason? Read(ReadOnlySpan<byte> word) => word switch
    {
        _ when word.SequenceEqual("stop"u8) || word.SequenceEqual("eos"u8) || word.SequenceEqual("end_turn"u8) => FinishReason.Stop,
        _ when word.SequenceEqual("tool_calls"u8) || word.SequenceEqual("function_call"u8) || word.SequenceEqual("tool_use"u8) => FinishReason.Tool,
        _ when word.SequenceEqual("length"u8) || word.SequenceEqual("max_tokens"u8) || word.SequenceEqual("model_length"u8) => FinishReason.Length,    // the last: Mistral
        _ when word.SequenceEqual("content_filter"u8) => FinishReason.Filtered,
        _ when word.SequenceEqual("stop_sequence"u8) => FinishReason.StopSequence,
        _ => null,
    };

    /// <param name="reason">Null when the upstream gave none: it is told by content.</param>
    /// <param name="hasCalls">The answer holds calls.</param>
    /// <param name="hasRefusal">The answer holds the model's own words of refusal; without them only the reason can say that it refused.</param>
    /// <param name="usesFunctions">The client speaks of functions, as was done before tools.</param>
    public static string Write(FinishReason? reason, bool hasCalls, bool hasRefusal, bool usesFunctions) => (reason ?? (hasCalls ? FinishReason.Tool : FinishReason.Stop)) switch
    {
        FinishReason.Stop or FinishReason.StopSequence or FinishReason.Pause => "stop",
        FinishReason.Length => "length",
        FinishReason.Tool => usesFunctions ? "function_call" : "tool_calls",
        FinishReason.Filtered => "content_filter",
        FinishReason.Refusal => hasRefusal ? "stop" : "content_filter",
    };
}
