using Gateway.Core.Admission.Shared;

namespace Gateway.Edge.Admission;

/// <summary>Names a set of hard budgets: requests that are charged to the same ones share a lease.</summary>
/// <param name="charges">Soft ones among them do not matter. Not to be changed.</param>
internal readonly struct EscrowKey(string organisation, IReadOnlyList<BudgetCharge> charges) : IEquatable<EscrowKey>
{
    private readonly string _organisation = organisation;
    private readonly IReadOnlyList<BudgetCharge> _charges = charges;

    public bool Equals(EscrowKey other)
    {
        if (_organisation != other._organisation)
        {
            return false;
        }

        var (i, j) = (0, 0);
        while (true)
        {
            var (mine, others) = (Next(_charges, ref i), Next(other._charges, ref j));
            if (mine != others)
            {
                return false;
            }

            if (mine is null)
            {
                return true;
            }
        }
    }

    public override bool Equals(object? obj) => obj is EscrowKey other && Equals(other);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(_organisation);
        var i = 0;
        while (Next(_charges, ref i) is { } id)
        {
            hash.Add(id);
        }

        return hash.ToHashCode();
    }

    private static string? Next(IReadOnlyList<BudgetCharge> charges, ref int i)
    {
        while (i < charges.Count)
        {
            var charge = charges[i++];
            if (charge.Hard)
            {
                return charge.Booking.Id;
            }
        }

        return null;
    }
}
