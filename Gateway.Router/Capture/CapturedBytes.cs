using System.Buffers;

namespace Gateway.Router.Capture;

/// <summary>One side of a request as far as it is kept: at most <see cref="MaxBytes"/> in a pooled buffer. One writer at a time.</summary>
internal sealed class CapturedBytes
{
    public const int MaxBytes = 256 * 1024;

    private const int FirstBuffer = 4 * 1024;

    private byte[]? _buffer;

    /// <summary>Bytes that are kept.</summary>
    public int Length { get; private set; }

    /// <summary>Bytes that there were.</summary>
    public long Total { get; private set; }

    public bool IsCut => Total > Length;

    /// <summary>What it takes of memory.</summary>
    public int Held => _buffer?.Length ?? 0;

    public ReadOnlySpan<byte> Span => _buffer.AsSpan(0, Length);

    public void Append(ReadOnlySpan<byte> bytes)
    {
        Total += bytes.Length;
        var taken = Math.Min(bytes.Length, MaxBytes - Length);
        if (taken == 0)
        {
            return;
        }

        if (Length + taken > Held)
        {
            Grow(Length + taken);
        }

        bytes[..taken].CopyTo(_buffer.AsSpan(Length));
        Length += taken;
    }

    /// <summary>Gives the buffer back. Idempotent.</summary>
    public void Release()
    {
        if (_buffer is { } buffer)
        {
            // Prompts do not stay in the pool.
            buffer.AsSpan(0, Length).Clear();
            (_buffer, Length) = (null, 0);
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void Grow(int needed)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(FirstBuffer, Math.Min(MaxBytes, Math.Max(needed, Held * 2))));
        if (_buffer is { } buffer)
        {
            Span.CopyTo(larger);
            buffer.AsSpan(0, Length).Clear();
            ArrayPool<byte>.Shared.Return(buffer);
        }

        _buffer = larger;
    }
}
