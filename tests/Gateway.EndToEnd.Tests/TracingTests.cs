using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gateway.EndToEnd.Tests;

/// <summary>One trace shows a request's way through Edge and Router, and nothing of it reaches the provider.</summary>
public sealed class TracingTests
{
    private const string Prompt = "a prompt that no trace may hold";

    [Fact]
    public async Task OneRequest_IsOneTrace_OverEdgeAndRouter_WithoutItsContent()
    {
        await using var collector = await Collector.StartAsync();
        await using var rig = await GatewayRig.StartAsync(new RigOptions
        {
            Redis = false,
            Environment = new Dictionary<string, string?>
            {
                ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Url,
                ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
                ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
                // The host sets this in development; the gateway must not listen to it.
                ["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = "true",
            },
        });
        using var client = rig.Client();
        using var content = new StringContent($$"""{"model":"gpt-4o","messages":[{"role":"user","content":"{{Prompt}}"}]}""", Encoding.UTF8, "application/json");

        using var response = await client.PostAsync("/v1/chat/completions", content);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await collector.UntilAsync(() => collector.TracesOf("Gateway.Edge").Overlaps(collector.TracesOf("Gateway.Router")));
        // The provider has a trace of its own: internal ids are none of its business.
        Assert.False(collector.TracesOf("Gateway.Router").Overlaps(collector.TracesOf("Gateway.Simulator")));
        Assert.DoesNotContain(collector.Bodies, body => body.AsSpan().IndexOf(Encoding.UTF8.GetBytes(Prompt)) >= 0);
        Assert.Contains(collector.Bodies, body => body.AsSpan().IndexOf("/v1/chat/completions"u8) >= 0);
    }

    /// <summary>A collector that keeps what it is sent. Traces are read by the two tags every span begins with.</summary>
    private sealed class Collector(WebApplication app) : IAsyncDisposable
    {
        private readonly ConcurrentQueue<byte[]> _bodies = new();

        public string Url { get; private set; } = "";

        public IEnumerable<byte[]> Bodies => _bodies;

        public static async Task<Collector> StartAsync()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            var collector = new Collector(builder.Build());
            await collector.RunAsync();
            return collector;
        }

        /// <summary>Ids of the traces that a service has exported spans of.</summary>
        public HashSet<string> TracesOf(string service)
        {
            var ids = new HashSet<string>(StringComparer.Ordinal);
            foreach (var body in _bodies)
            {
                if (body.AsSpan().IndexOf(Encoding.UTF8.GetBytes(service)) < 0)
                {
                    continue;
                }

                // Span: trace_id = 1 (16 bytes), span_id = 2 (8 bytes).
                for (var i = 0; i + 20 <= body.Length; i++)
                {
                    if (body[i] == 0x0A && body[i + 1] == 16 && body[i + 18] == 0x12 && body[i + 19] == 8)
                    {
                        ids.Add(Convert.ToHexStringLower(body.AsSpan(i + 2, 16)));
                    }
                }
            }

            return ids;
        }

        public async Task UntilAsync(Func<bool> condition)
        {
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
            while (!condition())
            {
                await tick.WaitForNextTickAsync(deadline.Token);
            }
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();

        private async Task RunAsync()
        {
            app.MapPost("/v1/traces", async (HttpContext context) =>
            {
                using var memory = new MemoryStream();
                await context.Request.Body.CopyToAsync(memory);
                _bodies.Enqueue(memory.ToArray());
            });
            app.MapPost("/v1/{signal}", () => Results.Ok());
            await app.StartAsync();
            Url = app.Services.GetService(typeof(Microsoft.AspNetCore.Hosting.Server.IServer)) is Microsoft.AspNetCore.Hosting.Server.IServer server
                ? server.Features.Get<IServerAddressesFeature>()!.Addresses.First()
                : throw new InvalidOperationException("The collector has no address.");
        }
    }
}
