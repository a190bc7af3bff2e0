using Gateway.Core.Admission.Shared;
using Gateway.Core.Configuration;

namespace Gateway.Edge.Budgets;

/// <summary>The budgets that a request is charged to, as they stand for some time. Immutable. The lists have the same order.</summary>
/// <param name="Owners">Whose each budget is: <see cref="OwnerScope.Id"/>.</param>
/// <param name="IsHard">Whether one of them refuses.</param>
/// <param name="Slots">For <see cref="AdmissionTicket.Budgets"/>.</param>
/// <param name="Terms">For <see cref="AdmissionTicket.Terms"/>.</param>
internal sealed record ChargeSet(BudgetCharge[] Charges, BudgetSlot[] Slots, BudgetTerms[] Terms, BudgetConfig[] Budgets, string[] Owners, bool IsHard)
{
    public static ChargeSet None { get; } = new([], [], [], [], [], IsHard: false);

    public bool IsEmpty => Charges.Length == 0;

    public ChargeSet With(ChargeSet more) => more.IsEmpty ? this : IsEmpty ? more
        : new([.. Charges, .. more.Charges], [.. Slots, .. more.Slots], [.. Terms, .. more.Terms], [.. Budgets, .. more.Budgets], [.. Owners, .. more.Owners], IsHard || more.IsHard);
}
