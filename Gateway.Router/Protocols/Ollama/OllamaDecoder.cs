using System.Text;
using Gateway.Core.Money;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Ollama;

/// <summary>Decodes the lines of a stream, and plain answers, of chat and generate alike.</summary>
/// <param name="translation">Null for an answer that passes through and is only followed.</param>
internal sealed class OllamaDecoder(Translation? translation) : IAnswerDecoder
{
    private byte[] _scratch = [];
    private bool _started;
    private int _calls;

    public bool IsFinished { get; private set; }

    public EventKind Decode(ReadOnlySpan<byte> frame, IAnswerSink sink)
    {
        if (frame.Trim(" \t\r\n"u8).IsEmpty)
        {
            return EventKind.Silence;
        }

        if (!OllamaLine.TryRead(frame, out var line) || line.IsError || !(line.HasAnswer || line.Done) || !OllamaCall.TryRead(line.ToolCalls.In(frame), out var calls))
        {
            return EventKind.Error;
        }

        Emit(frame, in line, calls, sink);
        return line.Done ? EventKind.Done : EventKind.Forward;
    }

    public EventKind DecodeAnswer(ReadOnlySpan<byte> document, IAnswerSink sink)
    {
        if (!OllamaLine.TryRead(document, out var line))
        {
            throw new InvalidDataException("The answer is no JSON object.");
        }

        if (line.IsError)
        {
            return EventKind.Error;
        }

        if (!line.HasAnswer || !line.Done || !OllamaCall.TryRead(line.ToolCalls.In(document), out var calls))
        {
            throw new InvalidDataException("The answer has no message, or is not done.");
        }

        Emit(document, in line, calls, sink);
        return EventKind.Done;
    }

    public UpstreamError ReadError(ReadOnlySpan<byte> frame) =>
        OllamaLine.TryRead(frame, out var line) && line.IsError
            ? UpstreamErrors.Read(StatusCodes.Status500InternalServerError, frame)
            : new UpstreamError(StatusCodes.Status502BadGateway, null, null, null, null);

    public bool IsWholeEvent(ReadOnlySpan<byte> rest) => rest.Trim(" \t\r\n"u8).IsEmpty || OllamaLine.TryRead(rest, out _);

    private void Emit(ReadOnlySpan<byte> bytes, in OllamaLine line, List<OllamaCall>? calls, IAnswerSink sink)
    {
        if (!_started)
        {
            _started = true;
            sink.Start(default, JsonText.Unescape(line.Model.In(bytes), ref _scratch));
        }

        // Thinking comes before the text that it led to, also where both stand in one document.
        if (line.Thinking.IsSet && translation?.Request.Reasoning?.Show != false)
        {
            sink.Reasoning(JsonText.Unescape(line.Thinking.In(bytes), ref _scratch));
        }

        if (line.Content.IsSet)
        {
            sink.Text(JsonText.Unescape(line.Content.In(bytes), ref _scratch));
        }

        if (calls is not null)
        {
            Emit(calls, sink);
        }

        if (line.Done && !IsFinished)
        {
            IsFinished = true;
            if (line.PromptCount >= 0 || line.OutputCount >= 0)
            {
                // A prompt that came whole from the cache has no count in old versions.
                sink.Usage(new TokenUsage(Math.Max(line.PromptCount, 0), 0, 0, Math.Max(line.OutputCount, 0), 0));
            }

            sink.Finish(ReasonOf(line.Reason.In(bytes)), default);
        }
    }

    /// <summary>Ollama never says that it stopped for a tool: the calls themselves tell.</summary>
    private FinishReason ReasonOf(ReadOnlySpan<byte> reason)
    {
        if (reason.SequenceEqual("length"u8))
        {
            return FinishReason.Length;
        }

        if (!reason.IsEmpty && !reason.SequenceEqual("stop"u8) && !reason.SequenceEqual("load"u8) && !reason.SequenceEqual("unload"u8))
        {
            translation?.Notes.DropFromAnswer($"finish_reason={Encoding.UTF8.GetString(JsonText.Unescape(reason, ref _scratch))}");
        }

        return _calls > 0 ? FinishReason.Tool : FinishReason.Stop;
    }

    private void Emit(List<OllamaCall> calls, IAnswerSink sink)
    {
        foreach (var call in calls)
        {
            var index = _calls++;
            sink.ToolStart(
                index, Encoding.UTF8.GetBytes(call.Id.Length > 0 ? call.Id : ToolIds.New()), Encoding.UTF8.GetBytes(translation?.ToolNames.ToClient(call.Name) ?? call.Name));
            sink.ToolArguments(index, call.Arguments);
            sink.ToolEnd(index);
        }
    }
}
