using System.Buffers;
using Gateway.Core.Context;
using Gateway.Core.Errors;
using Gateway.Core.Journal;
using Gateway.Usage.Access;
using Gateway.Usage.Ledger;
using Gateway.Usage.Ledger.PostgreSql;

namespace Gateway.Usage.Ingest;

/// <summary>Takes one batch: who sends it, whether it came over whole, then the ledger. Answers when it is durable.</summary>
internal sealed class BatchEndpoint(ContextGuard guard, ILedgerStore ledger)
{
    private static readonly GatewayError TooLarge = new(GatewayErrorKind.BodyTooLarge, $"A batch has at most {UsageBatch.MaxBytes} bytes.");
    private static readonly GatewayError Full = new(GatewayErrorKind.ServiceUnavailable, "The ledger's disk is nearly full; keep the records.", RetryAfter: TimeSpan.FromSeconds(5));

    private static readonly GatewayError Away = new(GatewayErrorKind.ServiceUnavailable, "The ledger's database does not answer; keep the records.", RetryAfter: TimeSpan.FromSeconds(5));

    public async Task InvokeAsync(HttpContext context)
    {
        if (!await guard.AdmitAsync(context, ContextRole.Service))
        {
            return;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(UsageBatch.MaxBytes + 1);
        try
        {
            var length = await ReadAsync(context, buffer);
            if (length > UsageBatch.MaxBytes)
            {
                await OpenAIErrorWriter.WriteAsync(context, TooLarge);
                return;
            }

            var problem = BatchCheck.Find(buffer.AsSpan(0, length), out var head);
            if (problem is not null)
            {
                await OpenAIErrorWriter.WriteAsync(context, new GatewayError(GatewayErrorKind.InvalidRequest, problem));
                return;
            }

            await AnswerAsync(context, await ledger.IngestAsync(head, BatchCheck.Records(buffer, length), context.RequestAborted));
        }
        catch (LedgerFullException)
        {
            await OpenAIErrorWriter.WriteAsync(context, Full);
        }
        catch (LedgerUnavailableException)
        {
            await OpenAIErrorWriter.WriteAsync(context, Away);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task<int> ReadAsync(HttpContext context, byte[] buffer)
    {
        var length = 0;
        int read;
        do
        {
            read = await context.Request.Body.ReadAsync(buffer.AsMemory(length, UsageBatch.MaxBytes + 1 - length), context.RequestAborted);
            length += read;
        }
        while (read > 0 && length <= UsageBatch.MaxBytes);
        return length;
    }

    private static Task AnswerAsync(HttpContext context, IngestResult result)
    {
        if (result.ExpectedSeq is { } expected)
        {
            context.Response.StatusCode = StatusCodes.Status409Conflict;
            return context.Response.WriteAsJsonAsync(new UsageBatchGap { ExpectedSeq = expected }, UsageBatchJson.Default.UsageBatchGap, contentType: null, context.RequestAborted);
        }

        return context.Response.WriteAsJsonAsync(new UsageBatchAccepted { ToSeq = result.ToSeq }, UsageBatchJson.Default.UsageBatchAccepted, contentType: null, context.RequestAborted);
    }
}
