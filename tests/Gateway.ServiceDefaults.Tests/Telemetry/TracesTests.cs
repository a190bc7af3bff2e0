using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace Gateway.ServiceDefaults.Tests.Telemetry;

public sealed class TracesTests
{
    // Nobody listens there: what matters is what would have been sent.
    private static readonly (string, string?) Exporting = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1");

    [Theory]
    [InlineData("/things/7?key=secret&x", "GET /things/{id}", "/things/{id}", 418, ActivityStatusCode.Unset)]
    [InlineData("/broken", "GET /broken", "/broken", 503, ActivityStatusCode.Error)]
    [InlineData("/nowhere", "GET", null, 404, ActivityStatusCode.Unset)]
    public async Task ServerSpan_OfARequest_HasNameRouteAndStatus(string target, string name, string? route, int code, ActivityStatusCode status)
    {
        var spans = new Spans();
        await using var service = await TestService.StartAsync(spans.Collect, MapThings, Exporting);

        await service.Http.GetAsync(target);

        var span = await spans.ServerSpanAsync();
        Assert.Equal(name, span.DisplayName);
        Assert.Equal(route, span.GetTagItem("http.route"));
        Assert.Equal(code, span.GetTagItem("http.response.status_code"));
        Assert.Equal("GET", span.GetTagItem("http.request.method"));
        Assert.Equal(target.Split('?')[0], span.GetTagItem("url.path"));
        Assert.Equal(status, span.Status);
    }

    [Fact]
    public async Task ServerSpan_OfARequestWithAKeyInTheQuery_DoesNotHaveTheKey()
    {
        var spans = new Spans();
        await using var service = await TestService.StartAsync(spans.Collect, MapThings, Exporting);

        await service.Http.GetAsync("/things/7?key=secret");

        var span = await spans.ServerSpanAsync();
        Assert.Equal("?key=Redacted", span.GetTagItem("url.query"));
        Assert.DoesNotContain(span.TagObjects, static tag => tag.Value?.ToString()?.Contains("secret", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task ServerSpan_OfACallWithAParent_ContinuesItsTrace()
    {
        var spans = new Spans();
        await using var service = await TestService.StartAsync(spans.Collect, MapThings, Exporting);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/things/7");
        request.Headers.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");

        // A bare handler, so that no client span of our own comes between.
        using var http = new HttpMessageInvoker(new SocketsHttpHandler { ActivityHeadersPropagator = null });
        request.RequestUri = new Uri(service.Address, request.RequestUri!);
        using var response = await http.SendAsync(request, CancellationToken.None);

        Assert.Equal("0af7651916cd43dd8448eb211c80319c", (await spans.ServerSpanAsync()).TraceId.ToHexString());
    }

    [Theory]
    [InlineData("/health")]
    [InlineData("/ready")]
    [InlineData("/metrics")]
    public async Task ServerSpan_OfAProbe_IsNotExported(string probe)
    {
        var spans = new Spans();
        await using var service = await TestService.StartAsync(spans.Collect, MapThings, Exporting);

        await service.Http.GetAsync(probe);
        await service.Http.GetAsync("/things/7");

        // Spans of one server end in the order of its requests, so the probe's would have come first.
        Assert.Equal("GET /things/{id}", (await spans.ServerSpanAsync()).DisplayName);
    }

    [Fact]
    public async Task OwnSpan_OfAGatewaySource_IsExported()
    {
        using var source = new ActivitySource("Gateway.Test.Traces");
        var spans = new Spans();
        await using var service = await TestService.StartAsync(spans.Collect, settings: Exporting);

        source.StartActivity("attempt")!.Dispose();

        Assert.Contains(spans.All, static span => span.DisplayName == "attempt");
    }

    [Fact]
    public async Task Request_WithAnExporter_HasAnActivityThatIsRecorded()
    {
        await using var service = await TestService.StartAsync(map: MapThings, settings: Exporting);

        Assert.Equal("recorded", await service.Http.GetStringAsync("/activity"));
    }

    [Fact]
    public async Task Request_WithoutAnExporter_HasNoActivity()
    {
        await using var service = await TestService.StartAsync(static builder => builder.Logging.AddConsole(), MapThings);

        Assert.Equal("no", await service.Http.GetStringAsync("/activity"));
    }

    private static void MapThings(WebApplication app)
    {
        app.MapGet("/things/{id}", static (string id) => Results.StatusCode(418));
        app.MapGet("/broken", static () => Results.StatusCode(503));
        app.MapGet("/activity", static () => Activity.Current is not { } activity ? "no" : activity.Recorded ? "recorded" : "made for the log alone");
    }

    private sealed class Spans : BaseExporter<Activity>
    {
        private readonly TaskCompletionSource<Activity> _server = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ConcurrentQueue<Activity> All { get; } = new();

        public void Collect(WebApplicationBuilder builder) =>
            builder.Services.ConfigureOpenTelemetryTracerProvider(tracing => tracing.AddProcessor(new SimpleActivityExportProcessor(this)));

        // A span ends after its response: the client may be faster.
        public Task<Activity> ServerSpanAsync() => _server.Task.WaitAsync(TimeSpan.FromSeconds(30));

        public override ExportResult Export(in Batch<Activity> batch)
        {
            foreach (var span in batch)
            {
                All.Enqueue(span);
                if (span.Kind == ActivityKind.Server)
                {
                    _server.TrySetResult(span);
                }
            }
            return ExportResult.Success;
        }
    }
}
