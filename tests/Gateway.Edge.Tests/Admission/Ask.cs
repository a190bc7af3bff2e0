using Gateway.Core.Admission.Shared;

namespace Gateway.Edge.Tests.Admission;

/// <summary>Requests for admission as tests need them.</summary>
internal static class Ask
{
    public static LimitRule PerMinute(long limit, long burst, LimitUnit unit = LimitUnit.Requests) =>
        new("key:demo", unit is LimitUnit.Tokens ? "tokens/60" : "requests/60", unit, limit, TimeSpan.FromMinutes(1), burst, Shadow: false);

    public static LimitRule AtOnce(long limit) => new("key:demo", "concurrency", LimitUnit.Concurrency, limit, TimeSpan.Zero, limit, Shadow: false);

    public static BudgetCharge Budget(long limit, bool hard = true, string scope = "key:demo") => new(new BudgetSlot(scope + "|lifetime", 0), 1, limit, hard, null);

    public static AdmissionRequest For(params LimitRule[] limits) => new() { Organisation = "default", RequestId = Guid.CreateVersion7(), Limits = limits };

    /// <summary>A request that may cost <paramref name="bound"/>, whatever it answers.</summary>
    public static AdmissionRequest Paying(long bound, params BudgetCharge[] budgets) =>
        new() { Organisation = "default", RequestId = Guid.CreateVersion7(), Budgets = budgets, Bound = new MoneyBound(bound, bound, 0, 16, 16) };

    public static Hold HoldOf(AdmissionRequest request, AdmissionAnswer answer) => new(request.RequestId, request.Part, new AdmissionTicket
    {
        Organisation = request.Organisation,
        Budgets = [.. request.Budgets.Select(static charge => charge.Booking)],
        IsHard = request.Budgets.Any(static charge => charge.Hard),
        HeldNanoUsd = answer.HeldNanoUsd,
        Places = [.. request.Limits.Where(static rule => rule.Unit is LimitUnit.Concurrency).Select(static rule => rule.Id)],
        TokenRates = [.. request.Limits.Where(static rule => rule.Unit is LimitUnit.Tokens).Select(static rule => new TokenRate(rule.Id, rule.Limit, rule.Window))],
        ReservedTokens = request.Tokens,
    });
}
