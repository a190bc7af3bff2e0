using System.Buffers;
using Gateway.Core.Errors;
using Gateway.Core.Journal;
using Gateway.Router.Attempts;
using Gateway.Router.Budgets;
using Gateway.Router.Pipeline;
using Gateway.Router.Protocols;

namespace Gateway.Router.Streaming;

/// <summary>
/// Relays one SSE stream frame by frame, in the bytes it came in, and flushes at once what arrived together. The head waits
/// for the first content; the terminal frame waits for the FINAL record; an end that is none becomes one error event.
/// </summary>
internal sealed class StreamRelay
{
    /// <summary>Longest frame; a longer one ends the stream with an error.</summary>
    public const int MaxFrameBytes = 16 * 1024 * 1024;

    /// <summary>How many bytes of preamble may wait for the first content.</summary>
    public const int MaxHeld = 16 * 1024;

    /// <summary>How much, and how long, is read behind the end marker so that the connection can be used again.</summary>
    private const int MaxTrailer = 64 * 1024;
    private static readonly TimeSpan TrailerTime = TimeSpan.FromSeconds(1);

    private readonly Attempt _attempt;
    private readonly UsageRecorder _recorder;
    private readonly IEventReader _events;
    private Framer _framer;
    private RelayBuffer _buffer = new();
    private bool _sawEvent;
    private bool _progressed;    // what was read last held more than comments
    private bool _headWritten;
    private readonly StreamGuard? _guard;
    private bool _isOver;    // what is held for it is used up

    public StreamRelay(Attempt attempt, UsageRecorder recorder)
    {
        _attempt = attempt;
        _recorder = recorder;
        _events = attempt.Deployment.Protocol.ReadEvents(attempt.Exchange);
        _framer = new Framer(attempt.Deployment.Protocol.Frames);
        _guard = StreamGuard.For(attempt);
    }

    private LlmExchange Exchange => _attempt.Exchange;

    /// <returns>The failure when nothing was sent yet; null when the client has been told all there is, an error event included.</returns>
    public async ValueTask<AttemptFailure?> RelayAsync()
    {
        try
        {
            return await CopyOrBreakAsync();
        }
        catch (GatewayException exception) when (_headWritten)
        {
            // The journal failed at the end: no normal end may be seen.
            return await SendErrorAsync(exception.Error);
        }
        finally
        {
            _buffer.Return();
        }
    }

    private async ValueTask<AttemptFailure?> CopyOrBreakAsync()
    {
        try
        {
            return await CopyAsync();
        }
        catch (Exception exception) when (AttemptFailure.IsExpected(exception))
        {
            return await BreakAsync(AttemptFailure.OfAnswer(exception, _attempt.Timer));
        }
    }

    private async ValueTask<AttemptFailure?> CopyAsync()
    {
        while (true)
        {
            if (!_buffer.TryMakeRoom())
            {
                return await BreakAsync(AttemptFailure.InvalidAnswer);
            }

            var read = await _attempt.ReadAsync(_buffer.Room, _progressed);
            if (read == 0)
            {
                return await EndAsync();
            }

            _buffer.Filled += read;
            _progressed = false;
            var last = CutFrames();
            if (last is EventKind.Done or EventKind.Error)
            {
                return await TerminateAsync(last);
            }

            if (_isOver)
            {
                return await CutAsync();
            }

            if (Write(Sendable))
            {
                await _attempt.FlushAsync();
            }
        }
    }

    /// <summary>
    /// How far frames may go out now. What comes before the first content waits with the head: until then the upstream may fail
    /// unseen. Once a finish reason was seen the last event waits for what follows it: the connection's end may make it the terminal one.
    /// </summary>
    private int Sendable => !IsCommitted ? _buffer.Sent : _events.IsFinished ? _buffer.LastEvent : _buffer.Framed;

    private bool IsCommitted => _headWritten || _events.ContentEvents > 0 || _buffer.Framed - _buffer.Sent > MaxHeld;

