using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Gateway.ServiceDefaults.Health;

/// <summary>
/// {"status":"ready|degraded|not_ready","checks":{"NAME":{"status":"...","detail":"..."}}}. Degraded answers 200: the service works
/// with less, and taking it out of rotation would make it worse.
/// </summary>
internal static class HealthReportWriter
{
    public static Task WriteReadyAsync(HttpResponse response, HealthReport report) =>
        WriteAsync(response, report.Status != HealthStatus.Unhealthy, Word(report.Status), report.Entries);

    public static Task WriteStoppingAsync(HttpResponse response) => WriteAsync(response, ok: false, Word(HealthStatus.Unhealthy),
        [new("shutdown", new HealthReportEntry(HealthStatus.Unhealthy, "stopping", TimeSpan.Zero, exception: null, data: null))]);

    public static Task WriteLiveAsync(HttpResponse response, bool live) => WriteAsync(response, live, live ? "live" : "not_live", checks: null);

    private static async Task WriteAsync(HttpResponse response, bool ok, string status, IEnumerable<KeyValuePair<string, HealthReportEntry>>? checks)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteString("status", status);
            if (checks is not null)
            {
                json.WriteStartObject("checks");
                foreach (var (name, entry) in checks)
                {
                    Write(json, name, entry);
                }
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        response.StatusCode = ok ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        response.ContentType = "application/json";
        response.ContentLength = body.WrittenCount;
        response.Headers.CacheControl = "no-store";
        await response.BodyWriter.WriteAsync(body.WrittenMemory);
    }

    private static void Write(Utf8JsonWriter json, string name, HealthReportEntry entry)
    {
        json.WriteStartObject(name);
        json.WriteString("status", Word(entry.Status));
        // The health service copies an exception's message into the description, and such messages name hosts and
        // connection strings. Only what a check itself chose to say leaves the process.
        var detail = entry.Exception switch
        {
            null => entry.Description,
            OperationCanceledException => "timed out",
            _ => "the check failed; see the log of this service",
        };
        if (!string.IsNullOrEmpty(detail))
        {
            json.WriteString("detail", detail);
        }
        json.WriteEndObject();
    }

    private static string Word(HealthStatus status) => status switch
    {
        HealthStatus.Healthy => "ready",
        HealthStatus.Degraded => "degraded",
        HealthStatus.Unhealthy => "not_ready",
    };
}
