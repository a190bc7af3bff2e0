using System.Diagnostics.Metrics;

namespace Gateway.Usage.Ledger;

/// <summary>What the ledger takes and what it does not. Refused and lost records are alarms.</summary>
internal sealed class LedgerMetrics
{
    public const string MeterName = "Gateway.Usage.Ledger";

    private readonly Meter _meter;
    private readonly Counter<long> _taken;
    private readonly Counter<long> _repeated;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _lost;

    public LedgerMetrics(IMeterFactory meters)
    {
        _meter = meters.Create(MeterName);
        _taken = _meter.CreateCounter<long>("gateway.ledger.taken", unit: "{record}", description: "Final records put into the ledger.");
        _repeated = _meter.CreateCounter<long>("gateway.ledger.repeated", unit: "{record}", description: "Records that the ledger already had.");
        _refused = _meter.CreateCounter<long>("gateway.ledger.refused", unit: "{record}", description: "Records that contradict the ledger or make no sense.");
        _lost = _meter.CreateCounter<long>("gateway.ledger.lost", unit: "{record}", description: "Records that a journal said it has lost.");
    }

    public void Watch(Func<long> requests) =>
        _meter.CreateObservableGauge("gateway.ledger.requests", requests, unit: "{request}", description: "Requests in the ledger.");

    public void Taken() => _taken.Add(1);

    public void Repeated() => _repeated.Add(1);

    public void Refused() => _refused.Add(1);

    public void Lost(long records) => _lost.Add(records);
}
