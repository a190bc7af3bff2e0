using System.Text;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Bedrock;

internal static class BedrockFinish
{
    /// <param name="reason">Bedrock's <c>stopReason</c>; empty when it gave none.</param>
    /// <param name="hasCalls">Calls of the client's own tools were made.</param>
    /// <param name="notes">Told of a reason that we do not know.</param>
    public static FinishReason Map(ReadOnlySpan<byte> reason, bool hasCalls, TranslationNotes? notes)
    {
        if (reason.SequenceEqual("stop_sequence"u8))
        {
            return FinishReason.StopSequence;
        }

        if (reason.SequenceEqual("max_tokens"u8) || reason.SequenceEqual("model_context_window_exceeded"u8))
        {
            return FinishReason.Length;
        }

        if (reason.SequenceEqual("content_filtered"u8) || reason.SequenceEqual("guardrail_intervened"u8))
        {
            return FinishReason.Filtered;
        }

        if (!reason.IsEmpty && !reason.SequenceEqual("end_turn"u8) && !reason.SequenceEqual("tool_use"u8))
        {
            notes?.DropFromAnswer($"finish_reason={Encoding.UTF8.GetString(reason)}");
        }

        // By content: a call of the emulated output tool is none of the client's.
        return hasCalls ? FinishReason.Tool : FinishReason.Stop;
    }
}
