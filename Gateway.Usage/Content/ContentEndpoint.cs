using System.Buffers;
using Gateway.Core.Capture;
using Gateway.Core.Context;
using Gateway.Core.Errors;
using Gateway.Usage.Access;

namespace Gateway.Usage.Content;

/// <summary>Takes what Routers have captured: who sends it, whether it came over whole, then the store.</summary>
internal sealed class ContentEndpoint(ContextGuard guard, IContentStore store, ILogger<ContentEndpoint> log)
{
    private static readonly GatewayError TooLarge = new(GatewayErrorKind.BodyTooLarge, $"A shipment of content has at most {ContentShipment.MaxBytes} bytes.");
    private static readonly GatewayError Damaged = new(GatewayErrorKind.InvalidRequest, "The content did not come over whole: a checksum is wrong.");
    private static readonly GatewayError Away = new(GatewayErrorKind.ServiceUnavailable, "Content cannot be kept at the moment.", RetryAfter: TimeSpan.FromSeconds(5));

    public async Task InvokeAsync(HttpContext context)
    {
        if (!await guard.AdmitAsync(context, ContextRole.Service))
        {
            return;
        }

        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(context.Request.ContentLength + 1 ?? ContentShipment.TargetBytes, 1024, ContentShipment.MaxBytes + 1));
        try
        {
            var length = 0;
            for (var read = -1; read != 0; length += read)
            {
                if (length == buffer.Length)
                {
                    await OpenAIErrorWriter.WriteAsync(context, TooLarge);
                    return;
                }

                read = await context.Request.Body.ReadAsync(buffer.AsMemory(length), context.RequestAborted);
            }

            if (Split(buffer.AsMemory(0, length)) is not { } entries)
            {
                await OpenAIErrorWriter.WriteAsync(context, Damaged);
                return;
            }

            await store.AddAsync(entries, context.RequestAborted);
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException && !context.RequestAborted.IsCancellationRequested)
        {
            log.ContentNotKept(failure.GetType().Name);
            await OpenAIErrorWriter.WriteAsync(context, Away);
        }
        finally
        {
            buffer.AsSpan().Clear();
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static List<ContentEntry>? Split(ReadOnlyMemory<byte> frames)
    {
        var entries = new List<ContentEntry>();
        while (!frames.IsEmpty)
        {
            if (!ContentFrame.TryReadHeader(frames.Span, out var head) || frames.Length < ContentFrame.HeaderBytes + head.Length)
            {
                return null;
            }

            var payload = frames.Slice(ContentFrame.HeaderBytes, head.Length);
            if (!head.IsWhole(payload.Span))
            {
                return null;
            }

            entries.Add(new ContentEntry(head, payload));
            frames = frames[(ContentFrame.HeaderBytes + head.Length)..];
        }

        return entries.Count == 0 ? null : entries;
    }
}
