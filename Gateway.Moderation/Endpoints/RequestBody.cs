using System.Buffers;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Moderation.Endpoints;

/// <summary>A request body in one piece, in memory of the pool. Dispose once.</summary>
internal sealed class RequestBody : IDisposable
{
    private const int FirstSize = 16 * 1024;

    private byte[] _buffer;
    private int _length;

    private RequestBody(int size) => _buffer = ArrayPool<byte>.Shared.Rent(size);

    public ReadOnlySpan<byte> Bytes => _buffer.AsSpan(0, _length);

    /// <exception cref="BadHttpRequestException">The body is larger than the limit, or broken.</exception>
    public static async Task<RequestBody> ReadAsync(HttpContext context, long maxBytes)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = maxBytes;
        }

        // A declared length is not trusted with more than the limit; Kestrel refuses the rest.
        var body = new RequestBody((int)Math.Clamp(context.Request.ContentLength + 1 ?? FirstSize, 1, maxBytes));
        try
        {
            int read;
            while ((read = await context.Request.Body.ReadAsync(body._buffer.AsMemory(body._length), context.RequestAborted)) > 0)
            {
                body._length += read;
                body.MakeRoom();
            }

            return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
        }
    }

    private void MakeRoom()
    {
        if (_length < _buffer.Length)
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
        Bytes.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
