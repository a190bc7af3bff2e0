using System.Buffers;

namespace Gateway.Router.Pipeline;

/// <summary>A request body in a pooled buffer. Owned by the exchange; returned once, and never while a writer reads it.</summary>
public sealed class RequestBody
{
    private byte[]? _buffer;
    private int _writers;

    internal RequestBody(byte[] pooled, int length)
    {
        _buffer = pooled;
        Length = length;
    }

    public int Length { get; }

    public ReadOnlyMemory<byte> Memory => (_buffer ?? throw new ObjectDisposedException(nameof(RequestBody))).AsMemory(0, Length);

    public ReadOnlySpan<byte> Span => Memory.Span;

    /// <summary>A send that reads the bytes begins; they stay until <see cref="EndRead"/>.</summary>
    internal void BeginRead() => Interlocked.Increment(ref _writers);

    internal void EndRead() => Interlocked.Decrement(ref _writers);

    /// <summary>Gives the buffer back. Idempotent.</summary>
    internal void Release()
    {
        var buffer = Interlocked.Exchange(ref _buffer, null);

        // An upstream may answer, or a send be cancelled, while the bytes still go out: such a buffer is left to the collector.
        if (buffer is not null && Volatile.Read(ref _writers) == 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
