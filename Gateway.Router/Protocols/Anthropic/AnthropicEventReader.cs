using Gateway.Core.Money;
using Gateway.Router.Streaming;

namespace Gateway.Router.Protocols.Anthropic;

/// <summary>
/// Follows a stream that passes through. Most events are deltas in the bytes that Anthropic writes them in: a few searches tell
/// and count them. Every other event, and every delta that is written differently, is decoded.
/// </summary>
internal sealed class AnthropicEventReader : IEventReader
{
    private readonly AnthropicDecoder _decoder = new(translation: null);
    private readonly MeteringSink _meter = new(next: null);
    private long _deltas;
    private long _deltaBytes;

    public TokenUsage? Usage => _meter.Usage;

    public ServiceTier Tier => _meter.Tier;

    public string? Model => _meter.Model;

    public bool IsFinished => _decoder.IsFinished;

    public long ContentEvents => _meter.ContentEvents + _deltas;

    public long OutputEstimate => _meter.OutputEstimate + TokenGuess.Of(_deltas, _deltaBytes);

    public EventKind Observe(ReadOnlySpan<byte> frame)
    {
        var data = SseFrame.Data(frame, out var joined);
        if (joined is null && _decoder.HasOpenBlock && DeltaEvent.ContentBytes(data) is var content and >= 0)
        {
            _deltas += content > 0 ? 1 : 0;
            _deltaBytes += content;
            return EventKind.Forward;
        }

        var kind = _decoder.Decode(frame, _meter);
        if (kind == EventKind.Error && ReferenceEquals(_decoder.ReadError(frame), AnthropicErrors.Invalid))
        {
            // Not an error that the upstream says, which the client may see as it is: an answer that went wrong. The client is
            // told so in an event of its own instead of being handed, say, a second message inside the first.
            throw new InvalidDataException("The stream holds what is no event of its place.");
        }

        return kind;
    }

    public byte[] ReadError(ReadOnlySpan<byte> frame, out int status)
    {
        var data = SseFrame.Data(frame, out var joined);
        data = (joined ?? data).Trim(" \t"u8);

        // A 401 or 403 is about the gateway's own key, not about the client's.
        status = AnthropicErrors.Read(data).Status is var said and not (StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden) ? said : StatusCodes.Status502BadGateway;
        return data.ToArray();
    }

    public bool IsWholeEvent(ReadOnlySpan<byte> rest) => _decoder.IsWholeEvent(rest);
}
