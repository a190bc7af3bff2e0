using System.Buffers.Text;
using System.Text;
using Gateway.Bench.Measuring;

namespace Gateway.Bench.Load;

internal enum ResponseState
{
    Head,
    Body,
    ChunkSize,
    Chunk,
    ChunkEnd,
    Trailer,
    Complete,
    Failed,
}

/// <summary>
/// Reads one HTTP/1.1 answer after the other, cut anywhere, and checks it: framing, status, id, token count, the usage the stream reports, and [DONE].
/// </summary>
internal sealed class ResponseParser(bool stream, int expectedTokens)
{
    private const int BodyLimit = 64 * 1024;

    private readonly AnswerContent _content = new(stream, expectedTokens);
    private byte[] _carried = new byte[512];    // a head, or a line of the chunk framing, that came in pieces
    private int _carriedLength;
    private long _remaining;
    private bool _skipBody;

    public ResponseState State { get; private set; }

    /// <summary>Why the answer does not count, in one or two words.</summary>
    public string? Failure { get; private set; }

    /// <summary>The server closes the connection after this answer.</summary>
    public bool CloseAfter { get; private set; }

    public long AnswerId => _content.Id;

    public int Tokens => _content.Tokens;

    public void Reset()
    {
        State = ResponseState.Head;
        Failure = null;
        CloseAfter = false;
        _carriedLength = 0;
        _skipBody = false;
        _content.Reset();
    }

    /// <summary>Takes what arrived at <paramref name="now"/>. <paramref name="transit"/> gets the way of each token.</summary>
    public void Read(ReadOnlySpan<byte> input, long now, Histogram? transit)
    {
        while (State is not (ResponseState.Complete or ResponseState.Failed))
        {
            switch (State)
            {
                case ResponseState.Head:
                    if (!TryTake(ref input, "\r\n\r\n"u8, out var head))
                    {
                        return;
                    }

                    ReadHead(head);
                    break;
                case ResponseState.Body or ResponseState.Chunk:
                    if (_remaining > 0 && input.IsEmpty)
                    {
                        return;
                    }

                    var take = (int)Math.Min(_remaining, input.Length);
                    if (!_skipBody && !_content.Append(input[..take], now, transit))
                    {
                        Fail("body over the limit");
                        return;
                    }

                    input = input[take..];
                    _remaining -= take;
                    if (_remaining == 0)
                    {
                        if (State == ResponseState.Body)
                        {
                            Finish();
                        }
                        else
                        {
                            State = ResponseState.ChunkEnd;
                        }
                    }

                    break;
                default:
                    if (!TryTake(ref input, "\r\n"u8, out var line))
                    {
                        return;
                    }

                    ReadLine(line);
                    break;
            }
        }

        if (State == ResponseState.Complete && !input.IsEmpty)
        {
            Fail("bytes after the answer");
        }
    }

    private void ReadLine(ReadOnlySpan<byte> line)
    {
        switch (State)
        {
            case ResponseState.ChunkEnd when line.IsEmpty:
                State = ResponseState.ChunkSize;
                break;
            case ResponseState.ChunkSize when Utf8Parser.TryParse(line, out int size, out _, 'x') && size >= 0:
                _remaining = size;
                State = size == 0 ? ResponseState.Trailer : ResponseState.Chunk;
                break;
            case ResponseState.Trailer:
                if (line.IsEmpty)
                {
                    Finish();
                }

                break;
            default:
                Fail("chunk framing");
                break;
        }
    }

    private void ReadHead(ReadOnlySpan<byte> head)
    {
        if (!head.StartsWith("HTTP/1.1 "u8) || head.Length < 12)
        {
            Fail("not HTTP/1.1");
            return;
        }

        if (!head.Slice(9, 3).SequenceEqual("200"u8))
        {
            Failure = $"status {Encoding.ASCII.GetString(head.Slice(9, 3))}";
            _skipBody = true;
        }

        long length = -1;
        var chunked = false;
        foreach (var range in new LineEnumerator(head))
        {
            if (Header(range, "content-length:"u8, out var value))
            {
                length = Utf8Parser.TryParse(value, out long parsed, out _) ? parsed : -1;
            }
            else if (Header(range, "transfer-encoding:"u8, out value))
            {
                chunked = Ascii.EqualsIgnoreCase(value, "chunked"u8);
            }
            else if (Header(range, "connection:"u8, out value))
            {
                CloseAfter = Ascii.EqualsIgnoreCase(value, "close"u8);
            }
        }

        if (!chunked && length is < 0 or > BodyLimit)
        {
            Fail("no usable length");
            return;
        }

        _remaining = length;
        State = chunked ? ResponseState.ChunkSize : ResponseState.Body;
    }

    private static bool Header(ReadOnlySpan<byte> line, ReadOnlySpan<byte> lowerCaseName, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (line.Length < lowerCaseName.Length || !Ascii.EqualsIgnoreCase(line[..lowerCaseName.Length], lowerCaseName))
        {
            return false;
        }

        value = line[lowerCaseName.Length..].Trim((byte)' ');
        return true;
    }

    private void Finish()
    {
        State = ResponseState.Complete;
        Failure ??= _content.Verdict();
    }

    private void Fail(string why)
    {
        State = ResponseState.Failed;
        Failure ??= why;
    }

    // Takes what stands before the mark, over the border of two reads if it must.
    private bool TryTake(ref ReadOnlySpan<byte> input, ReadOnlySpan<byte> mark, out ReadOnlySpan<byte> taken)
    {
        if (_carriedLength == 0)
        {
            var at = input.IndexOf(mark);
            if (at >= 0)
            {
                taken = input[..at];
                input = input[(at + mark.Length)..];
                return true;
            }
        }

        // The mark may be cut itself, so it is looked for in the whole.
        var before = _carriedLength;
        Carry(input);
        var end = _carried.AsSpan(0, _carriedLength).IndexOf(mark);
        if (end < 0)
        {
            taken = default;
            input = default;
            if (_carriedLength > BodyLimit)
            {
                Fail("head over the limit");
            }

            return false;
        }

        taken = _carried.AsSpan(0, end);
        input = input[(end + mark.Length - before)..];
        _carriedLength = 0;
        return true;
    }

    private void Carry(ReadOnlySpan<byte> bytes)
    {
        if (_carriedLength + bytes.Length > _carried.Length)
        {
            Array.Resize(ref _carried, (_carriedLength + bytes.Length) * 2);
        }

        bytes.CopyTo(_carried.AsSpan(_carriedLength));
        _carriedLength += bytes.Length;
    }

    private ref struct LineEnumerator(ReadOnlySpan<byte> text)
    {
        private ReadOnlySpan<byte> _rest = text;
        private bool _ended;

        public ReadOnlySpan<byte> Current { get; private set; }

        public readonly LineEnumerator GetEnumerator() => this;

        public bool MoveNext()
        {
            if (_ended)
            {
                return false;
            }

            var at = _rest.IndexOf("\r\n"u8);
            _ended = at < 0;
            Current = _ended ? _rest : _rest[..at];
            _rest = _ended ? default : _rest[(at + 2)..];
            return true;
        }
    }
}
