using System.Text.Json;
using Gateway.Core.Money;
using Gateway.Router.Streaming;

namespace Gateway.Router.Protocols.OpenAI.PassThrough;

/// <summary>
/// The state of a stream of pictures, sound or its text. Each event names its type; the last one has the usage. There is no marker
/// behind it, so a stream that ends before it is a broken one.
/// </summary>
internal sealed class PassedEventReader : IEventReader
{
    public TokenUsage? Usage { get; private set; }

    public string? Model => null;

    public bool IsFinished { get; private set; }

    public long ContentEvents { get; private set; }

    /// <summary>An event of these streams holds any number of tokens.</summary>
    public long OutputEstimate => 0;

    public EventKind Observe(ReadOnlySpan<byte> frame)
    {
        var data = Data(frame);
        if (data.IsEmpty)
        {
            return SseFrame.HasEventName(frame) ? EventKind.Forward : EventKind.Silence;
        }

        if (data.SequenceEqual("[DONE]"u8))
        {
            return EventKind.Done;
        }

        var kind = Read(data);
        ContentEvents += kind == EventKind.Error ? 0 : 1;
        return kind;
    }

    public byte[] ReadError(ReadOnlySpan<byte> frame, out int status)
    {
        var data = Data(frame);

        // About the gateway's own key: the client must not throw away a good one.
        var told = UpstreamErrors.Read(StatusCodes.Status200OK, data).Status;
        status = told is StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden ? StatusCodes.Status502BadGateway : told;
        return data.ToArray();
    }

    public bool IsWholeEvent(ReadOnlySpan<byte> rest)
    {
        var data = Data(rest);
        if (data.IsEmpty || data.SequenceEqual("[DONE]"u8))
        {
            return true;
        }

        var json = new OpenAIAnswerReader();
        json.Append(data);
        return json.IsWhole;
    }

    private static ReadOnlySpan<byte> Data(ReadOnlySpan<byte> frame)
    {
        var data = SseFrame.Data(frame, out var joined);
        return (joined ?? data).Trim(" \t"u8);
    }

    private EventKind Read(ReadOnlySpan<byte> data)
    {
        try
        {
            var reader = new Utf8JsonReader(data);
            return reader.Read() && reader.TokenType == JsonTokenType.StartObject ? ReadMembers(ref reader, data) : EventKind.Forward;
        }
        catch (JsonException)
        {
            // Not ours to judge: the client gets what the upstream sent.
            return EventKind.Forward;
        }
    }

    private EventKind ReadMembers(ref Utf8JsonReader reader, ReadOnlySpan<byte> data)
    {
        var kind = EventKind.Forward;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("type"u8))
            {
                reader.Read();
                var found = reader.TokenType == JsonTokenType.String && !reader.ValueIsEscaped ? KindOf(reader.ValueSpan) : EventKind.Forward;
                kind = kind == EventKind.Error ? kind : found;
                reader.Skip();
            }
            else if (reader.ValueTextEquals("usage"u8))
            {
                reader.Read();
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                if (PassedUsage.TryRead(data[start..(int)reader.BytesConsumed], out var usage))
                {
                    // The last one stands: they are never summed.
                    Usage = usage;
                }
            }
            else if (reader.ValueTextEquals("error"u8))
            {
                reader.Read();
                kind = reader.TokenType == JsonTokenType.Null ? kind : EventKind.Error;
                reader.Skip();
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        return kind;
    }

    private EventKind KindOf(ReadOnlySpan<byte> type)
    {
        if (type.SequenceEqual("error"u8))
        {
            return EventKind.Error;
        }

        if (type.SequenceEqual("speech.audio.done"u8) || type.SequenceEqual("transcript.text.done"u8))
        {
            return EventKind.Done;
        }

        // Of several pictures each has an end of its own: the stream may end behind any of them.
        IsFinished |= type.EndsWith(".completed"u8) || type.EndsWith(".done"u8);
        return EventKind.Forward;
    }
}
