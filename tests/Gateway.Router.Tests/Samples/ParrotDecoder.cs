using System.Text;
using Gateway.Core.Money;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Streaming;
using Microsoft.AspNetCore.Http;

namespace Gateway.Router.Tests.Samples;

/// <summary>
/// Reads <c>{"engine","says","why","in","out"}</c>: a plain answer has all of it, an event some, the last event <c>why</c>. An error is
/// <c>{"squawk"}</c>, with any status.
/// </summary>
/// <param name="translation">Null for an answer that is only followed.</param>
internal sealed class ParrotDecoder(Translation? translation) : IAnswerDecoder
{
    private byte[] _scratch = [];
    private bool _started;

    public bool IsFinished { get; private set; }

    // sample: decode
    public EventKind Decode(ReadOnlySpan<byte> frame, IAnswerSink sink)
    {
        var data = SseFrame.Data(frame, out _);
        if (data.IsEmpty)
        {
            return EventKind.Silence;
        }

        if (!ParrotWords.TryRead(data, out var words) || words.IsError)
        {
            return EventKind.Error;
        }

        Tell(words, sink);

        // Only the provider's own last word is an end: a connection that closes without it was cut.
        return IsFinished ? EventKind.Done : EventKind.Forward;
    }

    public EventKind DecodeAnswer(ReadOnlySpan<byte> document, IAnswerSink sink)
    {
        if (!ParrotWords.TryRead(document, out var words) || (!words.IsError && words.Why.IsEmpty))
        {
            throw new InvalidDataException("The answer is none, or is not whole.");
        }

        if (words.IsError)
        {
            return EventKind.Error;
        }

        Tell(words, sink);
        return EventKind.Done;
    }

    private void Tell(ParrotWords words, IAnswerSink sink)
    {
        if (!_started)
        {
            _started = true;
            sink.Start(default, JsonText.Unescape(words.Engine, ref _scratch));
        }

        if (!words.Says.IsEmpty)
        {
            sink.Text(JsonText.Unescape(words.Says, ref _scratch));
        }

        if (words.In >= 0 || words.Out >= 0)
        {
            sink.Usage(new TokenUsage(Math.Max(words.In, 0), 0, 0, Math.Max(words.Out, 0), 0));
        }

        if (!words.Why.IsEmpty && !IsFinished)
        {
            IsFinished = true;
            sink.Finish(ReasonOf(words.Why), default);
        }
    }

    private FinishReason ReasonOf(ReadOnlySpan<byte> why)
    {
        if (why.SequenceEqual("limit"u8))
        {
            return FinishReason.Length;
        }

        if (!why.SequenceEqual("end"u8))
        {
            // A reason that nobody knows is told, not guessed.
            translation?.Notes.DropFromAnswer($"finish_reason={Encoding.UTF8.GetString(JsonText.Unescape(why, ref _scratch))}");
        }

        return FinishReason.Stop;
    }
    // end sample

    public UpstreamError ReadError(ReadOnlySpan<byte> frame)
    {
        var data = SseFrame.Data(frame, out _);
        data = data.IsEmpty ? frame : data;
        var text = ParrotWords.TryRead(data, out var words) && words.IsError ? Encoding.UTF8.GetString(JsonText.Unescape(words.Squawk, ref _scratch)) : null;

        // Clean removes what a client must not see: keys and host names.
        return new UpstreamError(StatusCodes.Status503ServiceUnavailable, null, null, UpstreamErrorText.Clean(text), null);
    }

    public bool IsWholeEvent(ReadOnlySpan<byte> rest)
    {
        var data = SseFrame.Data(rest, out _);
        return data.IsEmpty || ParrotWords.TryRead(data, out _);
    }
}
