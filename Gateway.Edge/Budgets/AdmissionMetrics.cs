using System.Diagnostics;
using System.Diagnostics.Metrics;
using Gateway.Core.Admission.Shared;
using Gateway.Core.Configuration;

namespace Gateway.Edge.Budgets;

/// <summary>Instruments of admission by limits and budgets. No key, owner or user is ever a tag.</summary>
internal sealed class AdmissionMetrics
{
    private readonly Counter<long> _admissions;
    private readonly Counter<long> _shadow;
    private readonly Counter<long> _budgets;
    private readonly Counter<long> _fallbacks;

    public AdmissionMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(EdgeMetrics.MeterName);
        _admissions = meter.CreateCounter<long>("gateway.edge.admissions", "{decision}", "Decisions on requests with limits or budgets, by outcome and by the unit of what refused (none, requests, tokens, concurrency, sessions, usd).");
        _shadow = meter.CreateCounter<long>("gateway.edge.shadow_limits", "{decision}", "Limits in shadow mode that would have refused, by unit.");
        _budgets = meter.CreateCounter<long>("gateway.edge.budget.refusals", "{request}", "Requests that a hard budget refused, by kind of owner and window.");
        _fallbacks = meter.CreateCounter<long>("gateway.edge.budget.fallbacks", "{request}", "Requests that another model answers because a budget did not suffice.");
    }

    public static string WordOf(LimitUnit unit) => unit switch
    {
        LimitUnit.Requests => "requests",
        LimitUnit.Tokens => "tokens",
        LimitUnit.Concurrency => "concurrency",
        LimitUnit.Sessions => "sessions",
    };

    public static string WordOf(BudgetWindow window) => window switch
    {
        BudgetWindow.Day => "day",
        BudgetWindow.Week => "week",
        BudgetWindow.Month => "month",
        BudgetWindow.Rolling => "rolling",
        BudgetWindow.Lifetime => "lifetime",
    };

    public void Decided(AdmissionOutcome outcome, string unit)
    {
        if (_admissions.Enabled)
        {
            _admissions.Add(1, new TagList { { "gateway.outcome", WordOf(outcome) }, { "gateway.unit", unit } });
        }
    }

    public void WouldRefuse(LimitUnit unit)
    {
        if (_shadow.Enabled)
        {
            _shadow.Add(1, new TagList { { "gateway.unit", WordOf(unit) } });
        }
    }

    public void BudgetRefused(string ownerKind, BudgetWindow window) => _budgets.Add(1, new TagList { { "gateway.owner", ownerKind }, { "gateway.window", WordOf(window) } });

    public void FellBack() => _fallbacks.Add(1);

    private static string WordOf(AdmissionOutcome outcome) => outcome switch
    {
        AdmissionOutcome.Admitted => "admitted",
        AdmissionOutcome.Limited => "limited",
        AdmissionOutcome.Unaffordable => "unaffordable",
        AdmissionOutcome.Rebuilding => "rebuilding",
        AdmissionOutcome.Void => "void",
    };
}
