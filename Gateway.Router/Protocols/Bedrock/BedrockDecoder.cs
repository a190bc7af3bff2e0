using System.Text;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Bedrock;

/// <summary>Decodes ConverseStream and Converse.</summary>
/// <param name="translation">Null for an answer that nobody translates.</param>
internal sealed class BedrockDecoder(Translation? translation) : IAnswerDecoder
{
    // Content blocks that are calls and not yet closed, with the number that the call has for us; -1 for the emulated output tool.
    private readonly List<(long Block, int Tool)> _open = [];
    private byte[] _scratch = [];
    private int _calls;
    private bool _started;
    private bool _hasUsage;

    public bool IsFinished { get; private set; }

    /// <summary>The number of an output tool, whose arguments are text.</summary>
    private const int OutputTool = -1;

    private bool HidesReasoning => translation?.Request.Reasoning?.Show == false;

    public EventKind Decode(ReadOnlySpan<byte> frame, IAnswerSink sink)
    {
        if (!EventStreamMessage.TryRead(frame, out var message) || !message.MessageType.SequenceEqual("event"u8)
            || !BedrockEvent.TryRead(message.Payload, out var read))
        {
            return EventKind.Error;
        }

        Start(sink);
        var payload = message.Payload;
        if (message.EventType.SequenceEqual("contentBlockDelta"u8))
        {
            Delta(payload, in read, sink);
        }
        else if (message.EventType.SequenceEqual("contentBlockStart"u8))
        {
            if (read.HasTool)
            {
                StartTool(in read, Text(read.ToolId.In(payload)), Text(read.ToolName.In(payload)), sink);
            }
        }
        else if (message.EventType.SequenceEqual("contentBlockStop"u8))
        {
            Close(read.BlockIndex, sink);
        }
        else if (message.EventType.SequenceEqual("messageStop"u8))
        {
            if (BedrockErrors.IsMalformed(read.StopReason.In(payload)))
            {
                return EventKind.Error;
            }

            while (_open.Count > 0)
            {
                Close(_open[0].Block, sink);
            }

            Finish(read.StopReason.In(payload), read.StopSequence.In(payload), sink);
        }
        else if (message.EventType.SequenceEqual("metadata"u8) && read.Usage is { } usage)
        {
            _hasUsage = true;
            sink.Usage(in usage);
        }

        // The counts come last, behind the reason: only both together are the end.
        return IsFinished && _hasUsage ? EventKind.Done : EventKind.Forward;
    }

    public EventKind DecodeAnswer(ReadOnlySpan<byte> document, IAnswerSink sink)
    {
        try
        {
            return DecodeDocument(document, sink);
        }
        catch (InvalidOperationException exception)
        {
            // A name with a lone surrogate.
            throw new InvalidDataException("The answer holds text that is no Unicode.", exception);
        }
    }

    private EventKind DecodeDocument(ReadOnlySpan<byte> document, IAnswerSink sink)
    {
        if (!BedrockAnswer.TryRead(document, out var answer))
        {
            throw new InvalidDataException("The answer is no answer of Converse.");
        }

        using (answer)
        {
            if (answer.IsError)
            {
                return EventKind.Error;
            }

            Start(sink);
            foreach (var block in answer.Content)
            {
                BedrockAnswer.Emit(block, this, translation, HidesReasoning, sink);
            }

            if (answer.Usage is { } usage)
            {
                sink.Usage(in usage);
            }

            Finish(answer.StopReason, answer.StopSequence, sink);
            return EventKind.Done;
        }
    }

    public UpstreamError ReadError(ReadOnlySpan<byte> frame) => BedrockErrors.Read(frame);

    /// <summary>A message knows its length: what is left over is never a whole one.</summary>
    public bool IsWholeEvent(ReadOnlySpan<byte> rest) => rest.IsEmpty;

    /// <summary>A call that came whole.</summary>
    internal void WholeTool(string id, string name, ReadOnlySpan<byte> arguments, IAnswerSink sink)
    {
        StartTool(new BedrockEvent { BlockIndex = -1 }, id, name, sink);
        Arguments(_open[^1].Tool, arguments, sink);
        Close(-1, sink);
    }

    private void Start(IAnswerSink sink)
    {
        if (!_started)
        {
            _started = true;
            sink.Start(default, default);
        }
    }

    private void Delta(ReadOnlySpan<byte> payload, in BedrockEvent read, IAnswerSink sink)
    {
        if (read.Text.IsSet)
        {
            sink.Text(JsonText.Unescape(read.Text.In(payload), ref _scratch));
        }

        if (read.ToolInput.IsSet && TryFind(read.BlockIndex, out var tool))
        {
            Arguments(tool, JsonText.Unescape(read.ToolInput.In(payload), ref _scratch), sink);
        }

        if (read.Reasoning.IsSet && !HidesReasoning)
        {
            sink.Reasoning(JsonText.Unescape(read.Reasoning.In(payload), ref _scratch));
        }

        if (read.Signature.IsSet)
        {
            sink.ReasoningSignature(JsonText.Unescape(read.Signature.In(payload), ref _scratch));
        }

        if (read.Redacted.IsSet)
        {
            sink.RedactedReasoning(JsonText.Unescape(read.Redacted.In(payload), ref _scratch));
        }
    }

    private void StartTool(in BedrockEvent read, string id, string name, IAnswerSink sink)
    {
        if (translation?.OutputTool == name && name.Length > 0)
        {
            _open.Add((read.BlockIndex, OutputTool));
            return;
        }

        var tool = _calls++;
        _open.Add((read.BlockIndex, tool));
        sink.ToolStart(tool, Encoding.UTF8.GetBytes(id.Length > 0 ? id : ToolIds.New()), Encoding.UTF8.GetBytes(translation?.ToolNames.ToClient(name) ?? name));
    }

    private static void Arguments(int tool, ReadOnlySpan<byte> json, IAnswerSink sink)
    {
        if (tool == OutputTool)
        {
            sink.Text(json);
        }
        else
        {
            sink.ToolArguments(tool, json);
        }
    }

    private void Close(long block, IAnswerSink sink)
    {
        var at = _open.FindIndex(entry => entry.Block == block);
        if (at < 0)
        {
            return;
        }

        var tool = _open[at].Tool;
        _open.RemoveAt(at);
        if (tool != OutputTool)
        {
            sink.ToolEnd(tool);
        }
    }

    private void Finish(ReadOnlySpan<byte> reason, ReadOnlySpan<byte> stopSequence, IAnswerSink sink)
    {
        if (!IsFinished)
        {
            IsFinished = true;
            sink.Finish(BedrockFinish.Map(reason, _calls > 0, translation?.Notes), JsonText.Unescape(stopSequence, ref _scratch));
        }
    }

    private bool TryFind(long block, out int tool)
    {
        foreach (var (open, number) in _open)
        {
            if (open == block)
            {
                tool = number;
                return true;
            }
        }

        tool = 0;
        return false;
    }

    private string Text(ReadOnlySpan<byte> escaped) => Encoding.UTF8.GetString(JsonText.Unescape(escaped, ref _scratch));
}
