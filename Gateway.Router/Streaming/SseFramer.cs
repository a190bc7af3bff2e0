namespace Gateway.Router.Streaming;

/// <summary>
/// Finds where SSE frames end, over bytes that come in pieces of any size. A frame ends with an empty line; lines end with
/// LF, CRLF or CR, also mixed. Each byte is looked at once.
/// </summary>
internal struct SseFramer
{
    private bool _inLine;
    private bool _afterCarriageReturn;

    /// <param name="bytes">What follows the bytes of the last call.</param>
    /// <returns>Length up to and including the end of the current frame, or -1 when it ends further on.</returns>
    /// <remarks>
    /// A frame that ends with CR at the very end of <paramref name="bytes"/> is given out at once. If an LF follows, it
    /// becomes the first byte of the next frame: the bytes of all frames together are the bytes of the stream.
    /// </remarks>
    public int FindEnd(ReadOnlySpan<byte> bytes)
    {
        var at = 0;
        while (at < bytes.Length)
        {
            if (_afterCarriageReturn)
            {
                _afterCarriageReturn = false;
                if (bytes[at] == (byte)'\n')
                {
                    at++;
                    continue;
                }
            }

            var step = bytes[at..].IndexOfAny((byte)'\r', (byte)'\n');
            if (step < 0)
            {
                _inLine = true;
                return -1;
            }

            var isEmptyLine = step == 0 && !_inLine;
            _inLine = false;
            _afterCarriageReturn = bytes[at + step] == (byte)'\r';
            at += step + 1;
            if (isEmptyLine)
            {
                if (_afterCarriageReturn && at < bytes.Length)
                {
                    _afterCarriageReturn = false;
                    at += bytes[at] == (byte)'\n' ? 1 : 0;
                }

                return at;
            }
        }

        return -1;
    }
}
