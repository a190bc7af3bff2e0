using System.Diagnostics;
using System.Diagnostics.Metrics;
using Gateway.Core.Admission.Shared;

namespace Gateway.Edge.Admission;

/// <summary>Instruments of admission at the Edge. No key, scope or organisation is ever a tag.</summary>
internal sealed class EdgeAdmissionMetrics
{
    public const string MeterName = "Gateway.Edge.Admission";
    public const string ByRedis = "redis";
    public const string ByMemory = "memory";
    public const string Locally = "local";
    public const string ByEscrow = "escrow";

    private readonly Counter<long> _decisions;
    private readonly Counter<long> _voids;
    private long _escrow;
    private int _edges = 1;
    private int _open;

    public EdgeAdmissionMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _decisions = meter.CreateCounter<long>(
            "gateway.edge.admission.decisions", "{decision}", "Admissions by outcome and by who decided: redis, memory (refused again without asking), local (no Redis), escrow (no Redis, money that was held before).");
        _voids = meter.CreateCounter<long>("gateway.edge.admission.voids_dropped", "{hold}", "Holds that could not be given back within a minute: they end with their lease.");
        meter.CreateObservableGauge("gateway.edge.admission.escrow", () => Volatile.Read(ref _escrow), "{nUSD}", "Money held for the time that Redis is away.");
        meter.CreateObservableGauge("gateway.edge.admission.edges", () => Volatile.Read(ref _edges), "{edge}", "Edges that limits are divided by while Redis is away.");
        meter.CreateObservableGauge("gateway.edge.admission.open_holds", () => Volatile.Read(ref _open), "{hold}", "Holds that this Edge alone counts.");
    }

    public void Decided(AdmissionOutcome outcome, string by)
    {
        if (_decisions.Enabled)
        {
            _decisions.Add(1, new TagList { { "gateway.outcome", Name(outcome) }, { "gateway.decided_by", by } });
        }
    }

    public void VoidDropped() => _voids.Add(1);

    public void SetEscrow(long nanoUsd) => Volatile.Write(ref _escrow, nanoUsd);

    public void SetEdges(int count) => Volatile.Write(ref _edges, count);

    public void SetOpen(int count) => Volatile.Write(ref _open, count);

    private static string Name(AdmissionOutcome outcome) => outcome switch
    {
        AdmissionOutcome.Admitted => "admitted",
        AdmissionOutcome.Limited => "limited",
        AdmissionOutcome.Unaffordable => "unaffordable",
        AdmissionOutcome.Rebuilding => "rebuilding",
        AdmissionOutcome.Void => "void",
    };
}
