using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Gateway.Router.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Router.Tests.Telemetry;

/// <summary>What one Router measures, others in this process left out: a line for each series, with its sum or, for times, its count.</summary>
internal sealed class Measured : IDisposable
{
    private readonly MeterListener _listener;
    private readonly ConcurrentDictionary<string, double> _series = new(StringComparer.Ordinal);

    public Measured(RouterHost router)
    {
        var factory = router.Services.GetRequiredService<IMeterFactory>();
        _listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == "Gateway.Router" && ReferenceEquals(instrument.Meter.Scope, factory))
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, instrument is Histogram<double> ? 1 : value, tags));
        _listener.Start();
    }

    public void Dispose() => _listener.Dispose();

    /// <summary>Every series of an instrument as <c>name=value ... = sum</c>, in order.</summary>
    public string[] Of(string instrument)
    {
        _listener.RecordObservableInstruments();
        return [.. _series.Where(pair => pair.Key.StartsWith(instrument + ' ', StringComparison.Ordinal))
            .Select(pair => FormattableString.Invariant($"{pair.Key[(instrument.Length + 1)..]} = {pair.Value}")).Order(StringComparer.Ordinal)];
    }

    /// <summary>Waits for the ends of so many requests: they are measured after their clients have read the last byte.</summary>
    public async Task UntilAsync(int requests)
    {
        using var deadline = new CancellationTokenSource(RouterHost.Patience);
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (_series.Where(static pair => pair.Key.StartsWith("gen_ai.server.request.duration ", StringComparison.Ordinal)).Sum(static pair => pair.Value) < requests)
        {
            await tick.WaitForNextTickAsync(deadline.Token);
        }
    }

    /// <summary>Every series of every instrument that is about requests.</summary>
    public int Count()
    {
        _listener.RecordObservableInstruments();
        return _series.Count;
    }

    private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var name = instrument.Name;
        foreach (var (key, tag) in tags)
        {
            name += $" {key}={tag}";
        }

        // What is observed is a sum already.
        _series.AddOrUpdate(name, value, (_, before) => instrument.IsObservable ? value : before + value);
    }
}
