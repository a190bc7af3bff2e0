using Gateway.Core.Admission.Local;
using Gateway.Core.Admission.Shared;

namespace Gateway.Core.Tests.Admission.Local;

/// <summary>Requests, rules and budgets as tests of the local store need them.</summary>
internal static class LocalRequests
{
    public static LimitRule PerMinute(long limit, long burst, LimitUnit unit = LimitUnit.Requests, string scope = "key:demo", bool shadow = false) =>
        new(scope, unit is LimitUnit.Tokens ? "tokens/60" : "requests/60", unit, limit, TimeSpan.FromMinutes(1), burst, shadow);

    public static LimitRule AtOnce(long limit) => new("key:demo", "concurrency", LimitUnit.Concurrency, limit, TimeSpan.Zero, limit, Shadow: false);

    public static LimitRule SessionsInFiveMinutes(long limit) => new("key:demo", "sessions/300", LimitUnit.Sessions, limit, TimeSpan.FromMinutes(5), limit, Shadow: false);

    public static BudgetCharge Lifetime(long limit, string scope = "key:demo", bool hard = true) =>
        new(new BudgetSlot(scope + "|lifetime", 0), 1, limit, hard, null);

    public static AdmissionRequest Of(params LimitRule[] limits) => new() { Organisation = "o", RequestId = Guid.NewGuid(), Limits = limits };

    /// <summary>A request that costs 10 a token of output, up to <paramref name="cap"/> of them, and <paramref name="input"/> for its input.</summary>
    public static AdmissionRequest Paying(long input, long cap, long least, params BudgetCharge[] budgets) =>
        new() { Organisation = "o", RequestId = Guid.NewGuid(), Budgets = budgets, Bound = new MoneyBound(input / 2, input, 10, cap, least) };

    public static Hold HoldOf(AdmissionRequest request, AdmissionAnswer? answer = null) => new(request.RequestId, request.Part, new AdmissionTicket
    {
        Organisation = request.Organisation,
        Budgets = [.. request.Budgets.Select(static charge => charge.Booking)],
        HeldNanoUsd = answer?.HeldNanoUsd ?? 0,
        Places = [.. request.Limits.Where(static rule => rule.Unit is LimitUnit.Concurrency).Select(static rule => rule.Id)],
        TokenRates = [.. request.Limits.Where(static rule => rule.Unit is LimitUnit.Tokens).Select(static rule => new TokenRate(rule.Id, rule.Limit, rule.Window))],
        ReservedTokens = request.Tokens,
    });

    public static Settlement SettlementOf(AdmissionRequest request, AdmissionAnswer? answer, long cost, long? tokens = null) =>
        new() { RequestId = request.RequestId, Part = request.Part, Ticket = HoldOf(request, answer).Ticket, CostNanoUsd = cost, Tokens = tokens };

    public static BudgetState StateOf(LocalAdmissionStore store, params BudgetCharge[] charges) =>
        store.Peek(new AdmissionRequest { Organisation = "o", RequestId = Guid.NewGuid(), Budgets = charges }).Budgets[0];
}
