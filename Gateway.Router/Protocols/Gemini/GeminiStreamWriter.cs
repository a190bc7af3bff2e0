using System.Buffers;
using System.Text;
using Gateway.Core.Errors;
using Gateway.Core.Money;
using Gateway.Core.Requests;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Gemini;

/// <summary>
/// Writes a stream of <c>GenerateContentResponse</c>s with new parts each, as events or as one JSON array. Calls go out whole. The last one
/// holds the reason and the usage; there is no end marker.
/// </summary>
internal sealed class GeminiStreamWriter(AnswerContext context, IBufferWriter<byte> output) : IAnswerWriter
{
    private readonly GeminiChunk _chunk = new(context, output);
    private readonly bool _asArray = context.Call.AsArray;
    private readonly bool _showsThoughts = context.ClientState is GeminiClientState { ShowsThoughts: true };
    private readonly SortedList<int, ToolCallBlock> _open = [];
    private StringBuilder? _signature;
    private TokenUsage? _usage;
    private FinishReason? _reason;
    private bool _wasRefused;
    private bool _hasBrokenCall;
    private bool _began;

    public void Start(ReadOnlySpan<byte> id, ReadOnlySpan<byte> model)
    {
        // Each chunk names the answer and its model.
    }

    public void Text(ReadOnlySpan<byte> text)
    {
        if (!text.IsEmpty)
        {
            WriteText(text, isThought: false, TakeSignature());
        }
    }

    public void Reasoning(ReadOnlySpan<byte> text)
    {
        if (_showsThoughts && !text.IsEmpty)
        {
            WriteText(text, isThought: true, TakeSignature());
        }
    }

    public void ReasoningSignature(ReadOnlySpan<byte> signature) => (_signature ??= new StringBuilder()).Append(Encoding.UTF8.GetString(signature));

    public void RedactedReasoning(ReadOnlySpan<byte> data) => context.Notes.DropFromAnswer("redacted_thinking");

    public void Refusal(ReadOnlySpan<byte> text)
    {
        _wasRefused = true;
        Text(text);
    }

    public void ToolStart(int index, ReadOnlySpan<byte> id, ReadOnlySpan<byte> name)
    {
        if (TakeSignature() is { } signature)
        {
            // Not on the call: it proves the thoughts, and must come back as theirs.
            WriteText(default, isThought: true, signature);
        }

        _open[index] = new ToolCallBlock(Encoding.UTF8.GetString(id), Encoding.UTF8.GetString(name));
    }

    public void ToolArguments(int index, ReadOnlySpan<byte> json)
    {
        if (_open.TryGetValue(index, out var call))
        {
            call.Add(json);
        }
    }

    /// <summary>One that comes behind its call is too late: the call is with the client.</summary>
    public void ToolSignature(int index, ReadOnlySpan<byte> signature)
    {
        if (_open.TryGetValue(index, out var call))
        {
            call.Signature += Encoding.UTF8.GetString(signature);
        }
    }

    public void ToolEnd(int index)
    {
        if (!_open.Remove(index, out var call))
        {
            return;
        }

        if (GeminiChunk.Arguments(call.Utf8) is not { } arguments)
        {
            _hasBrokenCall = true;
            return;
        }

        BeginChunk();
        _chunk.Begin();
        _chunk.Call(call.Id, call.Name, arguments, call.Signature);
        _chunk.End();
        EndChunk();
    }

    void IAnswerSink.Usage(in TokenUsage usage) => _usage = usage;

    public void Finish(FinishReason reason, ReadOnlySpan<byte> stopSequence) => _reason ??= reason;

    public void End()
    {
        while (_open.Count > 0)
        {
            ToolEnd(_open.GetKeyAtIndex(0));
        }

        BeginChunk();
        _chunk.Begin();
        _chunk.Text(default, isThought: false, TakeSignature());
        _chunk.End(GeminiChunk.Reason(_reason, _wasRefused, _hasBrokenCall), _usage);
        EndChunk();
        if (_asArray)
        {
            output.Write("]"u8);
        }
    }

    public void Error(in ErrorReply error)
    {
        var requestId = context.RequestId.ToString();
        if (!_asArray)
        {
            ErrorWriters.WriteEvent(LlmProtocol.Gemini, output, in error, requestId);
            return;
        }

        BeginChunk();
        ErrorWriters.WriteBody(LlmProtocol.Gemini, output, in error, requestId);
        output.Write("]"u8);
    }

    /// <summary>A comment; between the items of an array white space.</summary>
    public void KeepAlive() => output.Write(_asArray ? "\n"u8 : ": keep-alive\n\n"u8);

    private void WriteText(ReadOnlySpan<byte> text, bool isThought, string? signature)
    {
        BeginChunk();
        _chunk.Begin();
        _chunk.Text(text, isThought, signature);
        _chunk.End();
        EndChunk();
    }

    private void BeginChunk()
    {
        output.Write(!_asArray ? "data: "u8 : _began ? ",\n"u8 : "["u8);
        _began = true;
    }

    private void EndChunk() => output.Write(_asArray ? default : "\n\n"u8);

    private string? TakeSignature()
    {
        var signature = _signature?.ToString();
        _signature = null;
        return signature;
    }
}
