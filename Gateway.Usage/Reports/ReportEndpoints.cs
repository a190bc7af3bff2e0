using System.Text.Json.Serialization.Metadata;
using Gateway.Core.Context;
using Gateway.Core.Errors;
using Gateway.Usage.Access;
using Gateway.Usage.Ledger;

namespace Gateway.Usage.Reports;

internal static class ReportEndpointExtensions
{
    public static WebApplicationBuilder AddReports(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<ReportEndpoints>();
        return builder;
    }

    /// <summary>Reports for operators.</summary>
    public static void MapReports(this WebApplication app)
    {
        var reports = app.Services.GetRequiredService<ReportEndpoints>();
        app.MapGet("/admin/v1/usage", reports.UsageAsync);
        app.MapGet("/admin/v1/requests", reports.RequestsAsync);
    }
}

/// <summary>Reads the parameters, asks the ledger, writes JSON.</summary>
internal sealed class ReportEndpoints(ContextGuard guard, ILedgerStore ledger)
{
    private const int DefaultLimit = 50;
    private const int MostPerPage = 1000;

    private static readonly Dictionary<string, UsageDimension> Dimensions = Enum.GetValues<UsageDimension>().ToDictionary(static value => value.ToString().ToLowerInvariant());
    private static readonly (string Name, UsageDimension Dimension)[] Filters = [("key", UsageDimension.Key), ("model", UsageDimension.Model)];
    private static readonly string DimensionNames = string.Join(", ", Dimensions.Keys);

    public Task UsageAsync(HttpContext context) => AnswerAsync(context, UsageJson.Default.UsageReport, ReadUsageAsync);

    public Task RequestsAsync(HttpContext context) => AnswerAsync(context, RequestsJson.Default.RequestsReport, ReadRequestsAsync);

    private async Task<UsageReport> ReadUsageAsync(HttpContext context)
    {
        var parameters = new ReportParameters(context.Request.Query).Allow("group", "from", "to");
        var groups = Groups(parameters.Text("group"));
        var (from, to) = parameters.Span();

        // Whole hours: an hour that the span touches counts in full.
        var query = new UsageQuery(groups, UsageGrouping.HourOf(from), to == long.MaxValue ? int.MaxValue : UsageGrouping.HourOf(to - 1) + 1);
        var sums = await ledger.SumAsync(query, context.RequestAborted);
        return new UsageReport
        {
            Groups = [.. sums.Groups.Select(group => ReportRows.Of(group.Sum, groups, group.Values))],
            Total = ReportRows.Of(sums.Total, [], []),
        };
    }

    private async Task<RequestsReport> ReadRequestsAsync(HttpContext context)
    {
        var parameters = new ReportParameters(context.Request.Query).Allow("limit", "cursor", "key", "model", "from", "to");
        var (from, to) = parameters.Span();
        var query = new RequestQuery(
            parameters.Number("limit", 1, MostPerPage, DefaultLimit),
            parameters.Text("cursor") is { } cursor ? RequestCursor.Read(cursor) : null,
            from,
            to,
            [.. Filters.Where(filter => parameters.Text(filter.Name) is not null).Select(filter => new UsageFilter(filter.Dimension, [parameters.Text(filter.Name)!]))]);
        var page = await ledger.ListAsync(query, context.RequestAborted);
        return new RequestsReport
        {
            Requests = [.. page.Requests.Select(static entry => ReportRows.Of(entry.Final))],
            Next = page.Next is { } next ? RequestCursor.Write(next) : null,
        };
    }

    private static List<UsageDimension> Groups(string? text)
    {
        var groups = new List<UsageDimension>();
        foreach (var name in (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!Dimensions.TryGetValue(name, out var dimension))
            {
                throw ReportParameters.Bad("group", $"'group' names '{name}'. It may list: {DimensionNames}.");
            }

            if (!groups.Contains(dimension))
            {
                groups.Add(dimension);
            }
        }

        return groups;
    }

    private async Task AnswerAsync<T>(HttpContext context, JsonTypeInfo<T> json, Func<HttpContext, Task<T>> read)
    {
        if (!await guard.AdmitAsync(context, ContextRole.Admin))
        {
            return;
        }

        try
        {
            var report = await read(context);
            context.Response.Headers.CacheControl = "no-store";
            await context.Response.WriteAsJsonAsync(report, json, contentType: null, context.RequestAborted);
        }
        catch (GatewayException refused)
        {
            await OpenAIErrorWriter.WriteAsync(context, refused.Error);
        }
    }
}
