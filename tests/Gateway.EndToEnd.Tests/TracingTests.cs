using System.Net;
using System.Text;
using Gateway.EndToEnd.Tests.Telemetry;

namespace Gateway.EndToEnd.Tests;

/// <summary>One trace shows a request's way through the gateway, and nothing of it reaches the provider.</summary>
public sealed class TracingTests
{
    private const string Prompt = "a prompt that no trace may hold";

    private const string Config = """
        version: 1
        server: { admin_key: "${GATEWAY_ADMIN_KEY}" }
        providers:
          broken: { protocol: openai, base_url: "${SIMULATOR_URL}/v1", keys: [sim-key-broken], internal: true }
          sim:    { protocol: openai, base_url: "${SIMULATOR_URL}/v1", keys: [sim-key-1], internal: true }
        models:
          gpt-4o:
            deployments:
              - { provider: broken, model: sim-large, order: 1, price: { input: 2.50, output: 10.00 } }
              - { provider: sim, model: sim-large, order: 2, price: { input: 2.50, output: 10.00 } }
        moderation:
          policies:
            numbers: { mode: required, input: [ { check: regex, pattern: "[0-9]{4}-[0-9]{4}", action: redact, replacement: "[number]" } ] }
        keys:
          - { id: demo, secret: "${GATEWAY_DEMO_KEY}", models: ["*"], moderation: numbers, budget: { usd: 5, window: day } }
        """;

    [Fact]
    public async Task OneRequest_IsOneTrace_OverEdgeAndRouter_WithoutItsContent()
    {
        await using var collector = await TraceCollector.StartAsync();
        await using var rig = await GatewayRig.StartAsync(new RigOptions { Redis = false, Environment = collector.Environment });
        using var client = rig.Client();

        using var response = await client.PostAsync("/v1/chat/completions", Chat(Prompt));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await collector.UntilAsync(() => collector.TracesOf("Gateway.Edge").Overlaps(collector.TracesOf("Gateway.Router")));
        // The provider has a trace of its own: internal ids are none of its business.
        Assert.False(collector.TracesOf("Gateway.Router").Overlaps(collector.TracesOf("Gateway.Simulator")));
        AssertNowhere(collector, Prompt);
        Assert.Contains(collector.Bodies, static body => body.AsSpan().IndexOf("/v1/chat/completions"u8) >= 0);
    }

    [Fact]
    public async Task A_request_with_a_retry_and_moderation_shows_every_step_and_its_record_on_the_way_to_the_ledger()
    {
        await using var collector = await TraceCollector.StartAsync();
        await using var rig = await GatewayRig.StartAsync(new RigOptions { Config = Config, Environment = collector.Environment });
        using var client = rig.Client();
        await CountersAreMadeAsync(client);
        await rig.ControlAsync(0, """{"rules":[{"credential":"sim-key-broken","directives":"status=503"}]}""");

        using var response = await client.PostAsync("/v1/chat/completions", Chat($"[sim echo] {Prompt} 1234-5678"));
        var answer = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, answer);
        Assert.Equal((HttpStatusCode.OK, "2"), (response.StatusCode, response.Headers.GetValues("x-gateway-attempts").Single()));
        var id = response.Headers.GetValues("x-gateway-request-id").Single();

        await collector.UntilAsync(() => Trace().Select(static span => span.Name).Contains("settle budgets") && Trace().Any(static span => span.Service == "Gateway.Edge")
            && Trace().Any(static span => span.Service == "Gateway.Moderation") && Shipments().Any(span => collector.TracesOf("Gateway.Usage").Contains(span.TraceId)));
        var trace = Trace();
        var door = Assert.Single(trace, static span => span.Service == "Gateway.Edge" && span.ParentId.Length == 0);
        Assert.Equal(id, door.Tag("gateway.request.id"));
        var router = Assert.Single(trace, static span => span is { Service: "Gateway.Router", Kind: 2 });
        var attempts = trace.Where(static span => span.Name == "chat sim-large").OrderBy(static span => span.Tag("gateway.attempt")).ToList();
        Assert.Equal(2, attempts.Count);
        Assert.All(attempts, attempt => Assert.Equal((3, router.SpanId, "chat", "openai", "127.0.0.1", id), (
            attempt.Kind, attempt.ParentId, attempt.Tag("gen_ai.operation.name"), attempt.Tag("gen_ai.provider.name"), attempt.Tag("server.address"), attempt.Tag("gateway.request.id"))));
        Assert.Equal((true, "broken/sim-large", "503"), (attempts[0].IsError, attempts[0].Tag("gateway.deployment"), attempts[0].Tag("http.response.status_code")));
        Assert.False(string.IsNullOrEmpty(attempts[0].Tag("error.type")));
        Assert.Equal((false, "sim/sim-large", null), (attempts[1].IsError, attempts[1].Tag("gateway.deployment"), attempts[1].Tag("error.type")));
        Assert.True(long.Parse(attempts[1].Tag("gen_ai.usage.input_tokens")!, System.Globalization.CultureInfo.InvariantCulture) > 0);
        Assert.Equal("sim-large", attempts[1].Tag("gen_ai.response.model"));

        var moderation = Assert.Single(trace, static span => span.Name == "moderate input");
        Assert.Equal(("numbers", "redact", router.SpanId), (moderation.Tag("gateway.moderation.policy"), moderation.Tag("gateway.moderation.answer"), moderation.ParentId));
        Assert.Contains(trace, static span => span is { Service: "Gateway.Moderation", Kind: 2 });
        var record = Assert.Single(trace, static span => span.Name == "record usage");
        Assert.Equal(("completed", "2"), (record.Tag("gateway.ending"), record.Tag("gateway.attempts")));
        Assert.Equal(router.SpanId, Assert.Single(trace, static span => span.Name == "settle budgets").ParentId);

        // The shipment is a trace of its own: it carries the records of many requests.
        Assert.DoesNotContain(door.TraceId, Shipments().Select(static span => span.TraceId));
        Assert.All(collector.Spans, static span => Assert.DoesNotContain(span.Tags, static tag => tag.Key.Contains("messages", StringComparison.Ordinal) || tag.Key.StartsWith("gen_ai.prompt", StringComparison.Ordinal)));
        AssertNowhere(collector, Prompt, "1234-5678", "[number]", answer[..40], "sim-key-1", "sim-key-broken", GatewayRig.DemoKey);

        List<OtlpSpan> Trace() => [.. collector.Spans.Where(span => collector.Spans.Any(other => other.Tag("gateway.request.id") == id && other.TraceId == span.TraceId))];

        IEnumerable<OtlpSpan> Shipments() => collector.Spans.Where(span => span.Name == "ship usage" && span.LinkedTraces.Intersect(Trace().Select(static step => step.TraceId)).Any());
    }

    /// <summary>After its start the gateway first makes the counters of budgets in the shared store.</summary>
    private static async Task CountersAreMadeAsync(HttpClient client)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        while (true)
        {
            using var response = await client.PostAsync("/v1/chat/completions", Chat("hello"));
            if (response.IsSuccessStatusCode)
            {
                return;
            }

            await tick.WaitForNextTickAsync(deadline.Token);
        }
    }

    private static StringContent Chat(string prompt) =>
        new($$"""{"model":"gpt-4o","messages":[{"role":"user","content":"{{prompt}}"}]}""", Encoding.UTF8, "application/json");

    /// <summary>Neither in traces nor in logs nor in metrics.</summary>
    private static void AssertNowhere(TraceCollector collector, params string[] texts) =>
        Assert.All(texts, text => Assert.DoesNotContain(collector.Bodies, body => body.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0));
}
