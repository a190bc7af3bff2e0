using System.Diagnostics.Metrics;
using Gateway.Core.Journal;
using Gateway.Router.Settlement;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Router.Tests.Settlement;

public sealed class UsageShipperTests : IDisposable
{
    private readonly SettlementFixture _fixture = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    public void Dispose()
    {
        _services.Dispose();
        _fixture.Dispose();
    }

    [Fact]
    public async Task Shipper_QuietTimes_ShipsAtTheFirstSyncWithoutFurtherWaiting()
    {
        await using var usage = await UsageStandIn.StartAsync();
        using var journal = _fixture.Open();
        using var shipper = Shipper(journal, usage, out _);
        await shipper.StartAsync(default);

        var ids = await SettlementFixture.AppendAsync(journal, 1);
        Assert.Equal(0, usage.Attempts);
        _fixture.Time.Advance(TimeSpan.FromMilliseconds(50));

        await usage.UntilAsync(() => usage.Finals.Count == 1);
        Assert.Equal(ids, usage.Finals);
        await shipper.StopAsync(default);
    }

    [Fact]
    public async Task Shipper_UsageAway_IsDegradedAndShipsAllWhenItIsBack()
    {
        await using var usage = await UsageStandIn.StartAsync();
        using var journal = _fixture.Open();
        using var shipper = Shipper(journal, usage, out var state);
        var health = new ShipperHealthCheck(journal, state);
        usage.IsAway = true;
        await shipper.StartAsync(default);
        var ids = await SettlementFixture.AppendAsync(journal, 20);
        for (var attempts = 1; attempts <= 5; attempts++)
        {
            var timers = attempts;
            await AdvanceUntilAsync(usage, () => usage.Attempts >= timers);
        }

        await AdvanceUntilAsync(usage, () => state.Failures >= 5);
        var result = await health.CheckHealthAsync(new HealthCheckContext());
        Assert.Equal(HealthStatus.Degraded, result.Status);
        Assert.Contains("40 wait", result.Description, StringComparison.Ordinal);
        Assert.True(journal.IsWritable);

        usage.IsAway = false;
        await AdvanceUntilAsync(usage, () => usage.Finals.Count == 20);
        await AdvanceUntilAsync(usage, () => journal.AcknowledgedSeq == 40 && state.Failures == 0);

        Assert.Equal(ids, usage.Finals);
        Assert.Equal(HealthStatus.Healthy, (await health.CheckHealthAsync(new HealthCheckContext())).Status);
        await shipper.StopAsync(default);
    }

    [Fact]
    public async Task Shipper_Stopped_ShipsWhatIsLeftAtOnce()
    {
        await using var usage = await UsageStandIn.StartAsync();
        using var journal = _fixture.Open();
        using var shipper = Shipper(journal, usage, out _);
        await shipper.StartAsync(default);
        var ids = await SettlementFixture.AppendAsync(journal, 1500);

        await shipper.StopAsync(default);

        Assert.Equal(ids, usage.Finals);
        Assert.Equal(3000, journal.AcknowledgedSeq);
    }

    [Fact]
    public async Task Shipper_StoppedWhileUsageIsAway_LeavesTheRestForTheNextStart()
    {
        await using var usage = await UsageStandIn.StartAsync();
        usage.IsAway = true;
        List<Guid> ids;
        using (var journal = _fixture.Open())
        {
            using var shipper = Shipper(journal, usage, out _);
            await shipper.StartAsync(default);
            ids = await SettlementFixture.AppendAsync(journal, 3);
            await shipper.StopAsync(default);
        }

        usage.IsAway = false;
        using var again = _fixture.Open();
        using var next = Shipper(again, usage, out _);
        await next.StartAsync(default);
        await usage.UntilAsync(() => usage.Finals.Count == 3);
        Assert.Equal(ids, usage.Finals);
        await next.StopAsync(default);
    }

    [Fact]
    public void Backoff_GrowsToItsLimitAndIsSpread()
    {
        var backoff = new ShipperBackoff(new Random(1));

        var waits = Enumerable.Range(1, 12).Select(backoff.After).ToArray();

        Assert.All(waits, static wait => Assert.InRange(wait, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(5)));
        Assert.InRange(waits[0], TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(100));
        Assert.InRange(waits[11], TimeSpan.FromSeconds(2.5), TimeSpan.FromSeconds(5));
        Assert.NotEqual(waits[10], waits[11]);
    }

    [Fact]
    public async Task Metrics_TellWhatWaits()
    {
        await using var usage = await UsageStandIn.StartAsync();
        using var journal = _fixture.Open();
        using var shipper = Shipper(journal, usage, out _);
        await SettlementFixture.AppendAsync(journal, 4);
        var seen = new Dictionary<string, double>();
        var meters = _services.GetRequiredService<IMeterFactory>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == "Gateway.Router.Settlement" && ReferenceEquals(instrument.Meter.Scope, meters))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => seen[instrument.Name] = value);
        listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => seen[instrument.Name] = value);
        listener.Start();

        listener.RecordObservableInstruments();

        Assert.Equal(8, seen["gateway.journal.appends"]);
        Assert.Equal(8, seen["gateway.journal.waiting"]);
        Assert.Equal(0, seen["gateway.journal.lag"]);
        Assert.InRange(seen["gateway.journal.room"], 0.9, 1);
    }

    private UsageShipper Shipper(UsageJournal journal, UsageStandIn usage, out ShipperState state)
    {
        state = new ShipperState(_fixture.Time);
        var metrics = new SettlementMetrics(_services.GetRequiredService<IMeterFactory>(), journal, state);
        return new UsageShipper(journal, usage.Client(), state, new ShipperBackoff(new Random(5)), metrics, _fixture.Time, NullLogger<UsageShipper>.Instance);
    }

    /// <summary>Lets time pass whenever somebody waits for it, until it is so.</summary>
    private async Task AdvanceUntilAsync(UsageStandIn usage, Func<bool> isSo)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!isSo())
        {
            deadline.Token.ThrowIfCancellationRequested();
            if (_fixture.Time.Armed > 0)
            {
                _fixture.Time.Advance(TimeSpan.FromSeconds(5));
            }

            await Task.Yield();
        }

        Assert.True(usage.Attempts > 0);
    }
}
