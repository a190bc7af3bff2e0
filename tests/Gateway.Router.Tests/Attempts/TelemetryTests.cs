using System.Collections.Concurrent;
using System.Diagnostics;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Attempts;

public sealed class TelemetryTests
{
    [Fact]
    public async Task Attempt_IsTraced_OneSpanNamesModelAndUsageAndNoTraceIdReachesTheProvider()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = static _ => true,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync(Requests.Plain);

        // Listeners hear the whole process, other tests included: the request id tells ours.
        var id = router.Journal.Intents[0].RequestId.ToString();
        bool IsCall(Activity span) => span.Source.Name == "Gateway.Router" && span.Kind == ActivityKind.Client && id.Equals(span.GetTagItem("gateway.request.id"));
        bool IsRecord(Activity span) => span.DisplayName == "record usage" && id.Equals(span.GetTagItem("gateway.request.id"));

        // A span may end after its answer: the client may be faster.
        await Fleet.UntilAsync(() => spans.Any(IsCall) && spans.Any(IsRecord));
        var span = Assert.Single(spans, IsCall);
        Assert.Equal(("chat real-model", ActivityKind.Client), (span.DisplayName, span.Kind));
        Assert.Equal(("up", "up/real-model", 1, "127.0.0.1"), (span.GetTagItem("gateway.provider"), span.GetTagItem("gateway.deployment"), span.GetTagItem("gateway.attempt"), span.GetTagItem("server.address")));
        Assert.Equal(("openai", "real-model", "real-model-1"), (span.GetTagItem("gen_ai.provider.name"), span.GetTagItem("gen_ai.request.model"), span.GetTagItem("gen_ai.response.model")));
        Assert.Equal((10L, 5L, "completed"), (span.GetTagItem("gen_ai.usage.input_tokens"), span.GetTagItem("gen_ai.usage.output_tokens"), span.GetTagItem("gateway.ending")));
        Assert.DoesNotContain(span.TagObjects, static tag => tag.Value is string text && (text.Contains("hello", StringComparison.Ordinal) || text.Contains(TestConfig.Key, StringComparison.Ordinal)));
        var settled = Assert.Single(spans, IsRecord);
        Assert.Equal((span.TraceId, 70_000L, "completed"), (settled.TraceId, settled.GetTagItem("gateway.cost_nano_usd"), settled.GetTagItem("gateway.ending")));
        Assert.DoesNotContain(upstream.Seen[0].Headers.Keys, static name => name is "traceparent" or "tracestate" or "baggage" or "request-id" or "correlation-context");
    }

    [Fact]
    public async Task Ready_ModerationIsNotThere_RouterIsDegradedAndSaysSo()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var router = await RouterHost.StartAsync(TestConfig.For(upstream.Url), static builder => builder.Configuration["services:moderation:http:0"] = "http://127.0.0.1:1");

        using var response = await router.Client.GetAsync("/ready");

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Contains("\"moderation\":{\"status\":\"degraded\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }
}