    /// <summary>Cuts what has come into frames.</summary>
    /// <returns>Done or Error for the frame that ends the stream, which then starts at <see cref="RelayBuffer.LastEvent"/>.</returns>
    private EventKind CutFrames()
    {
        int length;
        while ((length = _framer.FindEnd(_buffer.Unscanned)) >= 0)
        {
            var kind = Observe(_buffer.Framed, _buffer.Scanned + length);
            if (_isOver || kind is EventKind.Done or EventKind.Error)
            {
                return kind;
            }
        }

        // Comments keep a connection alive, not an answer: only events, also a part of one, set the idle time anew.
        _progressed |= _sawEvent && _buffer.Framed < _buffer.Filled && _buffer.Bytes[_buffer.Framed] != (byte)':';
        _buffer.Scanned = _buffer.Filled;
        return EventKind.Forward;
    }

    private EventKind Observe(int start, int end)
    {
        var before = _events.ContentEvents;
        var kind = _events.Observe(_buffer.Bytes.AsSpan(start, end - start));
        if (_events.ContentEvents != before)
        {
            _attempt.NoteContent();
            _isOver = _guard is not null && kind == EventKind.Forward && _guard.IsOver(_events.Usage, _events.ContentEvents, _events.OutputEstimate);
        }

        if (kind == EventKind.Drop)
        {
            _progressed = true;
            _buffer.Drop(start, end);
            end = start;
        }
        else if (kind != EventKind.Silence)
        {
            _buffer.LastEvent = start;
            _progressed = true;
            if (!_sawEvent)
            {
                _sawEvent = true;
                _attempt.Timer.LimitIdle(_attempt.Deployment.Provider.Timeouts.Idle);
            }
        }

        _buffer.Framed = _buffer.Scanned = end;
        return kind;
    }

    /// <summary>The connection ended cleanly.</summary>
    private ValueTask<AttemptFailure?> EndAsync()
    {
        var rest = _buffer.Rest;
        if (!_events.IsWholeEvent(rest))
        {
            return BreakAsync(AttemptFailure.StreamBroken);
        }

        // A last event that only lacks its empty line still counts.
        var kind = rest.IsEmpty ? EventKind.Silence : Observe(_buffer.Framed, _buffer.Filled);
        return kind is EventKind.Done or EventKind.Error ? TerminateAsync(kind)
            : _isOver ? CutAsync()
            : _events.IsFinished ? TerminateAsync(EventKind.Done)
            : BreakAsync(AttemptFailure.StreamBroken);
    }

    /// <summary>FINAL first, then the terminal frame.</summary>
    private async ValueTask<AttemptFailure?> TerminateAsync(EventKind kind)
    {
        NoteAnswer();
        if (kind == EventKind.Done)
        {
            UsageFold.Complete(_attempt, _events.Usage, _events.OutputEstimate, _events.Tier);
        }
        else if (_events.ContentEvents == 0 && _events.Usage is null)
        {
            // Refused before it generated anything: providers do not charge for that.
            UsageFold.Nothing(_attempt, RequestEnding.UpstreamError);
        }
        else
        {
            UsageFold.Cut(_attempt, RequestEnding.UpstreamError, _events.Usage, _events.OutputEstimate, _events.Tier);
        }

        if (kind == EventKind.Error && !_headWritten && _events.ContentEvents == 0)
        {
            // Before anything else that the client would see: it is as if the upstream had answered with an error.
            var error = _events.ReadError(_buffer.Bytes.AsSpan(_buffer.LastEvent, _buffer.Framed - _buffer.LastEvent), out var status);
            return AttemptFailure.Said(status, UpstreamErrors.Read(status, error), new UpstreamReply { Body = error, StatusInside = status, IsFromStream = true });
        }

        _attempt.Commit();
        _attempt.Outcome.Status = StatusCodes.Status200OK;
        var settled = _recorder.SettleAsync(_attempt);
        if (!settled.IsCompleted && Write(_buffer.LastEvent))
        {
            // Content need not wait for the disk; only the end must.
            await _attempt.FlushSettledAsync();
        }

        try
        {
            await settled;
        }
        catch (GatewayException) when (_headWritten)
        {
            // Not recorded: the end that waits here must never be seen, and the error event stands in its place.
            _buffer.Framed = _buffer.LastEvent;
            throw;
        }

        // Behind an error of the upstream nothing follows, whatever it sent.
        Write(kind == EventKind.Error ? _buffer.Framed : _buffer.Filled);
        if (kind == EventKind.Error || !Exchange.Http.Response.HasStarted)
        {
            await _attempt.FlushSettledAsync();
        }

        if (kind == EventKind.Done)
        {
            await ReadTrailerAsync();
        }

        return null;
    }

