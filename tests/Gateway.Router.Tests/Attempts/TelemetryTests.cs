using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Gateway.Router.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

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
        var id = router.Journal.Intents[0].RequestId.ToString("N");
        var span = Assert.Single(spans, span => span.Source.Name == "Gateway.Router" && id.Equals(span.GetTagItem("gateway.request.id")));
        Assert.Equal(("chat real-model", ActivityKind.Client), (span.DisplayName, span.Kind));
        Assert.Equal(("up", "real-model", "real-model-1"), (span.GetTagItem("gen_ai.provider.name"), span.GetTagItem("gen_ai.request.model"), span.GetTagItem("gen_ai.response.model")));
        Assert.Equal((10L, 5L, "completed"), (span.GetTagItem("gen_ai.usage.input_tokens"), span.GetTagItem("gen_ai.usage.output_tokens"), span.GetTagItem("gateway.ending")));
        Assert.DoesNotContain(span.TagObjects, static tag => tag.Value is string text && (text.Contains("hello", StringComparison.Ordinal) || text.Contains(TestConfig.Key, StringComparison.Ordinal)));
        Assert.DoesNotContain(upstream.Seen[0].Headers.Keys, static name => name is "traceparent" or "tracestate" or "baggage" or "request-id" or "correlation-context");
    }

    [Fact]
    public async Task Requests_AreMeasured_WithFewTags()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        var config = TestConfig.For(upstream.Url) with { Resolve = new() { DefaultProvider = "up" } };
        await using var router = await RouterHost.StartAsync(config);
        var factory = router.Services.GetRequiredService<IMeterFactory>();
        var measured = new ConcurrentDictionary<string, double>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == "Gateway.Router" && ReferenceEquals(instrument.Meter.Scope, factory))
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, 1, tags));
        listener.Start();

        using var first = await router.SendAsync(Requests.Plain);
        using var second = await router.SendAsync(Requests.Plain.Replace("gpt-test", "any-name-of-a-client", StringComparison.Ordinal));
        await router.DisposeAsync();

        Assert.Equal(
            [
                "gateway.tokens gen_ai.token.type=input gateway.deployment=up/* = 10",
                "gateway.tokens gen_ai.token.type=input gateway.deployment=up/real-model = 10",
                "gateway.tokens gen_ai.token.type=output gateway.deployment=up/* = 5",
                "gateway.tokens gen_ai.token.type=output gateway.deployment=up/real-model = 5",
                "gateway.upstream.attempts gateway.deployment=up/* gateway.ending=completed = 1",
                "gateway.upstream.attempts gateway.deployment=up/real-model gateway.ending=completed = 1",
                "gen_ai.server.request.duration gen_ai.operation.name=chat gateway.deployment=up/* gateway.ending=completed = 1",
                "gen_ai.server.request.duration gen_ai.operation.name=chat gateway.deployment=up/real-model gateway.ending=completed = 1",
                "gen_ai.server.time_to_first_token gen_ai.operation.name=chat gateway.deployment=up/* = 1",
                "gen_ai.server.time_to_first_token gen_ai.operation.name=chat gateway.deployment=up/real-model = 1",
            ],
            measured.Select(static pair => $"{pair.Key} = {pair.Value}").Order(StringComparer.Ordinal));

        void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var name = instrument.Name;
            foreach (var (key, tag) in tags)
            {
                name += $" {key}={tag}";
            }

            measured.AddOrUpdate(name, value, (_, before) => before + value);
        }
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
