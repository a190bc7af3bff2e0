using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Gateway.Core.Money;
using Gateway.Router.Catalog;

namespace Gateway.Router.Telemetry;

/// <summary>
/// Tokens and money by model and deployment. Sums are whole numbers, tokens and nano-USD, so that they agree with the ledger however many requests there were; a
/// fraction is made of them only when somebody looks. Thread-safe by interlocked adds.
/// </summary>
internal sealed class SpendCounters
{
    /// <summary>Models times deployments that documents have named since the start; what comes later is counted together.</summary>
    public const int MostSeries = 1000;

    private const double NanoPerUsd = 1e9;

    private readonly ConcurrentDictionary<(string Model, string Deployment), Series> _series = new();
    private readonly Series _others = new(MetricNames.Other, MetricNames.Other, MetricNames.Other);

    public SpendCounters(IMeterFactory meters)
    {
        var meter = meters.Create(RouterTraces.Name);
        meter.CreateObservableCounter("llm.tokens", ObserveTokens, "{token}", "Tokens charged, by the deployment that had them; failed calls that were charged included.");
        meter.CreateObservableCounter("llm.cost", ObserveCost, "{USD}", "Money charged, in USD, by the deployment that it was spent on. The ledger is the truth; this agrees with it.");
    }

    /// <summary>Adds one call.</summary>
    /// <param name="model">What the client asked for; a bounded name.</param>
    public void Add(string model, Deployment deployment, in TokenUsage usage, long nanoUsd)
    {
        if (usage is not { Input: 0, Output: 0 } || nanoUsd != 0)
        {
            Of(model, deployment).Add(usage.Input, usage.Output, nanoUsd);
        }
    }

    private Series Of(string model, Deployment deployment)
    {
        if (_series.TryGetValue((model, deployment.MetricName), out var series))
        {
            return series;
        }

        return _series.Count >= MostSeries ? _others : _series.GetOrAdd(
            (model, deployment.MetricName), static (key, provider) => new Series(key.Model, key.Deployment, provider), deployment.GenAiProvider);
    }

    private IEnumerable<Series> All() => _series.Values.Append(_others).Where(static series => series.IsUsed);

    private IEnumerable<Measurement<long>> ObserveTokens()
    {
        foreach (var series in All())
        {
            yield return new(series.Input, series.Tags("input"));
            yield return new(series.Output, series.Tags("output"));
        }
    }

    private IEnumerable<Measurement<double>> ObserveCost() => All().Select(static series => new Measurement<double>(series.NanoUsd / NanoPerUsd, series.Tags(type: null)));

    private sealed class Series(string model, string deployment, string provider)
    {
        private long _input;
        private long _output;
        private long _nanoUsd;
        private volatile bool _isUsed;

        public bool IsUsed => _isUsed;

        public long Input => Volatile.Read(ref _input);

        public long Output => Volatile.Read(ref _output);

        public long NanoUsd => Volatile.Read(ref _nanoUsd);

        public void Add(long input, long output, long nanoUsd)
        {
            Interlocked.Add(ref _input, input);
            Interlocked.Add(ref _output, output);
            Interlocked.Add(ref _nanoUsd, nanoUsd);
            _isUsed = true;
        }

        public KeyValuePair<string, object?>[] Tags(string? type)
        {
            KeyValuePair<string, object?>[] tags = [new("model", model), new("provider", provider), new("deployment", deployment)];
            return type is null ? tags : [.. tags, new("type", type)];
        }
    }
}
