using System.Buffers;
using Gateway.Core.Errors;
using Gateway.Core.Money;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.OpenAI;

/// <summary>Writes the stream of an old completion: it has place for text and nothing else.</summary>
internal sealed class OpenAITextStreamWriter(AnswerContext context, IBufferWriter<byte> output) : IAnswerWriter, IDisposable
{
    private readonly OpenAIChunkFrame _frame = new(context, output, isText: true);
    private FinishReason? _reason;
    private TokenUsage? _usage;
    private bool _hasRefusal;

    public void Start(ReadOnlySpan<byte> id, ReadOnlySpan<byte> model) => _frame.SetId(id);

    public void Text(ReadOnlySpan<byte> text)
    {
        if (!text.IsEmpty)
        {
            _frame.WriteText(default, text, default);
        }
    }

    public void Reasoning(ReadOnlySpan<byte> text) => context.Notes.DropFromAnswer("reasoning");

    public void ReasoningSignature(ReadOnlySpan<byte> signature)
    {
        // Worth nothing without its text.
    }

    public void RedactedReasoning(ReadOnlySpan<byte> data) => context.Notes.DropFromAnswer("reasoning");

    public void Refusal(ReadOnlySpan<byte> text)
    {
        _hasRefusal |= !text.IsEmpty;
        Text(text);
    }

    public void ToolStart(int index, ReadOnlySpan<byte> id, ReadOnlySpan<byte> name) => context.Notes.DropFromAnswer("tool_calls");

    public void ToolArguments(int index, ReadOnlySpan<byte> json)
    {
        // Its call was dropped.
    }

    public void ToolSignature(int index, ReadOnlySpan<byte> signature)
    {
        // Its call was dropped.
    }

    public void ToolEnd(int index)
    {
        // Its call was dropped.
    }

    public void Usage(in TokenUsage usage) => _usage = usage;

    public void Finish(FinishReason reason, ReadOnlySpan<byte> stopSequence) => _reason = reason;

    public void End()
    {
        _frame.Begin().WriteStringValue(""u8);
        _frame.End(OpenAIFinish.Write(_reason, hasCalls: false, _hasRefusal, usesFunctions: false));
        if (context.IncludeUsage && _usage is { } usage)
        {
            _frame.WriteUsage(in usage);
        }

        _frame.WriteDone();
        Dispose();
    }

    public void Error(in ErrorReply error)
    {
        _frame.WriteError(in error);
        Dispose();
    }

    public void KeepAlive() => _frame.WriteKeepAlive();

    /// <summary>End and error do it: nobody else knows when a stream is over.</summary>
    public void Dispose() => _frame.Dispose();
}
