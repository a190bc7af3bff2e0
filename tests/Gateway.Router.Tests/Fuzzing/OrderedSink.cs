using Gateway.Core.Money;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Tests.Fuzzing;

/// <summary>Holds a decoder to the order that <see cref="IAnswerSink"/> promises, and passes on.</summary>
internal sealed class OrderedSink(IAnswerSink next) : IAnswerSink
{
    private readonly List<bool> _open = [];
    private bool _finished;

    public void Start(ReadOnlySpan<byte> id, ReadOnlySpan<byte> model) => next.Start(id, model);

    public void Text(ReadOnlySpan<byte> text) => next.Text(text);

    public void Reasoning(ReadOnlySpan<byte> text) => next.Reasoning(text);

    public void ReasoningSignature(ReadOnlySpan<byte> signature) => next.ReasoningSignature(signature);

    public void RedactedReasoning(ReadOnlySpan<byte> data) => next.RedactedReasoning(data);

    public void Refusal(ReadOnlySpan<byte> text) => next.Refusal(text);

    public void ToolStart(int index, ReadOnlySpan<byte> id, ReadOnlySpan<byte> name)
    {
        Hold(index == _open.Count, $"call {index} begins where {_open.Count} is the next");
        Hold(!id.IsEmpty, "a call has no id");
        _open.Add(true);
        next.ToolStart(index, id, name);
    }

    public void ToolArguments(int index, ReadOnlySpan<byte> json)
    {
        Hold(IsOpen(index), "arguments of a call that is not open");
        next.ToolArguments(index, json);
    }

    public void ToolSignature(int index, ReadOnlySpan<byte> signature)
    {
        Hold(index >= 0 && index < _open.Count, "signature of a call that never began");
        next.ToolSignature(index, signature);
    }

    public void ToolEnd(int index)
    {
        Hold(IsOpen(index), "end of a call that is not open");
        _open[index] = false;
        next.ToolEnd(index);
    }

    public void Usage(in TokenUsage usage)
    {
        Hold(usage is { Input: >= 0, CachedInput: >= 0, CacheWrite: >= 0, Output: >= 0, Reasoning: >= 0 }, $"negative usage {usage}");
        next.Usage(in usage);
    }

    public void Finish(FinishReason reason, ReadOnlySpan<byte> stopSequence)
    {
        Hold(!_finished, "finished twice");
        Hold(!_open.Contains(true), "finished with an open call");
        _finished = true;
        next.Finish(reason, stopSequence);
    }

    private static void Hold(bool condition, string fault)
    {
        if (!condition)
        {
            throw new FuzzException("Decoder: " + fault, "");
        }
    }

    private bool IsOpen(int index) => index >= 0 && index < _open.Count && _open[index];
}
