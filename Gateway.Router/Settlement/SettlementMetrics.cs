using System.Diagnostics.Metrics;
using Gateway.Core.Journal;

namespace Gateway.Router.Settlement;

/// <summary>Asked for when somebody looks; costs requests nothing.</summary>
internal sealed class SettlementMetrics
{
    public const string MeterName = "Gateway.Router.Settlement";

    public SettlementMetrics(IMeterFactory meters, UsageJournal journal, ShipperState shipper)
    {
        var meter = meters.Create(MeterName);
        var first = journal.Log.LastSeq;
        meter.CreateObservableCounter("gateway.journal.appends", () => journal.Log.LastSeq - first, unit: "{record}", description: "Records written since the start.");
        meter.CreateObservableGauge("gateway.journal.unshipped", () => journal.Room.UnshippedBytes, unit: "By", description: "Bytes that wait for the Usage service.");
        meter.CreateObservableGauge("gateway.journal.room", () => journal.Room.Share, unit: "1", description: "Share of the journal's room that is left; below 0.05 nothing billable is served.");
        meter.CreateObservableGauge("gateway.journal.lag", () => shipper.Lag.TotalSeconds, unit: "s", description: "Time since the ledger last held every record of this journal.");
        meter.CreateObservableGauge("gateway.journal.waiting", () => journal.Log.LastSeq - journal.AcknowledgedSeq, unit: "{record}", description: "Records that the ledger has not acknowledged.");
    }
}
