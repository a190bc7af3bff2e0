using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Gateway.ServiceDefaults.Tests.Telemetry;

public sealed class OtlpTests
{
    [Fact]
    public async Task Telemetry_WithAnOtlpEndpoint_SendsTracesMetricsAndLogs()
    {
        var received = new ConcurrentDictionary<string, string>();
        await using var collector = await TestService.StartAsync(map: app => app.MapPost("/v1/{signal}", async (string signal, HttpRequest request) =>
        {
            using var body = new StreamReader(request.Body, System.Text.Encoding.Latin1);
            received[signal] = await body.ReadToEndAsync();
        }));
        await using var service = await TestService.StartAsync(
            map: static app => app.MapGet("/work", static (ILogger<OtlpTests> log) => log.LogWarning("this was logged")),
            settings: [("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address.ToString()), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")]);

        await service.Http.GetAsync("/work");
        // The server's span ends after the response; the server's end waits for it.
        await service.App.StopAsync();
        // Flushing blocks, so not on a thread that the collector may need.
        await Task.Run(() =>
        {
            service.App.Services.GetRequiredService<TracerProvider>().ForceFlush();
            service.App.Services.GetRequiredService<MeterProvider>().ForceFlush();
            service.App.Services.GetRequiredService<LoggerProvider>().ForceFlush();
        });

        Assert.Contains("GET /work", received["traces"], StringComparison.Ordinal);
        Assert.Contains("http.server.request.duration", received["metrics"], StringComparison.Ordinal);
        Assert.Contains("this was logged", received["logs"], StringComparison.Ordinal);
        Assert.All(received.Values, static body => Assert.Contains("gateway-test", body, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Telemetry_WithoutAnOtlpEndpoint_MakesNoTracerAndNoLogger()
    {
        await using var app = TestService.Build(configure: null);

        Assert.Null(app.Services.GetService<TracerProvider>());
        Assert.Null(app.Services.GetService<LoggerProvider>());
    }
}
