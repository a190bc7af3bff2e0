using System.Buffers;
using Gateway.Core.Errors;
using Gateway.Core.Journal;
using Gateway.Router.Attempts;
using Gateway.Router.Budgets;
using Gateway.Router.Pipeline;
using Gateway.Router.Protocols;

namespace Gateway.Router.Streaming;

/// <summary>
/// Turns one stream of an upstream into one of the client's protocol, event by event: what arrived together is written and flushed
/// together, nothing is collected. The head waits for the first content, the end for the FINAL record.
/// </summary>
internal sealed class TranslatedStream
{
    private const int SmallBuffer = 4 * 1024;

    private readonly Attempt _attempt;
    private readonly UsageRecorder _recorder;
    private readonly IAnswerDecoder _decoder;
    private readonly IAnswerWriter _writer;
    private readonly MeteringSink _meter;
    private readonly ArrayBufferWriter<byte> _out = new(1024);
    private readonly StreamGuard? _guard;
    private Framer _framer;

    // [_framed.._filled) is the start of the next frame, searched up to _scanned.
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(SmallBuffer);
    private int _framed;
    private int _scanned;
    private int _filled;
    private bool _progressed;
    private bool _headWritten;
    private bool _isOver;    // what is held for it is used up

    public TranslatedStream(Attempt attempt, UsageRecorder recorder)
    {
        _attempt = attempt;
        _recorder = recorder;
        var protocol = attempt.Deployment.Protocol;
        _framer = new Framer(protocol.Frames);
        _decoder = protocol.Decode(attempt.Call.Translation!);
        _writer = ProtocolAdapters.Client(Exchange.Endpoint.Protocol).WriteStream(AnswerContexts.For(attempt), _out);
        _meter = new MeteringSink(_writer);
        _guard = StreamGuard.For(attempt);
    }

    private LlmExchange Exchange => _attempt.Exchange;

    /// <returns>The failure when nothing was sent yet; null when the client has been told all there is, an error event included.</returns>
    public async ValueTask<AttemptFailure?> RelayAsync()
    {
        try
        {
            return await CopyAsync();
        }
        catch (GatewayException exception) when (_headWritten)
        {
            // The journal failed at the end: no normal end may be seen.
            return await SendErrorAsync(exception.Error, ErrorReply.Of(exception.Error));
        }
        catch (Exception exception) when (AttemptFailure.IsExpected(exception))
        {
            return await BreakAsync(AttemptFailure.OfAnswer(exception, _attempt.Timer));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }
    }

    private async ValueTask<AttemptFailure?> CopyAsync()
    {
        while (true)
        {
            if (!TryMakeRoom())
            {
                return await BreakAsync(AttemptFailure.InvalidAnswer);
            }

            var read = await _attempt.ReadAsync(_buffer.AsMemory(_filled), _progressed);
            if (read == 0)
            {
                return await EndAsync();
            }

            _filled += read;
            _progressed = false;
            var last = DecodeFrames(out var start);
            if (last == EventKind.Done)
            {
                return await TerminateAsync();
            }

            if (last == EventKind.Error)
            {
                return await FailAsync(_decoder.ReadError(_buffer.AsSpan(start, _framed - start)));
            }

            if (_isOver)
            {
                return await CutAsync();
            }

            if (MayCommit && Release())
            {
                await _attempt.FlushAsync();
            }
        }
    }

    /// <summary>Before the first content the upstream may still fail unseen; a preamble without end does not wait for ever.</summary>
    private bool MayCommit => _headWritten || _meter.ContentEvents > 0 || _out.WrittenCount > StreamRelay.MaxHeld;

    private EventKind DecodeFrames(out int start)
    {
        int length;
        while ((length = _framer.FindEnd(_buffer.AsSpan(_scanned, _filled - _scanned))) >= 0)
        {
            start = _framed;
            _framed = _scanned += length;
            var kind = Decode(_buffer.AsSpan(start, _framed - start));
            if (_isOver || kind is EventKind.Done or EventKind.Error)
            {
                return kind;
            }
        }

        _scanned = _filled;
        start = _framed;
        return EventKind.Forward;
    }

    private EventKind Decode(ReadOnlySpan<byte> frame)
    {
        var before = _meter.ContentEvents;
        var kind = _decoder.Decode(frame, _meter);
        if (_meter.ContentEvents != before)
        {
            _attempt.NoteContent();
            _isOver = _guard is not null && kind == EventKind.Forward && _guard.IsOver(_meter.Usage, _meter.ContentEvents, _meter.OutputEstimate);
        }

        if (kind != EventKind.Silence && !_progressed)
        {
            // Comments keep a connection alive, not an answer.
            _progressed = true;
            _attempt.Timer.LimitIdle(_attempt.Deployment.Provider.Timeouts.Idle);
        }

        return kind;
    }

