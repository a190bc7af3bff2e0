using System.Buffers;
using Gateway.Core.Errors;
using Gateway.Edge.Endpoints;

namespace Gateway.Edge.Forwarding;

/// <summary>Passes one answer on, byte for byte, as it comes. It is never parsed and never collected.</summary>
internal sealed class ResponseRelay(HttpResponseMessage answer, HttpResponse client)
{
    /// <summary>Least room for a read. Half a block of the server: what does not fit into a block would be rented elsewhere.</summary>
    private const int StreamChunk = 2 * 1024;
    private const int PlainChunk = 16 * 1024;

    private readonly bool _isEventStream = IsOfType(answer, "text/event-stream");
    private readonly bool _isLineStream = IsOfType(answer, "application/x-ndjson");
    private SseTail _tail;

    /// <summary>Body bytes that went to the client.</summary>
    public long Bytes { get; private set; }

    /// <exception cref="IOException">The service broke off. Also <see cref="HttpRequestException"/> and <see cref="OperationCanceledException"/>.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        client.StatusCode = (int)answer.StatusCode;
        ForwardedHeaders.CopyResponse(answer, client);
        await using var body = await answer.Content.ReadAsStreamAsync(cancellationToken);
        if (_isEventStream || _isLineStream)
        {
            client.Headers.CacheControl = "no-cache";
            client.Headers["x-accel-buffering"] = "no";
            await RelayEventsAsync(body, cancellationToken);
        }
        else
        {
            await RelayPlainAsync(body, cancellationToken);
        }
    }

    /// <summary>
    /// Tells the client that the answer is broken: by an error event when a stream broke between two events, otherwise by a
    /// connection that breaks too. Never by a clean end.
    /// </summary>
    /// <returns>How, for the log.</returns>
    public async Task<string> BreakAsync(GatewayError error)
    {
        if ((_isEventStream && _tail.IsAtBorder && !_tail.IsDone) || (_isLineStream && _tail.IsAtLineEnd))
        {
            var context = client.HttpContext;
            ErrorWriters.WriteEvent(ClientProtocols.Of(context), client.BodyWriter, ErrorReply.Of(error), context.TraceIdentifier);
            await client.BodyWriter.FlushAsync();
            return "by an error event";
        }

        client.HttpContext.Abort();
        return "by a reset";
    }

    private static bool IsOfType(HttpResponseMessage answer, string type) =>
        answer.Content.Headers.NonValidated.TryGetValues("Content-Type", out var given) && given.ToString().StartsWith(type, StringComparison.OrdinalIgnoreCase);

    private async Task RelayEventsAsync(Stream body, CancellationToken cancellationToken)
    {
        var writer = client.BodyWriter;

        // A read of nothing, once: the head is news too, and it must have left before the server lends memory behind it.
        var waiting = body.ReadAsync(Memory<byte>.Empty, cancellationToken);
        if (!waiting.IsCompleted)
        {
            // StartAsync alone would not send it.
            await writer.FlushAsync(cancellationToken);
        }

        await waiting;
        while (true)
        {
            // Straight into the server's own block. A stream that waits holds that one block of 4 KiB.
            var memory = writer.GetMemory(StreamChunk);
            var read = await body.ReadAsync(memory, cancellationToken);
            if (read == 0)
            {
                break;
            }

            // Before the flush: if that fails half-way, nobody may take the stream to stand where it stood before.
            _tail.Append(memory.Span[..read]);
            writer.Advance(read);
            Bytes += read;
            await writer.FlushAsync(cancellationToken);
        }

        await client.StartAsync(cancellationToken);
    }

    private async Task RelayPlainAsync(Stream body, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(PlainChunk);
        var used = 0;
        try
        {
            int read;
            while ((read = await body.ReadAsync(buffer, cancellationToken)) > 0)
            {
                used = Math.Max(used, read);
                await client.BodyWriter.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                Bytes += read;
            }
        }
        finally
        {
            // The pool must not hold what somebody was answered.
            buffer.AsSpan(0, used).Clear();
            ArrayPool<byte>.Shared.Return(buffer);
        }

        // An answer without a body still has a head, and nobody after us may write another.
        await client.StartAsync(cancellationToken);
    }
}
