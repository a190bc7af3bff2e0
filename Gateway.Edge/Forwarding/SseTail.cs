using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Gateway.Edge.Forwarding;

/// <summary>
/// The last bytes of a stream: enough to know, when it breaks, whether it broke between two events. Nothing else of the
/// stream is looked at.
/// </summary>
internal struct SseTail
{
    private const int Size = 16;

    private Bytes _bytes;
    private int _length;

    /// <summary>Nothing was sent yet, or the last event is whole: an event may follow.</summary>
    public readonly bool IsAtBorder
    {
        get
        {
            var tail = Read();
            return tail.IsEmpty || tail.EndsWith("\n\n"u8) || tail.EndsWith("\r\n\r\n"u8) || tail.EndsWith("\r\r"u8);
        }
    }

    /// <summary>The same for a stream of lines.</summary>
    public readonly bool IsAtLineEnd => Read() is [] or [.., (byte)'\n'];

    /// <summary>The client has seen the normal end: nothing may follow.</summary>
    public readonly bool IsDone => Read().TrimEnd("\r\n"u8).EndsWith("[DONE]"u8);

    public void Append(ReadOnlySpan<byte> sent)
    {
        if (sent.Length >= Size)
        {
            sent[^Size..].CopyTo(_bytes);
            _length = Size;
            return;
        }

        // Keep as much of the old as there is room for before the new.
        Span<byte> all = _bytes;
        var kept = Math.Min(_length, Size - sent.Length);
        all.Slice(_length - kept, kept).CopyTo(all);
        sent.CopyTo(all[kept..]);
        _length = kept + sent.Length;
    }

    [UnscopedRef]
    private readonly ReadOnlySpan<byte> Read() => ((ReadOnlySpan<byte>)_bytes)[.._length];

    [InlineArray(Size)]
    private struct Bytes
    {
        private byte _first;
    }
}
