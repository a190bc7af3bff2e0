using System.Diagnostics.Metrics;
using Gateway.Router.Catalog;
using Gateway.Router.Cooldowns;
using Gateway.Router.Pipeline;
using Gateway.Router.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Router.Tests.Cooldowns;

public sealed class CooldownMetricsTests
{
    [Fact]
    public async Task Openings_states_and_panics_are_measured_with_configured_names_only()
    {
        await using var router = await RouterHost.StartAsync(TestConfig.For("http://127.0.0.1:9"));
        var factory = router.Services.GetRequiredService<IMeterFactory>();
        var seen = new List<(string Name, long Value, string Tags)>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Scope == factory && instrument.Name.StartsWith("gateway.", StringComparison.Ordinal))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => seen.Add((instrument.Name, value, Text(tags))));
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => seen.Add((instrument.Name, value, Text(tags))));
        listener.Start();

        var catalog = router.Services.GetRequiredService<ModelCatalog>().Current;
        var now = router.Services.GetRequiredService<RouterClock>().Now;
        var named = catalog.Resolve("gpt-test")!.Deployments[0];
        var invented = catalog.Resolve("up/invented")!.Deployments[0];
        for (var i = 0; i < 5; i++)
        {
            named.State.Failed(now);
            invented.State.Failed(now);
        }

        router.Services.GetRequiredService<CooldownMetrics>().Judged([named, invented], [Health.Ejected, Health.Panic]);
        listener.RecordObservableInstruments();
        Assert.Equal(
        [
            ("gateway.cooldown.openings", 1, "gateway.deployment=up/real-model gateway.reason=failures_in_a_row"),
            ("gateway.cooldown.openings", 1, "gateway.deployment=up/* gateway.reason=failures_in_a_row"),
            ("gateway.cooldown.ejections", 1, "gateway.deployment=up/real-model"),
            ("gateway.cooldown.panics", 1, "gateway.deployment=up/*"),
        ], seen.Where(static one => one.Name.StartsWith("gateway.cooldown", StringComparison.Ordinal)));
        Assert.Equal([("gateway.deployment.state", 3, "gateway.deployment=up/real-model")], seen.Where(static one => one.Name == "gateway.deployment.state"));
        Assert.Equal([("gateway.routers", 1, "")], seen.Where(static one => one.Name == "gateway.routers"));
        Assert.Equal(
            ["Deployment up/real-model is open for", "Deployment up/invented is open for"],
            router.Logs.Lines.Where(static line => line.EventId == 3600).Select(static line => line.Message[..(line.Message.IndexOf("for", StringComparison.Ordinal) + 3)]));
    }

    private static string Text(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var text = new List<string>();
        foreach (var (name, value) in tags)
        {
            text.Add($"{name}={value}");
        }

        return string.Join(' ', text);
    }
}
