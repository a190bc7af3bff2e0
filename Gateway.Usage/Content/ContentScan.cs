using Gateway.Core.Capture;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Usage.Content;

/// <summary>Walks the heads of a file of contents. Damaged bytes are passed over: the next head behind them is looked for.</summary>
internal sealed class ContentScan(SafeFileHandle file)
{
    private const int WindowBytes = 64 * 1024;

    private readonly byte[] _window = new byte[WindowBytes];
    private long _windowAt;
    private int _windowLength;
    private long _next;

    /// <summary>Whether bytes were passed over that are no frame.</summary>
    public bool SawDamage { get; private set; }

    /// <returns>The length of a file without a last frame that was not written to its end.</returns>
    public static long WholeLength(SafeFileHandle file, long length)
    {
        var scan = new ContentScan(file);
        while (scan.Next(out var head, out var offset))
        {
            if (offset + head.Length > length)
            {
                return offset - ContentFrame.HeaderBytes;
            }
        }

        return length;
    }

    /// <param name="offset">Where the payload begins.</param>
    /// <returns>False at the end.</returns>
    public bool Next(out ContentHead head, out long offset)
    {
        while (Bytes(_next, ContentFrame.HeaderBytes) is { Length: >= ContentFrame.HeaderBytes } bytes)
        {
            if (ContentFrame.TryReadHeader(bytes, out head))
            {
                offset = _next + ContentFrame.HeaderBytes;
                _next = offset + head.Length;
                return true;
            }

            SawDamage = true;
            _next = Behind(_next + 1);
        }

        (head, offset) = (default, 0);
        return false;
    }

    /// <returns>The payload; null when it is damaged. What follows a head that promises too much is looked for from behind the head on.</returns>
    public byte[]? Read(in ContentHead head, long offset)
    {
        var payload = new byte[head.Length];
        if (RandomAccess.Read(file, payload, offset) == payload.Length && head.IsWhole(payload))
        {
            return payload;
        }

        // It may be one that was never written to its end, and others stand where the rest of it would.
        SawDamage = true;
        _next = offset;
        return null;
    }

    /// <summary>Where the next frame may begin, at or behind a place.</summary>
    private long Behind(long from)
    {
        while (Bytes(from, ContentFrame.Magic.Length) is { Length: >= 4 } bytes)
        {
            var found = bytes.IndexOf(ContentFrame.Magic);
            if (found >= 0)
            {
                return from + found;
            }

            from += bytes.Length - ContentFrame.Magic.Length + 1;
        }

        return long.MaxValue - WindowBytes;
    }

    /// <summary>What there is from a place on; at least <paramref name="count"/> bytes unless the file ends before.</summary>
    private ReadOnlySpan<byte> Bytes(long from, int count)
    {
        if (from < _windowAt || from + count > _windowAt + _windowLength)
        {
            _windowAt = from;
            _windowLength = Math.Max(0, RandomAccess.Read(file, _window, from));
        }

        return _window.AsSpan((int)(from - _windowAt), _windowLength - (int)(from - _windowAt));
    }
}
