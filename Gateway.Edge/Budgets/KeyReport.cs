using System.Globalization;
using System.Text.Json.Nodes;
using Gateway.Core.Admission.Shared;
using Gateway.Core.Configuration;
using Gateway.Edge.VirtualKeys;

namespace Gateway.Edge.Budgets;

/// <summary>How the limits and budgets of a key stand at the moment, for its holder and for operators. Consumes nothing.</summary>
internal sealed class KeyReport(Admissions admissions, TimeProvider time)
{
    /// <summary>Members <c>limits</c>, <c>budgets</c> and <c>degraded</c>.</summary>
    public async ValueTask WriteAsync(JsonObject report, VirtualKey key, CancellationToken cancellationToken)
    {
        var scopes = key.Scopes;
        var charges = scopes.Charges.At(time.GetUtcNow());
        if (scopes.Plain is { } plain)
        {
            var decision = admissions.Peek(plain);
            var state = new LimitState(decision.Remaining + (decision.Admitted ? 1 : 0), decision.Admitted ? admissions.ResetOf(plain) : decision.ResetAfter, Exceeded: !decision.Admitted);
            report["limits"] = new JsonArray(Describe(scopes.All.Rules[0], state));
            report["budgets"] = new JsonArray();
            report["degraded"] = admissions.IsDegraded;
            return;
        }

        var answer = scopes.IsEmpty ? null : await admissions.PeekAsync(scopes, scopes.All, charges, cancellationToken);
        report["limits"] = new JsonArray([.. scopes.All.Rules.Select((rule, i) => Describe(rule, i < answer!.Limits.Count ? answer.Limits[i] : null))]);
        report["budgets"] = new JsonArray([.. charges.Charges.Select((charge, i) => Describe(charges.Owners[i], charges.Budgets[i], charge, i < answer!.Budgets.Count ? answer.Budgets[i] : null))]);
        report["degraded"] = admissions.IsDegraded || answer is { Degraded: true };
    }

    private static JsonObject Describe(LimitRule rule, LimitState? state) => new()
    {
        ["scope"] = AdmissionText.KindOf(rule.Scope),
        ["owner"] = AdmissionText.NameOf(rule.Scope),
        ["name"] = rule.Name,
        ["unit"] = AdmissionMetrics.WordOf(rule.Unit),
        ["models"] = AdmissionText.Pattern(rule) is { Length: > 0 } pattern ? pattern : null,
        ["limit"] = rule.Limit,
        ["window_seconds"] = rule.Unit == LimitUnit.Concurrency ? null : (long)rule.Window.TotalSeconds,
        ["burst"] = rule.Unit is LimitUnit.Requests or LimitUnit.Tokens ? rule.Burst : null,
        ["remaining"] = state?.Remaining,
        ["reset_seconds"] = state is { } known ? JsonNode.Parse(AdmissionText.Seconds(known.ResetAfter)) : null,
        ["shadow"] = rule.Shadow,
    };

    private static JsonObject Describe(string owner, BudgetConfig budget, BudgetCharge charge, BudgetState? state) => new()
    {
        ["scope"] = AdmissionText.KindOf(owner),
        ["owner"] = AdmissionText.NameOf(owner),
        ["window"] = AdmissionMetrics.WordOf(budget.Window),
        ["window_seconds"] = budget.Window == BudgetWindow.Rolling ? (long)budget.Length.TotalSeconds : null,
        ["mode"] = budget.Hard ? "hard" : "soft",
        ["limit_usd"] = AdmissionText.Usd(charge.LimitNanoUsd),
        ["spent_usd"] = state is { } spent ? AdmissionText.Usd(spent.SpentNanoUsd) : null,
        ["held_usd"] = state is { } held ? AdmissionText.Usd(held.HeldNanoUsd) : null,
        ["remaining_usd"] = state is { } left ? AdmissionText.Usd(AdmissionText.Remaining(in charge, in left)) : null,
        ["resets_at"] = charge.ResetsAt?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
    };
}
