using System.Diagnostics.Metrics;

namespace Gateway.Usage.Budgets;

/// <summary>How the counters of budgets stand to the ledger. Thread-safe.</summary>
internal sealed class BudgetMetrics
{
    public const string MeterName = "Gateway.Usage.Budgets";

    private readonly Counter<long> _rebuilt;
    private readonly Counter<long> _settled;
    private readonly Counter<long> _voided;
    private readonly Counter<long> _alarms;
    private readonly Counter<long> _alerts;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (long Behind, long Ahead)> _drift = new(StringComparer.Ordinal);

    public BudgetMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _rebuilt = meter.CreateCounter<long>("gateway.budget.rebuilds", unit: "{rebuild}", description: "Times that the counters of an organisation were made again from the ledger.");
        _settled = meter.CreateCounter<long>("gateway.budget.settled", unit: "{hold}", description: "Holds or requests that Usage settled in the place of a Router.");
        _voided = meter.CreateCounter<long>("gateway.budget.voided", unit: "{hold}", description: "Holds without an owner that Usage gave back.");
        _alarms = meter.CreateCounter<long>("gateway.budget.alarms", unit: "{alarm}", description: "Times that counters and ledger contradicted each other.");
        _alerts = meter.CreateCounter<long>("gateway.budget.alerts", unit: "{alert}", description: "Alerts of budgets, by what became of the webhook's call.");
        meter.CreateObservableGauge("gateway.budget.drift_nano_usd", Observe, unit: "{nano_usd}", description: "Money that the counters lack (behind) or have beyond (ahead) the ledger at the last comparison.");
    }

    public void Rebuilt() => _rebuilt.Add(1);

    public void Settled(int count) => _settled.Add(count);

    public void Voided(int count) => _voided.Add(count);

    public void Alarm() => _alarms.Add(1);

    /// <param name="outcome"><c>sent</c>, <c>failed</c>, <c>dropped</c> or <c>logged</c>.</param>
    public void Alert(string outcome) => _alerts.Add(1, new KeyValuePair<string, object?>("gateway.outcome", outcome));

    public void Drift(string organisation, long behind, long ahead)
    {
        lock (_lock)
        {
            _drift[organisation] = (behind, ahead);
        }
    }

    // Over all organisations: their number is not bounded.
    private IEnumerable<Measurement<long>> Observe()
    {
        Int128 behind = 0;
        Int128 ahead = 0;
        lock (_lock)
        {
            foreach (var drift in _drift.Values)
            {
                (behind, ahead) = (behind + drift.Behind, ahead + drift.Ahead);
            }
        }

        return
        [
            new((long)Int128.Min(behind, long.MaxValue), new KeyValuePair<string, object?>("gateway.side", "behind")),
            new((long)Int128.Min(ahead, long.MaxValue), new KeyValuePair<string, object?>("gateway.side", "ahead")),
        ];
    }
}
