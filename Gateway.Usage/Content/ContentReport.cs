using System.Globalization;
using Gateway.Core.Configuration;
using Gateway.Core.Errors;
using Gateway.Usage.Reports;

namespace Gateway.Usage.Content;

/// <summary><c>GET /admin/v1/requests/ID/content</c>: what was kept of one request, for operators. Thread-safe.</summary>
internal sealed class ContentReport(ReportDoor door, IContentStore store, IConfigStore config, TimeProvider time)
{
    public const string Path = "/admin/v1/requests/{id}/content";

    public Task ShowAsync(HttpContext context) => door.AnswerAsync(context, AnswerAsync);

    private async Task AnswerAsync(HttpContext context)
    {
        new ReportParameters(context.Request.Query).Allow(filtered: false);
        var text = (string)context.Request.RouteValues["id"]!;
        if (!Guid.TryParseExact(text, "D", out var id))
        {
            throw ReportParameters.Bad("id", $"'{ReportParameters.Shown(text)}' is no id of a request. It is what x-gateway-request-id said, for example 019a0000-0000-7000-8000-000000000000.");
        }

        // Of this moment: who shortens the time means what is there, too.
        var retention = config.Current.Config.Usage.CaptureRetention;
        var oldest = time.GetUtcNow() - retention;
        var found = ContentDays.TimeOf(id) < oldest ? null : await store.FindAsync(id, context.RequestAborted);
        if (found is not { } entry || entry.Head.TimeUnixMs < oldest.ToUnixTimeMilliseconds())
        {
            throw new GatewayException(GatewayErrorKind.RequestNotFound, found is not null || ContentDays.TimeOf(id) < oldest ? Over(retention) : Nothing(id), "id");
        }

        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.ContentLength = entry.Payload.Length;
        await context.Response.Body.WriteAsync(entry.Payload, context.RequestAborted);
    }

    private static string Over(TimeSpan retention) => string.Create(
        CultureInfo.InvariantCulture, $"The content of requests is kept for {retention.TotalDays:0.##} days (usage.capture_retention); the time of this one is over.");

    private static string Nothing(Guid id) =>
        $"No content of request {id} was kept. Content is kept of requests whose key, path or usage.capture says so when they arrive, a few seconds after their end; it is lost where Usage was away for long.";
}
