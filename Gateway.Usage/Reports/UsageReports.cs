using Gateway.Usage.Ledger;

namespace Gateway.Usage.Reports;

/// <summary><c>GET /admin/v1/usage</c>. Thread-safe.</summary>
internal sealed class UsageReports(ReportDoor door, ILedgerStore ledger)
{
    public Task SumAsync(HttpContext context) => door.AnswerAsync(context, AnswerAsync);

    private async Task AnswerAsync(HttpContext context)
    {
        var report = UsageReport.Read(context.Request.Query);
        var sums = await ledger.SumAsync(report.Query, context.RequestAborted);
        report.Format.Announce(context.Response, "usage");
        using var output = new RowOutput(context);
        await (report.Format is ReportFormat.Json ? WriteWholeAsync(output, report, sums) : WriteRowsAsync(output, report, sums));
        await output.FlushAsync();
    }

    private static async Task WriteWholeAsync(RowOutput output, UsageReport report, UsageSums sums)
    {
        var (shown, rest) = report.Arrange(sums.Groups);
        var json = output.Json;
        json.WriteStartObject();
        WriteTime(output, "from", report.FromUnixMs);
        WriteTime(output, "to", report.ToUnixMs);
        json.WriteNumber("group_count"u8, sums.Groups.Count);
        json.WriteStartArray("groups"u8);
        foreach (var group in shown)
        {
            UsageWriter.WriteGroup(json, report.Query.Groups, group.Values, group.Sum);
            await output.RowDoneAsync();
        }

        if (rest is not null)
        {
            UsageWriter.WriteGroup(json, report.Query.Groups, values: null, rest, isRest: true);
        }

        json.WriteEndArray();
        json.WritePropertyName("total"u8);
        UsageWriter.WriteGroup(json, [], values: null, sums.Total);
        json.WriteEndObject();
    }

    /// <summary>Only groups: a total among them would be counted again by whoever sums up the column. Without groups it is the one row.</summary>
    private static async Task WriteRowsAsync(RowOutput output, UsageReport report, UsageSums sums)
    {
        var (shown, rest) = report.Arrange(report.Query.Groups.Count > 0 ? sums.Groups : [new UsageGroupSum([], sums.Total)]);
        if (report.Format is ReportFormat.Csv)
        {
            UsageWriter.WriteNames(output.Csv, report);
        }

        foreach (var group in shown)
        {
            WriteRow(output, report, group.Values, group.Sum, isRest: false);
            await output.RowDoneAsync();
        }

        if (rest is not null)
        {
            WriteRow(output, report, values: null, rest, isRest: true);
        }
    }

    private static void WriteRow(RowOutput output, UsageReport report, IReadOnlyList<string>? values, UsageCounters sum, bool isRest)
    {
        if (report.Format is ReportFormat.Csv)
        {
            UsageWriter.WriteLine(output.Csv, report, values, sum, isRest);
            return;
        }

        UsageWriter.WriteGroup(output.Json, report.Query.Groups, values, sum, isRest);
        output.EndJsonLine();
    }

    private static void WriteTime(RowOutput output, string name, long? unixMs)
    {
        if (unixMs is { } known)
        {
            output.Json.WriteString(name, TimeText.Of(known));
            return;
        }

        output.Json.WriteNull(name);
    }
}
