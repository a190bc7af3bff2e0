using Gateway.Core.Admission.Shared;

namespace Gateway.Edge.Budgets;

/// <summary>
/// What requests of some owners are charged to. Windows change rarely, and their names are strings: they are made when one changes and kept until the next does. Thread-safe: who comes at the
/// same moment makes the same.
/// </summary>
internal sealed class BudgetCharges
{
    private readonly OwnerScope[] _owners;
    private volatile Kept? _kept;

    public BudgetCharges(IEnumerable<OwnerScope> owners) => _owners = [.. owners.Where(static owner => owner.Budgets.Count > 0)];

    public bool IsEmpty => _owners.Length == 0;

    public ChargeSet At(DateTimeOffset now)
    {
        if (_owners.Length == 0)
        {
            return ChargeSet.None;
        }

        var kept = _kept;
        if (kept is null || now < kept.From || now >= kept.Until)
        {
            _kept = kept = Make(now);
        }

        return kept.Set;
    }

    private Kept Make(DateTimeOffset now)
    {
        var budgets = _owners.SelectMany(static owner => owner.Budgets.Select(budget => (owner.Id, Budget: budget))).ToArray();
        var charges = Array.ConvertAll(budgets, one => BudgetClock.ChargeAt(one.Id, one.Budget, now));
        var until = DateTimeOffset.MaxValue;
        for (var i = 0; i < budgets.Length; i++)
        {
            until = Earlier(until, charges[i].ResetsAt, now);
            until = Earlier(until, budgets[i].Budget.RaiseUntil, now);
        }

        return new Kept(now, until, new ChargeSet(
            charges,
            Array.ConvertAll(charges, static charge => charge.Booking),
            Array.ConvertAll(charges, static charge => new BudgetTerms(charge.Slots, charge.LimitNanoUsd, charge.Hard)),
            Array.ConvertAll(budgets, static one => one.Budget),
            Array.ConvertAll(budgets, static one => one.Id),
            Array.Exists(charges, static charge => charge.Hard)));
    }

    private static DateTimeOffset Earlier(DateTimeOffset known, DateTimeOffset? change, DateTimeOffset now) => change > now && change < known ? change.Value : known;

    private sealed record Kept(DateTimeOffset From, DateTimeOffset Until, ChargeSet Set);
}
