using Gateway.Router.Protocols;

namespace Gateway.Router.Streaming;

/// <summary>Finds where the frames of a stream end, whatever its format is, over bytes that come in pieces of any size.</summary>
internal struct Framer(FrameFormat format)
{
    private const int LengthBytes = 4;

    private SseFramer _sse;

    // Event streams: how much of the length field was seen, what it says so far, and how many bytes of the message are left.
    private int _lengthSeen;
    private uint _left;

    /// <param name="bytes">What follows the bytes of the last call.</param>
    /// <returns>Length up to and including the end of the current frame, or -1 when it ends further on.</returns>
    /// <exception cref="InvalidDataException">The bytes cannot be frames of the format.</exception>
    public int FindEnd(ReadOnlySpan<byte> bytes) => format switch
    {
        FrameFormat.Sse => _sse.FindEnd(bytes),
        FrameFormat.JsonLines => bytes.IndexOf((byte)'\n') + 1 is var end and > 0 ? end : -1,
        FrameFormat.AwsEventStream => FindMessageEnd(bytes),
    };

    private int FindMessageEnd(ReadOnlySpan<byte> bytes)
    {
        var at = 0;
        while (_lengthSeen < LengthBytes && at < bytes.Length)
        {
            _left = (_left << 8) | bytes[at++];
            if (++_lengthSeen == LengthBytes)
            {
                const int Least = 16;    // two lengths and two checksums
                if (_left is < Least or > StreamRelay.MaxFrameBytes)
                {
                    throw new InvalidDataException("The length of an event stream message is out of range.");
                }

                _left -= LengthBytes;
            }
        }

        if (_lengthSeen < LengthBytes || bytes.Length - at < _left)
        {
            _left -= _lengthSeen == LengthBytes ? (uint)(bytes.Length - at) : 0;
            return -1;
        }

        at += (int)_left;
        _lengthSeen = 0;
        _left = 0;
        return at;
    }
}
