using Gateway.Core.Admission.Shared;

namespace Gateway.Edge.Admission;

/// <summary>What a request may hold by what it asked for. Only for the Edge's own use: what a Router is told stands in the context.</summary>
internal static class RequestTicket
{
    public static Hold HoldOf(AdmissionRequest request, long heldNanoUsd) => new(request.RequestId, request.Part, Of(request, heldNanoUsd));

    private static AdmissionTicket Of(AdmissionRequest request, long heldNanoUsd)
    {
        List<string>? places = null;
        List<TokenRate>? rates = null;
        for (var i = 0; i < request.Limits.Count; i++)
        {
            var rule = request.Limits[i];
            if (rule.Unit is LimitUnit.Concurrency)
            {
                (places ??= []).Add(rule.Id);
            }
            else if (rule.Unit is LimitUnit.Tokens)
            {
                (rates ??= []).Add(new TokenRate(rule.Id, rule.Limit, rule.Window));
            }
        }

        var isHard = false;
        var slots = request.Budgets.Count == 0 ? [] : new BudgetSlot[request.Budgets.Count];
        for (var i = 0; i < slots.Length; i++)
        {
            slots[i] = request.Budgets[i].Booking;
            isHard |= request.Budgets[i].Hard;
        }

        return new AdmissionTicket
        {
            Organisation = request.Organisation,
            Budgets = slots,
            IsHard = isHard,
            HeldNanoUsd = heldNanoUsd,
            Places = places ?? (IReadOnlyList<string>)[],
            TokenRates = rates ?? (IReadOnlyList<TokenRate>)[],
            ReservedTokens = rates is null ? 0 : request.Tokens,
        };
    }
}
