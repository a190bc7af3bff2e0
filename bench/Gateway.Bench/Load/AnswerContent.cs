using System.Buffers.Text;
using Gateway.Bench.Measuring;
using Gateway.Bench.Mock;

namespace Gateway.Bench.Load;

/// <summary>The decoded body of one answer: collects JSON, or takes SSE frames one by one, and says whether it is what the mock sent.</summary>
internal sealed class AnswerContent(bool stream, int expectedTokens)
{
    private const int Limit = 64 * 1024;

    private byte[] _kept = new byte[2048];
    private int _keptLength;
    private bool _finished;
    private bool _done;
    private int _usageTokens;
    private string? _failure;

    public long Id { get; private set; }

    public int Tokens { get; private set; }

    public void Reset()
    {
        _keptLength = 0;
        _finished = false;
        _done = false;
        _usageTokens = -1;
        _failure = null;
        Id = 0;
        Tokens = 0;
    }

    /// <summary>False when the body (or one frame of it) is longer than any that the mock sends.</summary>
    public bool Append(ReadOnlySpan<byte> bytes, long now, Histogram? transit)
    {
        if (stream && _keptLength == 0)
        {
            bytes = bytes[TakeFrames(bytes, now, transit)..];
        }

        if (bytes.IsEmpty)
        {
            return true;
        }

        if (_keptLength + bytes.Length > Limit)
        {
            return false;
        }

        if (_keptLength + bytes.Length > _kept.Length)
        {
            Array.Resize(ref _kept, (_keptLength + bytes.Length) * 2);
        }

        bytes.CopyTo(_kept.AsSpan(_keptLength));
        _keptLength += bytes.Length;
        if (stream)
        {
            var taken = TakeFrames(_kept.AsSpan(0, _keptLength), now, transit);
            _kept.AsSpan(taken, _keptLength - taken).CopyTo(_kept);
            _keptLength -= taken;
        }

        return true;
    }

    /// <summary>What is wrong with the answer, now that it is over; null when it is whole.</summary>
    public string? Verdict()
    {
        if (!stream)
        {
            var body = _kept.AsSpan(0, _keptLength);
            Id = ReadId(body);
            return Id > 0 && body[^1] == (byte)'}' && body.IndexOf("\"usage\":{"u8) > 0 ? null : "answer not whole";
        }

        return _failure is not null ? _failure
            : !_done || _keptLength > 0 ? "stream not ended"
            : Tokens != expectedTokens ? "tokens missing or repeated"
            : !_finished ? "no finish reason"
            : _usageTokens != expectedTokens ? "usage missing or wrong"
            : null;
    }

    private int TakeFrames(ReadOnlySpan<byte> bytes, long now, Histogram? transit)
    {
        var taken = 0;
        while (true)
        {
            var length = bytes[taken..].IndexOf("\n\n"u8);
            if (length < 0)
            {
                return taken;
            }

            TakeFrame(bytes.Slice(taken, length), now, transit);
            taken += length + 2;
        }
    }

    private void TakeFrame(ReadOnlySpan<byte> frame, long now, Histogram? transit)
    {
        if (frame.StartsWith(":"u8))
        {
            return;    // a comment keeps the connection alive and means nothing
        }

        if (_done)
        {
            _failure ??= "frame after [DONE]";
        }

        var stamp = frame.IndexOf((byte)MockFrames.StampMark) + 1;
        if (stamp > 0)
        {
            if (Tokens++ == 0)
            {
                Id = ReadId(frame);
            }

            if (Utf8Parser.TryParse(frame.Slice(stamp, Math.Min(MockFrames.StampDigits, frame.Length - stamp)), out long sent, out _))
            {
                transit?.Record(now - sent);
            }
            else
            {
                _failure ??= "token garbled";
            }
        }
        else if (frame.SequenceEqual("data: [DONE]"u8))
        {
            _done = true;
        }
        else if (frame.IndexOf("\"completion_tokens\":"u8) is var at and >= 0)
        {
            _usageTokens = Utf8Parser.TryParse(frame[(at + "\"completion_tokens\":".Length)..], out int count, out _) ? count : -1;
        }
        else if (frame.IndexOf("\"finish_reason\":\"stop\""u8) >= 0)
        {
            _finished = true;
        }
        else if (frame.IndexOf("\"error\""u8) >= 0)
        {
            _failure ??= "error event";
        }
    }

    private static long ReadId(ReadOnlySpan<byte> json)
    {
        // In the text of what was Anthropic's first: the id member of that is the translator's own.
        return Number(json, "answer-"u8) ?? Number(json, "chatcmpl-"u8) ?? 0;
    }

    private static long? Number(ReadOnlySpan<byte> json, ReadOnlySpan<byte> mark)
    {
        var at = json.IndexOf(mark);
        return at < 0 ? null : Utf8Parser.TryParse(json[(at + mark.Length)..], out long number, out _) ? number : 0;
    }
}
