using System.Buffers;
using System.Globalization;
using System.Text;
using Gateway.Core.Errors;
using Gateway.Usage.Ledger;

namespace Gateway.Usage.Reports;

/// <summary><c>GET /admin/v1/requests/stream</c>: server-sent events <c>request</c>, <c>skipped</c> and, before a clean end, <c>end</c>. Thread-safe.</summary>
internal sealed class RequestStream(ReportDoor door, RequestTail tail)
{
    private static readonly GatewayError Full = new(
        GatewayErrorKind.RateLimited,
        string.Create(CultureInfo.InvariantCulture, $"At most {RequestTail.MostListeners} readers follow the requests at a time, and none while the service stops. Close one, or ask for GET /admin/v1/requests."),
        RetryAfter: TimeSpan.FromSeconds(5));

    public Task FollowAsync(HttpContext context) => door.AnswerAsync(context, AnswerAsync);

    private async Task AnswerAsync(HttpContext context)
    {
        var filters = ReportDimensions.ReadFilters(new ReportParameters(context.Request.Query).Allow(filtered: true));
        var listener = await tail.JoinAsync(filters, context.RequestAborted) ?? throw new GatewayException(Full);
        try
        {
            context.Response.ContentType = "text/event-stream";
            using var output = new RowOutput(context);
            context.Response.BodyWriter.Write(": requests as the ledger takes them\n\n"u8);
            await output.FlushAsync();
            while (await listener.News.WaitToReadAsync(context.RequestAborted))
            {
                while (listener.News.TryRead(out var entry))
                {
                    Write(context.Response.BodyWriter, output, entry, listener.TakeDropped());
                }

                await output.FlushAsync();
            }

            context.Response.BodyWriter.Write("event: end\ndata: {}\n\n"u8);
            await output.FlushAsync();
        }
        finally
        {
            tail.Leave(listener);
        }
    }

    private static void Write(IBufferWriter<byte> events, RowOutput output, LedgerEntry? entry, long dropped)
    {
        if (dropped > 0)
        {
            // About so many: what came faster than it is looked at counts as one.
            Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"event: skipped\ndata: {{\"count\":{dropped}}}\n\n"), events);
        }

        if (entry is null)
        {
            events.Write(": alive\n\n"u8);
            return;
        }

        events.Write("event: request\ndata: "u8);
        RequestJson.WriteRow(output.Json, entry.Final, entry.CostNanoUsd);
        output.EndJsonLine();
        events.Write("\n"u8);
    }
}
