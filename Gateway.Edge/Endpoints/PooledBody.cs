using System.Buffers;
using System.IO.Pipelines;
using Gateway.Core.Errors;

namespace Gateway.Edge.Endpoints;

/// <summary>
/// A request body in one pooled buffer. Who has sent it gives the buffer back early, since an answer may stream for minutes;
/// who read it gives it back at the latest.
/// </summary>
internal sealed class PooledBody
{
    private const int FirstChunk = 4 * 1024;

    /// <summary>A longer body gets its room as it arrives: a client could otherwise take memory with a header alone.</summary>
    private const int TrustedLength = 1024 * 1024;

    private byte[]? _buffer;
    private int _length;

    public ReadOnlyMemory<byte> Memory => _buffer.AsMemory(0, _length);

    /// <summary>A copy of what stands elsewhere.</summary>
    public static PooledBody Of(ReadOnlySpan<byte> bytes)
    {
        var body = new PooledBody { _buffer = ArrayPool<byte>.Shared.Rent(Math.Max(1, bytes.Length)), _length = bytes.Length };
        bytes.CopyTo(body._buffer);
        return body;
    }

    /// <summary>Reads the whole body.</summary>
    /// <param name="request">Its body is read from the start.</param>
    /// <param name="limit">Largest body in bytes.</param>
    /// <param name="cancellationToken">Ends the wait for a slow client.</param>
    /// <exception cref="GatewayException">The body is larger than <paramref name="limit"/>.</exception>
    public static async ValueTask<PooledBody> ReadAsync(HttpRequest request, long limit, CancellationToken cancellationToken)
    {
        var announced = request.ContentLength ?? FirstChunk;
        if (announced > limit)
        {
            throw BodyErrors.TooLarge(limit);
        }

        var body = new PooledBody { _buffer = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(announced, 1, TrustedLength)) };
        try
        {
            ReadResult result;
            do
            {
                result = await request.BodyReader.ReadAsync(cancellationToken);
                if (body._length + result.Buffer.Length > limit)
                {
                    request.BodyReader.AdvanceTo(result.Buffer.End); // the server reads on where we stop
                    throw BodyErrors.TooLarge(limit);
                }

                body.Append(result.Buffer);
                request.BodyReader.AdvanceTo(result.Buffer.End);
            }
            while (!result.IsCompleted);
            return body;
        }
        catch
        {
            body.Return();
            throw;
        }
    }

    /// <summary>Gives the buffer back, without the content: the pool must not hold what somebody asked. Again is nothing. Not thread-safe.</summary>
    public void Return()
    {
        if (_buffer is { } buffer)
        {
            _buffer = null;
            buffer.AsSpan(0, _length).Clear();
            ArrayPool<byte>.Shared.Return(buffer);
            _length = 0;
        }
    }

    private void Append(in ReadOnlySequence<byte> more)
    {
        var needed = _length + (int)more.Length;
        if (needed > _buffer!.Length)
        {
            var grown = ArrayPool<byte>.Shared.Rent(Math.Max(needed, (int)Math.Min(_buffer.Length * 2L, Array.MaxLength)));
            var length = _length;
            Memory.Span.CopyTo(grown);
            Return();
            _buffer = grown;
            _length = length;
        }

        more.CopyTo(_buffer.AsSpan(_length));
        _length = needed;
    }
}
