using System.Buffers;

namespace Gateway.Router.Pipeline;

/// <summary>Reads a body whole into a pooled buffer.</summary>
internal static class PooledReading
{
    private const int FirstBuffer = 4 * 1024;

    /// <param name="announced">The length that the sender named, or null.</param>
    /// <returns>The body, or null when it is longer than <paramref name="limit"/>.</returns>
    public static async ValueTask<RequestBody?> ReadAsync(Stream stream, long? announced, long limit, CancellationToken cancellationToken)
    {
        if (announced > limit)
        {
            return null;
        }

        // One byte more than announced: the read that finds the end needs room.
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(announced + 1 ?? FirstBuffer, Array.MaxLength));
        var length = 0;
        try
        {
            while (true)
            {
                var read = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken);
                if (read == 0)
                {
                    var body = new RequestBody(buffer, length);
                    buffer = null;
                    return body;
                }

                length += read;
                if (length > limit)
                {
                    return null;
                }

                if (length == buffer.Length)
                {
                    var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
                    buffer.AsSpan(0, length).CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                }
            }
        }
        finally
        {
            // A read that was cancelled may still write into it: then it is left to the collector.
            if (buffer is not null && !cancellationToken.IsCancellationRequested)
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }
}
