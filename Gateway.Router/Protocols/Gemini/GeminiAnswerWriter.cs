using System.Buffers;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Gemini;

/// <summary>Writes a whole plain answer.</summary>
internal static class GeminiAnswerWriter
{
    public static void Write(NeutralAnswer answer, AnswerContext context, IBufferWriter<byte> output)
    {
        var shows = context.ClientState is GeminiClientState { ShowsThoughts: true };
        var chunk = new GeminiChunk(context, output);
        chunk.Begin();
        string? signature = null;
        var wasRefused = false;
        var isBroken = false;
        foreach (var block in answer.Blocks)
        {
            switch (block)
            {
                case TextBlock text:
                    chunk.Text(text.Utf8, isThought: false, signature);
                    signature = null;
                    break;
                case RefusalBlock refusal:
                    chunk.Text(refusal.Utf8, isThought: false, signature);
                    signature = null;
                    wasRefused = true;
                    break;
                case ReasoningBlock { Redacted: not null }:
                    context.Notes.DropFromAnswer("redacted_thinking");
                    break;
                case ReasoningBlock reasoning:
                    if (shows && !reasoning.Utf8.IsEmpty)
                    {
                        chunk.Text(reasoning.Utf8, isThought: true);
                    }

                    signature = reasoning.Signature ?? signature;
                    break;
                case ToolCallBlock call:
                    if (signature is not null)
                    {
                        // Not on the call: it proves the thoughts, and must come back as theirs.
                        chunk.Text(default, isThought: true, signature);
                        signature = null;
                    }

                    if (GeminiChunk.Arguments(call.Utf8) is { } arguments)
                    {
                        chunk.Call(call.Id, call.Name, arguments, call.Signature);
                    }
                    else
                    {
                        isBroken = true;
                    }

                    break;
                default:
                    break;
            }
        }

        if (signature is not null)
        {
            chunk.Text(default, isThought: false, signature);
        }

        chunk.End(GeminiChunk.Reason(answer.Reason, wasRefused, isBroken), answer.Usage);
    }
}
