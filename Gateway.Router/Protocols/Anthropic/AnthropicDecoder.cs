using System.Text.Json;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Streaming;

namespace Gateway.Router.Protocols.Anthropic;

/// <summary>Decodes messages, streamed and plain.</summary>
/// <param name="translation">Null where the bytes pass through and are only followed.</param>
/// <param name="countsTokens">The plain answer is a count, not a message.</param>
internal sealed class AnthropicDecoder(Translation? translation, bool countsTokens = false) : IAnswerDecoder
{
    private readonly JsonStrings _text = new();
    private readonly BlockDecoder _blocks = new(translation);
    private AnthropicUsage _usage;
    private byte[]? _id;
    private bool _done;

    public bool IsFinished { get; private set; }

    /// <summary>Whether a delta may come now.</summary>
    public bool HasOpenBlock => _blocks.HasOpen;

    public EventKind Decode(ReadOnlySpan<byte> frame, IAnswerSink sink)
    {
        var data = SseFrame.Data(frame, out var joined);
        data = (joined ?? data).Trim(" \t"u8);
        if (data.IsEmpty)
        {
            // A ping may come without data.
            return SseFrame.HasEventName(frame) ? EventKind.Forward : EventKind.Silence;
        }

        try
        {
            return DecodeEvent(data, sink);
        }
        catch (JsonException)
        {
            return EventKind.Error;
        }
    }

    public EventKind DecodeAnswer(ReadOnlySpan<byte> document, IAnswerSink sink)
    {
        // Arguments of calls are given on as they stand, and must be UTF-8 like everything else.
        document = OpenAI.JsonBytes.Repair(document);
        try
        {
            return countsTokens ? TokenCount.Check(document) : PlainMessage.Decode(document, sink, new BlockDecoder(translation), _text, translation);
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException("The answer is no JSON document.", exception);
        }
    }

    public UpstreamError ReadError(ReadOnlySpan<byte> frame)
    {
        // A document begins with a brace, a frame with a field.
        if (frame.TrimStart(" \t\r\n"u8).StartsWith("{"u8))
        {
            return AnthropicErrors.Read(frame);
        }

        var data = SseFrame.Data(frame, out var joined);
        return AnthropicErrors.Read(joined ?? data);
    }

    public bool IsWholeEvent(ReadOnlySpan<byte> rest)
    {
        var data = SseFrame.Data(rest, out var joined);
        data = (joined ?? data).Trim(" \t"u8);
        if (data.IsEmpty)
        {
            // A comment, or half a field name, loses nothing.
            return true;
        }

        try
        {
            var members = new JsonMembers(data);
            while (members.Next())
            {
                _ = members.Value();
            }

            return members.IsObject;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private EventKind DecodeEvent(ReadOnlySpan<byte> data, IAnswerSink sink)
    {
        ReadOnlySpan<byte> type = default, index = default, delta = default, block = default, message = default, usage = default;
        var hasError = false;
        var members = new JsonMembers(data);
        while (members.Next())
        {
            if (members.Is("type"u8))
            {
                type = members.Value();
            }
            else if (members.Is("index"u8))
            {
                index = members.Value();
            }
            else if (members.Is("delta"u8))
            {
                delta = members.Value();
            }
            else if (members.Is("content_block"u8))
            {
                block = members.Value();
            }
            else if (members.Is("message"u8))
            {
                message = members.Value();
            }
            else if (members.Is("usage"u8))
            {
                usage = members.Value();
            }
            else if (members.Is("error"u8))
            {
                hasError = members.Value() is not [(byte)'n', ..];
            }
        }

        if (!members.IsObject || hasError || type.SequenceEqual("\"error\""u8))
        {
            return EventKind.Error;
        }

        if (type.SequenceEqual("\"content_block_delta\""u8))
        {
            return Need(_blocks.Delta(JsonStrings.CountOf(index), delta, sink));
        }

        if (type.SequenceEqual("\"content_block_start\""u8))
        {
            return Need(_id is not null && _blocks.Start(JsonStrings.CountOf(index), block, sink));
        }

        if (type.SequenceEqual("\"content_block_stop\""u8))
        {
            _blocks.Stop(JsonStrings.CountOf(index), sink);
            return EventKind.Forward;
        }

        return type.SequenceEqual("\"message_start\""u8) ? Need(StartMessage(message, sink))
            : type.SequenceEqual("\"message_delta\""u8) ? ChangeMessage(delta, usage, sink)
            : type.SequenceEqual("\"message_stop\""u8) ? StopMessage(sink)
            : EventKind.Forward;
    }

    private static EventKind Need(bool fits) => fits ? EventKind.Forward : EventKind.Error;

    /// <returns>False for a second message inside the first: its text would be mixed into the other's.</returns>
    private bool StartMessage(ReadOnlySpan<byte> message, IAnswerSink sink)
    {
        ReadOnlySpan<byte> id = default, model = default, usage = default;
        var members = new JsonMembers(message);
        while (members.Next())
        {
            if (members.Is("id"u8))
            {
                id = members.Value();
            }
            else if (members.Is("model"u8))
            {
                model = members.Value();
            }
            else if (members.Is("usage"u8))
            {
                usage = members.Value();
            }
        }

        var text = _text.Of(id);
        if (_id is not null)
        {
            return text.SequenceEqual(_id);
        }

        _id = text.ToArray();
        sink.Start(_id, _text.Of(model));
        Count(usage, sink);
        return true;
    }

    private EventKind ChangeMessage(ReadOnlySpan<byte> delta, ReadOnlySpan<byte> usage, IAnswerSink sink)
    {
        if (_id is null)
        {
            return EventKind.Error;
        }

        Count(usage, sink);
        if (!IsFinished)
        {
            _blocks.StopAll(sink);
            IsFinished = Ending.Tell(delta, _blocks, translation, _text, sink);
        }

        return EventKind.Forward;
    }

    private EventKind StopMessage(IAnswerSink sink)
    {
        if (_id is null || _done)
        {
            // An end of nothing is no end.
            return EventKind.Error;
        }

        _done = true;
        if (!IsFinished)
        {
            IsFinished = true;
            _blocks.StopAll(sink);
            sink.Finish(StopReasons.ByContent(_blocks.HasCalls), default);
        }

        return EventKind.Done;
    }

    private void Count(ReadOnlySpan<byte> usage, IAnswerSink sink)
    {
        if (_usage.Merge(usage))
        {
            sink.Tier(_usage.Tier);
            sink.Usage(_usage.ToNeutral());
        }
    }
}