    /// <summary>The connection ended cleanly.</summary>
    private ValueTask<AttemptFailure?> EndAsync()
    {
        var rest = _buffer.AsSpan(_framed, _filled - _framed);
        if (!_decoder.IsWholeEvent(rest))
        {
            return BreakAsync(AttemptFailure.StreamBroken);
        }

        var kind = rest.IsEmpty ? EventKind.Silence : Decode(rest);
        return kind == EventKind.Error ? FailAsync(_decoder.ReadError(rest))
            : _isOver ? CutAsync()
            : kind == EventKind.Done || _decoder.IsFinished ? TerminateAsync()
            : BreakAsync(AttemptFailure.StreamBroken);
    }

    /// <summary>FINAL first, then everything that looks like an end.</summary>
    private async ValueTask<AttemptFailure?> TerminateAsync()
    {
        NoteAnswer();
        UsageFold.Complete(_attempt, _meter.Usage, _meter.OutputEstimate, _meter.Tier);
        _attempt.Commit();
        _attempt.Outcome.Status = StatusCodes.Status200OK;
        var settled = _recorder.SettleAsync(_attempt);
        if (!settled.IsCompleted && Release())
        {
            await _attempt.FlushSettledAsync();
        }

        await settled;
        _writer.End();
        Release();
        await _attempt.FlushSettledAsync();
        return null;
    }

    /// <summary>The upstream said an error itself.</summary>
    private async ValueTask<AttemptFailure?> FailAsync(UpstreamError error)
    {
        NoteAnswer();
        var silent = _meter.ContentEvents == 0;
        if (silent && _meter.Usage is null)
        {
            // Refused before it generated anything: providers do not charge for that.
            UsageFold.Nothing(_attempt, RequestEnding.UpstreamError);
        }
        else
        {
            UsageFold.Cut(_attempt, RequestEnding.UpstreamError, _meter.Usage, _meter.OutputEstimate, _meter.Tier);
        }

        var reply = UpstreamErrors.ToReply(error);
        if (!_headWritten && silent)
        {
            // Nothing was seen yet: it is as if the upstream had answered with an error.
            return AttemptFailure.Said(error.Status, error, new UpstreamReply { Error = reply });
        }

        _attempt.Commit();
        _attempt.Outcome.Status = StatusCodes.Status200OK;
        await _recorder.SettleAsync(_attempt);
        _writer.Error(in reply);
        Release();
        await _attempt.FlushLastAsync();
        return null;
    }

    /// <summary>The stream ended without its normal end, or the client did.</summary>
    private async ValueTask<AttemptFailure?> BreakAsync(AttemptFailure failure)
    {
        if (Exchange.IsSettled)
        {
            // The end was on its way: an error behind it would be a second end.
            Exchange.Http.Abort();
            return null;
        }

        NoteAnswer();
        UsageFold.Cut(_attempt, failure.Ending, _meter.Usage, _meter.OutputEstimate, _meter.Tier);
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

        return await SendErrorAsync(failure.Error, ErrorReply.Of(failure.Error));
    }

    /// <summary>The money is used up: the upstream is given up, and the client hears it.</summary>
    private async ValueTask<AttemptFailure?> CutAsync()
    {
        NoteAnswer();
        if (!_headWritten && _meter.ContentEvents == 1)
        {
            // One event used up all: there is nothing that would be worth a beginning.
            _guard!.Cut(_meter.Usage, _meter.Tier);
            return AttemptFailure.OutOfMoney;
        }

        // What is paid for is the client's.
        Release();
        _guard!.Cut(_meter.Usage, _meter.Tier);
        await _recorder.SettleAsync(_attempt);
        return await SendErrorAsync(BudgetErrors.Cut, ErrorReply.Of(BudgetErrors.Cut));
    }

    private async ValueTask<AttemptFailure?> SendErrorAsync(GatewayError error, ErrorReply reply)
    {
        Exchange.Outcome.Error = error;
        _writer.Error(in reply);
        Release();
        await _attempt.FlushLastAsync();
        return null;
    }

    private void NoteAnswer() => _attempt.Outcome.AnsweredModel = _meter.Model ?? "";

    /// <summary>Hands what was written to the connection, with the head before it.</summary>
    /// <returns>Whether there was anything.</returns>
    private bool Release()
    {
        if (_out.WrittenCount == 0)
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
            ResponseHead.WriteWarning(Exchange);
            Exchange.Http.Response.ContentType = ProtocolAdapters.Client(Exchange.Endpoint.Protocol).StreamType(Exchange.Call);
        }

        _attempt.Output.Write(_out.WrittenSpan);
        _out.ResetWrittenCount();
        return true;
    }

    /// <summary>Makes free space: forgets what was decoded, and grows only for a frame that does not fit.</summary>
    private bool TryMakeRoom()
    {
        if (_framed > 0)
        {
            _buffer.AsSpan(_framed, _filled - _framed).CopyTo(_buffer);
            _filled -= _framed;
            _scanned -= _framed;
            _framed = 0;
        }

        if (_filled < _buffer.Length)
        {
            return true;
        }

        if (_buffer.Length >= StreamRelay.MaxFrameBytes)
        {
            return false;
        }

        var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
        _buffer.AsSpan(0, _filled).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
        return true;
    }
}
