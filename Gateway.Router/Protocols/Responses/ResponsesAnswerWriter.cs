using System.Buffers;
using System.Text;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Responses;

/// <summary>Writes a whole plain answer: the items that a stream would have built, and the response around them.</summary>
internal static class ResponsesAnswerWriter
{
    public static void Write(NeutralAnswer answer, AnswerContext context, IBufferWriter<byte> output)
    {
        var state = ResponsesState.Of(context);
        var envelope = new ResponsesEnvelope(context, state);
        envelope.SetUpstreamId(Encoding.UTF8.GetBytes(answer.Id));
        var assembly = new ResponsesAssembly(context.RequestId, state, events: null);
        var calls = 0;
        foreach (var block in answer.Blocks)
        {
            Add(assembly, block, ref calls);
        }

        assembly.Complete(!ResponsesEnvelope.IsCut(answer.Reason), isRefused: answer.Reason == FinishReason.Refusal);
        envelope.WriteEnd(output, answer.Reason, assembly, answer.Usage);
    }

    private static void Add(ResponsesAssembly assembly, AnswerBlock block, ref int calls)
    {
        switch (block)
        {
            case TextBlock when !block.Utf8.IsEmpty:
                assembly.Text(block.Utf8);
                break;
            case RefusalBlock:
                assembly.Text(block.Utf8, MessagePartKind.Refusal);
                break;
            case ReasoningBlock { Redacted: { } redacted }:
                assembly.RedactedReasoning(Encoding.UTF8.GetBytes(redacted));
                break;
            case ReasoningBlock reasoning:
                if (!block.Utf8.IsEmpty)
                {
                    assembly.Reasoning(block.Utf8);
                }

                if (reasoning.Signature is { Length: > 0 } signature)
                {
                    assembly.ReasoningSignature(Encoding.UTF8.GetBytes(signature));
                }

                break;
            case ToolCallBlock call:
                assembly.ToolStart(calls, Encoding.UTF8.GetBytes(call.Id), Encoding.UTF8.GetBytes(call.Name));
                assembly.ToolArguments(calls, call.Utf8);
                if (call.Signature is { } proof)
                {
                    assembly.ToolSignature(calls, Encoding.UTF8.GetBytes(proof));
                }

                assembly.ToolEnd(calls++);
                break;
            default:
                break;
        }
    }
}
