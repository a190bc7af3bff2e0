using System.Diagnostics.Metrics;
using Gateway.Core.Admission.Shared;

namespace Gateway.Router.Budgets;

internal sealed class BudgetMetrics
{
    public const string MeterName = "Gateway.Router.Budgets";

    private readonly Counter<long> _settlements;
    private readonly Counter<long> _asked;

    public BudgetMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _settlements = meter.CreateCounter<long>("gateway.budget.settlements", unit: "{settlement}", description: "Ends of requests that were told to the shared state, by what became of them; dropped ones are left to the ledger.");
        _asked = meter.CreateCounter<long>("gateway.budget.reservations", unit: "{reservation}", description: "Money that was asked for beyond what the Edge held, by outcome.");
    }

    public void Settled(SettleOutcome outcome) => _settlements.Add(1, new KeyValuePair<string, object?>("gateway.outcome", outcome switch
    {
        SettleOutcome.Settled => "settled",
        SettleOutcome.Repeated => "repeated",
        SettleOutcome.Late => "late",
        SettleOutcome.Rebuilding => "rebuilding",
        SettleOutcome.Forgotten => "forgotten",
    }));

    public void Dropped() => _settlements.Add(1, new KeyValuePair<string, object?>("gateway.outcome", "dropped"));

    public void Asked(string outcome) => _asked.Add(1, new KeyValuePair<string, object?>("gateway.outcome", outcome));
}
