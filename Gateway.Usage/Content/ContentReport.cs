using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Gateway.Core.Configuration;
using Gateway.Usage.Reports;

namespace Gateway.Usage.Content;

/// <summary><c>GET /admin/v1/requests/ID/content</c>: what was kept of one request, for operators. Thread-safe.</summary>
/// <remarks>Nothing is the usual answer and no error: a document of the level <c>none</c> says why.</remarks>
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
        var answer = found is { } entry && entry.Head.TimeUnixMs >= oldest.ToUnixTimeMilliseconds()
            ? entry.Payload
            : None(id, found is not null || ContentDays.TimeOf(id) < oldest ? Over(retention) : Nothing(id));
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.ContentLength = answer.Length;
        await context.Response.Body.WriteAsync(answer, context.RequestAborted);
    }

    private static ReadOnlyMemory<byte> None(Guid id, string reason)
    {
        var document = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(document);
        json.WriteStartObject();
        json.WriteString("id"u8, id);
        json.WriteString("level"u8, CaptureLevel.None.Word());
        json.WriteString("reason"u8, reason);
        json.WriteEndObject();
        json.Flush();
        return document.WrittenMemory;
    }

    private static string Over(TimeSpan retention) => string.Create(
        CultureInfo.InvariantCulture, $"The content of requests is kept for {retention.TotalDays:0.##} days (usage.capture_retention); the time of this one is over.");

    private static string Nothing(Guid id) =>
        $"No content of request {id} was kept. Content is kept of requests whose key, path or usage.capture says so when they arrive, a few seconds after their end; it is lost where Usage was away for long.";
}
