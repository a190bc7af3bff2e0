using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Anthropic;

/// <summary>Why a message ended, in Anthropic's words and in neutral ones.</summary>
internal static class StopReasons
{
    /// <param name="stopReason">The upstream's word.</param>
    /// <param name="hasCalls">Whether the message calls tools that the client knows.</param>
    /// <param name="isKnown">False for a word that is not of the list.</param>
    public static FinishReason Read(ReadOnlySpan<byte> stopReason, bool hasCalls, out bool isKnown)
    {
        isKnown = true;
        if (stopReason.SequenceEqual("end_turn"u8))
        {
            return FinishReason.Stop;
        }

        if (stopReason.SequenceEqual("tool_use"u8))
        {
            // The call of an emulated output format is text to the client.
            return ByContent(hasCalls);
        }

        if (stopReason.SequenceEqual("max_tokens"u8) || stopReason.SequenceEqual("model_context_window_exceeded"u8))
        {
            return FinishReason.Length;
        }

        if (stopReason.SequenceEqual("stop_sequence"u8))
        {
            return FinishReason.StopSequence;
        }

        if (stopReason.SequenceEqual("refusal"u8))
        {
            return FinishReason.Refusal;
        }

        if (stopReason.SequenceEqual("pause_turn"u8))
        {
            return FinishReason.Pause;
        }

        isKnown = false;
        return ByContent(hasCalls);
    }

    public static FinishReason ByContent(bool hasCalls) => hasCalls ? FinishReason.Tool : FinishReason.Stop;

    /// <param name="hasCalls">Some upstreams say stop although they called.</param>
    /// <param name="refused">A refusal was said, whatever the reason was.</param>
    public static ReadOnlySpan<byte> Write(FinishReason reason, bool hasCalls, bool refused) => reason switch
    {
        FinishReason.Stop when refused => "refusal"u8,
        FinishReason.Stop when hasCalls => "tool_use"u8,
        FinishReason.Stop => "end_turn"u8,
        FinishReason.StopSequence => "stop_sequence"u8,
        FinishReason.Length => "max_tokens"u8,
        FinishReason.Tool => "tool_use"u8,
        FinishReason.Filtered or FinishReason.Refusal => "refusal"u8,
        FinishReason.Pause => "pause_turn"u8,
    };
}
