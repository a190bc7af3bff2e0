using System.Buffers;

namespace Gateway.Router.Streaming;

/// <summary>
/// What a stream's relay has read and not yet sent, in one array of the pool: [Sent..Framed) whole frames to send, [Framed..Filled) the start of the next one, searched up to Scanned.
/// A mutable struct, so that it costs its relay no object: only to be kept in a field. Not thread-safe.
/// </summary>
internal struct RelayBuffer()
{
    /// <summary>Small, since one is held by every open stream while it waits.</summary>
    private const int Small = 4 * 1024;

    public byte[] Bytes = ArrayPool<byte>.Shared.Rent(Small);
    public int Sent;
    public int Framed;
    public int Scanned;
    public int Filled;

    /// <summary>Where the last whole event starts.</summary>
    public int LastEvent;

    public readonly Memory<byte> Room => Bytes.AsMemory(Filled);

    public readonly Span<byte> Unscanned => Bytes.AsSpan(Scanned, Filled - Scanned);

    /// <summary>What is no whole frame yet.</summary>
    public readonly Span<byte> Rest => Bytes.AsSpan(Framed, Filled - Framed);

    /// <summary>Makes free space: forgets what was sent, and grows only for a frame that does not fit.</summary>
    /// <returns>False for a frame that is too long.</returns>
    public bool TryMakeRoom()
    {
        var kept = Filled - Sent;
        if (kept == 0 && Bytes.Length > Small * 4)
        {
            Rebuffer(Small);
        }
        else if (Sent > 0 && (kept == 0 || Filled == Bytes.Length))
        {
            Shift(Bytes);
        }

        if (Filled < Bytes.Length)
        {
            return true;
        }

        if (Bytes.Length >= StreamRelay.MaxFrameBytes)
        {
            return false;
        }

        Rebuffer(Bytes.Length * 2);
        return true;
    }

    /// <summary>Takes out a frame that is not to be sent. Happens once in a stream: closing the gap is simpler than sending around it.</summary>
    public void Drop(int start, int end)
    {
        Bytes.AsSpan(end, Filled - end).CopyTo(Bytes.AsSpan(start));
        Filled -= end - start;
    }

    public readonly void Return() => ArrayPool<byte>.Shared.Return(Bytes);

    private void Rebuffer(int size)
    {
        var other = ArrayPool<byte>.Shared.Rent(size);
        var old = Bytes;
        Shift(other);
        Bytes = other;
        ArrayPool<byte>.Shared.Return(old);
    }

    private void Shift(byte[] target)
    {
        Bytes.AsSpan(Sent, Filled - Sent).CopyTo(target);
        Framed -= Sent;
        Scanned -= Sent;
        Filled -= Sent;
        LastEvent = Math.Max(0, LastEvent - Sent);
        Sent = 0;
    }
}
