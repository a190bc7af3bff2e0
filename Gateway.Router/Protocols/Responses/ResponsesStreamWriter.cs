using System.Buffers;
using Gateway.Core.Errors;
using Gateway.Core.Money;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Responses;

/// <summary>
/// Writes one stream of a response. The beginning waits for the first content: it repeats the request, twice, and would else fill what may be
/// held back while the upstream can still fail unseen.
/// </summary>
internal sealed class ResponsesStreamWriter : IAnswerWriter
{
    private readonly ResponsesEvents _events;
    private readonly ResponsesEnvelope _envelope;
    private readonly ResponsesAssembly _assembly;
    private TokenUsage? _usage;
    private FinishReason? _reason;
    private bool _begun;

    public ResponsesStreamWriter(AnswerContext context, IBufferWriter<byte> output)
    {
        var state = ResponsesState.Of(context);
        _events = new ResponsesEvents(output);
        _envelope = new ResponsesEnvelope(context, state);
        _assembly = new ResponsesAssembly(context.RequestId, state, _events);
    }

    public void Start(ReadOnlySpan<byte> id, ReadOnlySpan<byte> model)
    {
        if (!_begun)
        {
            _envelope.SetUpstreamId(id);
        }
    }

    public void Text(ReadOnlySpan<byte> text)
    {
        if (!text.IsEmpty)
        {
            Begin();
            _assembly.Text(text);
        }
    }

    public void Reasoning(ReadOnlySpan<byte> text)
    {
        if (!text.IsEmpty)
        {
            Begin();
            _assembly.Reasoning(text);
        }
    }

    public void ReasoningSignature(ReadOnlySpan<byte> signature)
    {
        if (!signature.IsEmpty)
        {
            Begin();
            _assembly.ReasoningSignature(signature);
        }
    }

    public void RedactedReasoning(ReadOnlySpan<byte> data)
    {
        Begin();
        _assembly.RedactedReasoning(data);
    }

    public void Refusal(ReadOnlySpan<byte> text)
    {
        if (!text.IsEmpty)
        {
            Begin();
            _assembly.Text(text, MessagePartKind.Refusal);
        }
    }

    public void ToolStart(int index, ReadOnlySpan<byte> id, ReadOnlySpan<byte> name)
    {
        Begin();
        _assembly.ToolStart(index, id, name);
    }

    public void ToolArguments(int index, ReadOnlySpan<byte> json) => _assembly.ToolArguments(index, json);

    public void ToolSignature(int index, ReadOnlySpan<byte> signature) => _assembly.ToolSignature(index, signature);

    public void ToolEnd(int index) => _assembly.ToolEnd(index);

    public void Usage(in TokenUsage usage) => _usage = usage;

    public void Finish(FinishReason reason, ReadOnlySpan<byte> stopSequence) => _reason = reason;

    public void End()
    {
        Begin();
        var isCut = ResponsesEnvelope.IsCut(_reason);
        _assembly.Complete(!isCut, isRefused: _reason == FinishReason.Refusal);
        _events.Begin(isCut ? "response.incomplete"u8 : "response.completed"u8);
        _events.Output.Write(",\"response\":"u8);
        _envelope.WriteEnd(_events.Output, _reason, _assembly, _usage);
        _events.End();
    }

    public void Error(in ErrorReply error)
    {
        // As OpenAI does it: first what happened, then what became of the response. Some clients know the one, some the other.
        var output = _events.Output;
        _events.Begin("error"u8);
        WriteError(output, in error);
        output.Write(",\"error\":{\"type\":"u8);
        JsonPieces.String(output, error.Type);
        WriteError(output, in error);
        output.Write("}"u8);
        _events.End();

        _events.Begin("response.failed"u8);
        output.Write(",\"response\":"u8);
        _envelope.WriteFailed(output, in error, _assembly, _usage);
        _events.End();
    }

    public void KeepAlive() => _events.Output.Write(": keep-alive\n\n"u8);

    private static void WriteError(IBufferWriter<byte> output, in ErrorReply error)
    {
        output.Write(",\"code\":"u8);
        StringOrNull(output, error.Code);
        output.Write(",\"message\":"u8);
        JsonPieces.String(output, error.Message);
        output.Write(",\"param\":"u8);
        StringOrNull(output, error.Param);
    }

    private static void StringOrNull(IBufferWriter<byte> output, string? text)
    {
        if (text is null)
        {
            output.Write("null"u8);
        }
        else
        {
            JsonPieces.String(output, text);
        }
    }

    private void Begin()
    {
        if (_begun)
        {
            return;
        }

        _begun = true;
        foreach (var isCreated in (ReadOnlySpan<bool>)[true, false])
        {
            _events.Begin(isCreated ? "response.created"u8 : "response.in_progress"u8);
            _events.Output.Write(",\"response\":"u8);
            _envelope.WriteInProgress(_events.Output);
            _events.End();
        }
    }
}
