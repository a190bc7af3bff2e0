using Gateway.Usage.Ledger;

namespace Gateway.Usage.Reports;

/// <summary>What one key has spent by day: <c>GET /v1/usage/me</c> of the Edge asks for it in the name of its caller. Thread-safe.</summary>
internal sealed class OwnSpend(ReportDoor door, ILedgerStore ledger, TimeProvider time)
{
    public const string Path = "/internal/usage/spend";

    private const int MostDays = 90;
    private const int UsualDays = 30;

    private static readonly UsageDimension[] ByDay = [UsageDimension.Day];

    public Task AnswerAsync(HttpContext context) => door.AnswerOwnerAsync(context, WriteAsync);

    private async Task WriteAsync(HttpContext context, string key)
    {
        var days = new ReportParameters(context.Request.Query).Allow(filtered: false, "days").Number("days", 1, MostDays, UsualDays);
        var from = time.GetUtcNow().UtcDateTime.Date.AddDays(1 - days);
        var query = new UsageQuery(
            ByDay, UsageSpan.First(new DateTimeOffset(from, TimeSpan.Zero).ToUnixTimeMilliseconds()), Filters: [new UsageFilter(UsageDimension.Key, [key])]);
        var sums = await ledger.SumAsync(query, context.RequestAborted);
        ReportFormat.Json.Announce(context.Response, "spend");
        using var output = new RowOutput(context);
        output.Json.WriteStartObject();
        output.Json.WriteStartArray("days"u8);
        foreach (var day in sums.Groups)
        {
            UsageWriter.WriteGroup(output.Json, ByDay, day.Values, day.Sum);
        }

        output.Json.WriteEndArray();
        output.Json.WritePropertyName("total"u8);
        UsageWriter.WriteGroup(output.Json, [], values: null, sums.Total);
        output.Json.WriteEndObject();
        await output.FlushAsync();
    }
}
