using Gateway.Core.Money;
using Gateway.Router.Streaming;

namespace Gateway.Router.Protocols;

/// <summary>Follows a stream that passes through by decoding it, for protocols without a cheaper way.</summary>
internal sealed class DecodedEventReader(IAnswerDecoder decoder, FrameFormat format) : IEventReader
{
    private readonly MeteringSink _meter = new(next: null);

    public TokenUsage? Usage => _meter.Usage;

    public ServiceTier Tier => _meter.Tier;

    public string? Model => _meter.Model;

    public bool IsFinished => decoder.IsFinished;

    public long ContentEvents => _meter.ContentEvents;

    public long OutputEstimate => _meter.OutputEstimate;

    public EventKind Observe(ReadOnlySpan<byte> frame) => decoder.Decode(frame, _meter);

    public byte[] ReadError(ReadOnlySpan<byte> frame, out int status)
    {
        status = decoder.ReadError(frame).Status;
        if (format != FrameFormat.Sse)
        {
            return frame.ToArray();
        }

        var data = SseFrame.Data(frame, out var joined);
        return (joined ?? data).ToArray();
    }

    public bool IsWholeEvent(ReadOnlySpan<byte> rest) => decoder.IsWholeEvent(rest);
}

/// <summary>Follows a plain answer that passes through by keeping it, up to a bound, and decoding it at its end.</summary>
internal sealed class DecodedAnswerReader(IAnswerDecoder decoder) : IAnswerReader
{
    /// <summary>A longer answer is relayed all the same, and charged by our own count.</summary>
    private const int MaxBytes = 32 * 1024 * 1024;

    private readonly MeteringSink _meter = new(next: null);
    private byte[] _bytes = [];
    private int _length;
    private bool _overflowed;
    private State _state;

    private enum State
    {
        Open,
        Answer,
        Error,
        Unreadable,
    }

    public TokenUsage? Usage => Read() == State.Unreadable ? null : _meter.Usage;

    public ServiceTier Tier => Read() == State.Unreadable ? ServiceTier.Unsaid : _meter.Tier;

    public string? Model => Read() == State.Unreadable ? null : _meter.Model;

    public bool IsError => Read() == State.Error;

    public bool IsWhole => Read() is State.Answer or State.Error;

    public void Append(ReadOnlySpan<byte> piece)
    {
        _state = State.Open;
        if (_overflowed || _length + piece.Length > MaxBytes)
        {
            _overflowed = true;
            _bytes = [];
            return;
        }

        if (_length + piece.Length > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(_length + piece.Length, _bytes.Length * 2));
        }

        piece.CopyTo(_bytes.AsSpan(_length));
        _length += piece.Length;
    }

    private State Read()
    {
        if (_state != State.Open || _overflowed)
        {
            return _overflowed ? State.Unreadable : _state;
        }

        try
        {
            _state = decoder.DecodeAnswer(_bytes.AsSpan(0, _length), _meter) == EventKind.Error ? State.Error : State.Answer;
        }
        catch (InvalidDataException)
        {
            _state = State.Unreadable;
        }

        return _state;
    }
}
