using System.Globalization;
using Gateway.Core.Configuration;
using Gateway.Core.Errors;
using Gateway.Usage.Ledger;

namespace Gateway.Usage.Reports;

/// <summary><c>GET /admin/v1/requests</c> and <c>/admin/v1/requests/ID</c>. Thread-safe.</summary>
internal sealed class RequestReports(ReportDoor door, ILedgerStore ledger, IConfigStore config)
{
    private const int DefaultLimit = 50;
    private const int MostPerPage = 1000;

    public Task ListAsync(HttpContext context) => door.AnswerAsync(context, AnswerListAsync);

    public Task ShowAsync(HttpContext context) => door.AnswerAsync(context, AnswerOneAsync);

    private async Task AnswerListAsync(HttpContext context)
    {
        var parameters = new ReportParameters(context.Request.Query).Allow(filtered: true, "limit", "cursor", "from", "to", "format");
        var format = ReportFormats.Read(parameters);
        var (from, to) = parameters.Span();
        var query = new RequestQuery(
            format is ReportFormat.Json ? parameters.Number("limit", 1, MostPerPage, DefaultLimit) : parameters.Number("limit", 1, int.MaxValue, int.MaxValue),
            parameters.Text("cursor") is { } cursor ? RequestCursor.Read(cursor) : null,
            from,
            to,
            ReportDimensions.ReadFilters(parameters));
        await (format is ReportFormat.Json ? WritePageAsync(context, query) : ExportAsync(context, query, format));
    }

    private async Task WritePageAsync(HttpContext context, RequestQuery query)
    {
        var page = await ledger.ListAsync(query, context.RequestAborted);
        ReportFormat.Json.Announce(context.Response, "requests");
        using var output = new RowOutput(context);
        output.Json.WriteStartObject();
        output.Json.WriteStartArray("requests"u8);
        foreach (var entry in page.Requests)
        {
            RequestJson.WriteRow(output.Json, entry.Final, entry.CostNanoUsd);
            await output.RowDoneAsync();
        }

        output.Json.WriteEndArray();
        output.Json.WriteString("next"u8, page.Next is { } next ? RequestCursor.Write(next) : null);
        output.Json.WriteEndObject();
        await output.FlushAsync();
    }

    /// <summary>All that is asked for, page after page; the next one is read when the reader has taken this one.</summary>
    private async Task ExportAsync(HttpContext context, RequestQuery query, ReportFormat format)
    {
        var left = query.Limit;
        var page = await ledger.ListAsync(query with { Limit = Math.Min(left, MostPerPage) }, context.RequestAborted);
        format.Announce(context.Response, "requests");
        using var output = new RowOutput(context);
        if (format is ReportFormat.Csv)
        {
            RequestCsv.WriteNames(output.Csv);
        }

        while (true)
        {
            foreach (var entry in page.Requests)
            {
                Write(output, entry, format);
                await output.RowDoneAsync();
            }

            await output.FlushAsync();
            left -= page.Requests.Count;
            if (page.Next is not { } next || left <= 0)
            {
                return;
            }

            page = await ledger.ListAsync(query with { Limit = Math.Min(left, MostPerPage), Before = next }, context.RequestAborted);
        }
    }

    private static void Write(RowOutput output, LedgerEntry entry, ReportFormat format)
    {
        if (format is ReportFormat.Csv)
        {
            RequestCsv.WriteRow(output.Csv, entry.Final, entry.CostNanoUsd);
            return;
        }

        RequestJson.WriteRow(output.Json, entry.Final, entry.CostNanoUsd);
        output.EndJsonLine();
    }

    private async Task AnswerOneAsync(HttpContext context)
    {
        new ReportParameters(context.Request.Query).Allow(filtered: false);
        var text = (string)context.Request.RouteValues["id"]!;
        if (!Guid.TryParseExact(text, "D", out var id))
        {
            throw ReportParameters.Bad("id", $"'{ReportParameters.Shown(text)}' is no id of a request. It is what x-gateway-request-id said, for example 019a0000-0000-7000-8000-000000000000.");
        }

        var entry = await ledger.FindAsync(id, context.RequestAborted) ?? throw new GatewayException(GatewayErrorKind.RequestNotFound, Nothing(id), "id");
        ReportFormat.Json.Announce(context.Response, "request");
        using var output = new RowOutput(context);
        RequestJson.WriteWhole(output.Json, entry);
        await output.FlushAsync();
    }

    private string Nothing(Guid id) => $"The ledger has no request {id}. It may still run, or may not have arrived from its Router yet" + (ledger.KeptFrom == DateTimeOffset.MinValue ? "." : string.Create(
        CultureInfo.InvariantCulture,
        $", or it is older than what is kept: requests are kept for {config.Current.Config.Usage.Retention.TotalDays:0.##} days (usage.retention), older ones count in sums only. The oldest are of {ledger.KeptFrom:yyyy-MM-dd}."));
}
