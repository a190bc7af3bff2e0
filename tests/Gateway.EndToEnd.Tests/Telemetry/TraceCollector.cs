using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.EndToEnd.Tests.Telemetry;

/// <summary>A collector of OpenTelemetry that keeps what it is sent: spans as they are, and the bytes of everything.</summary>
internal sealed class TraceCollector(WebApplication app) : IAsyncDisposable
{
    private readonly ConcurrentQueue<byte[]> _bodies = new();
    private readonly ConcurrentQueue<OtlpSpan> _spans = new();

    public string Url { get; private set; } = "";

    /// <summary>Traces, logs and metrics.</summary>
    public IEnumerable<byte[]> Bodies => _bodies;

    public IReadOnlyList<OtlpSpan> Spans => [.. _spans];

    /// <summary>What a service needs in its environment to export here, quickly.</summary>
    public Dictionary<string, string?> Environment => new()
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = Url,
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
        ["OTEL_BLRP_SCHEDULE_DELAY"] = "200",
        ["OTEL_METRIC_EXPORT_INTERVAL"] = "1000",
        // The host sets the first in development; the gateway must listen to none of them.
        ["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = "true",
        ["OTEL_GENAI_CAPTURE_MESSAGE_CONTENT"] = "true",
        ["OTEL_SEMCONV_STABILITY_OPT_IN"] = "gen_ai_latest_experimental",
    };

    public static async Task<TraceCollector> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var collector = new TraceCollector(builder.Build());
        await collector.RunAsync();
        return collector;
    }

    /// <summary>Ids of the traces that a service has exported spans of.</summary>
    public HashSet<string> TracesOf(string service) => [.. _spans.Where(span => span.Service == service).Select(static span => span.TraceId)];

    public async Task UntilAsync(Func<bool> condition)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!condition())
        {
            try
            {
                await tick.WaitForNextTickAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException("Not exported in time; there are: " + string.Join("; ", _spans.Select(static span => $"{span.Service} {span.Name} {span.TraceId[..6]}")));
            }
        }
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task RunAsync()
    {
        app.MapPost("/v1/{signal}", async (string signal, HttpContext context) =>
        {
            using var memory = new MemoryStream();
            await context.Request.Body.CopyToAsync(memory);
            var body = memory.ToArray();
            _bodies.Enqueue(body);
            foreach (var span in signal == "traces" ? OtlpSpan.Read(body) : [])
            {
                _spans.Enqueue(span);
            }
        });
        await app.StartAsync();
        Url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
    }
}