    /// <summary>Goes on to the end of the connection's message, within bounds. The exchange is settled: nothing here changes how it ended.</summary>
    private async ValueTask ReadTrailerAsync()
    {
        try
        {
            _attempt.Timer.Limit(TrailerTime);
            for (var trailer = 0; trailer < MaxTrailer; trailer += _buffer.Filled)
            {
                var read = _attempt.ReadTrailerAsync(_buffer.Bytes).AsTask();
                if (read.IsCompletedSuccessfully && await read == 0)
                {
                    // The usual end: the terminal frame and the end of the response then leave in one send.
                    return;
                }

                // What was written waits for nothing that the upstream may still say.
                var inUse = _buffer.Bytes;
                _buffer.Bytes = [];
                await _attempt.FlushSettledAsync();
                _buffer.Sent = 0;
                _buffer.Filled = await read;

                // Back only now: a read that nobody waits for must not write into a buffer that the pool gave to another.
                _buffer.Bytes = inUse;
                if (_buffer.Filled == 0)
                {
                    return;
                }

                Write(_buffer.Filled);
            }

            await _attempt.FlushSettledAsync();
        }
        catch (Exception exception) when (AttemptFailure.IsExpected(exception))
        {
            // The client has its normal end; how the connection to the upstream ends is of no interest to it.
        }
    }

    /// <summary>The stream ended without its normal end, or the client did.</summary>
    private async ValueTask<AttemptFailure?> BreakAsync(AttemptFailure failure)
    {
        if (Exchange.IsSettled)
        {
            // The terminal frame was on its way: an error behind it would be a second end.
            Exchange.Http.Abort();
            return null;
        }

        NoteAnswer();
        UsageFold.Cut(_attempt, failure.Ending, _events.Usage, _events.OutputEstimate, _events.Tier);
        if (!_headWritten)
        {
            return failure;
        }

        await _recorder.SettleAsync(_attempt);
        if (failure.Ending == RequestEnding.ClientGone)
        {
            Exchange.Http.Abort();
            return null;
        }

        return await SendErrorAsync(failure.Error);
    }

    /// <summary>The money is used up: the upstream is given up, and the client hears it.</summary>
    private async ValueTask<AttemptFailure?> CutAsync()
    {
        NoteAnswer();
        if (!_headWritten && _events.ContentEvents == 1)
        {
            // One event used up all: there is nothing that would be worth a beginning.
            _guard!.Cut(_events.Usage, _events.Tier);
            return AttemptFailure.OutOfMoney;
        }

        // What is paid for is the client's.
        Write(_buffer.Framed);
        _guard!.Cut(_events.Usage, _events.Tier);
        await _recorder.SettleAsync(_attempt);
        return await SendErrorAsync(BudgetErrors.Cut);
    }

    private async ValueTask<AttemptFailure?> SendErrorAsync(GatewayError error)
    {
        // Half a frame would swallow the error event behind it: only whole ones go out.
        Write(_buffer.Framed);
        Exchange.Outcome.Error = error;
        ErrorWriters.WriteEvent(Exchange.Endpoint.Protocol, _attempt.Output, ErrorReply.Of(error), Exchange.RequestId.ToString());
        await _attempt.FlushLastAsync();
        return null;
    }

    private void NoteAnswer() => _attempt.Outcome.AnsweredModel = _events.Model ?? "";

    /// <returns>Whether there was anything to send.</returns>
    private bool Write(int end)
    {
        if (end <= _buffer.Sent)
        {
            return false;
        }

        if (!_headWritten)
        {
            _attempt.Begin();
            _headWritten = true;
            NoteAnswer();
            ResponseHead.Write(_attempt, _attempt.TimeToHead);
            ResponseHead.WriteStream(Exchange.Http.Response);
        }

        _attempt.Output.Write(_buffer.Bytes.AsSpan(_buffer.Sent, end - _buffer.Sent));
        _buffer.Sent = end;
        return true;
    }
}
