using Gateway.Core.Admission.Shared;

namespace Gateway.Usage.Budgets;

/// <summary>What was spent in one slot. Guarded by the lock of the <see cref="BudgetBook"/>.</summary>
internal sealed class SlotSum(BudgetSlot slot)
{
    public BudgetSlot Slot { get; } = slot;

    /// <summary>Nano-USD; one that does not fit stands at the greatest number.</summary>
    public long Spent { get; private set; }

    public void Add(long costNanoUsd) => Spent = (long)Int128.Min((Int128)Spent + costNanoUsd, long.MaxValue);
}

/// <summary>The end of a request as the ledger has it.</summary>
/// <param name="Budgets">Where its cost is booked, each place once.</param>
/// <param name="CostNanoUsd">What all of it cost.</param>
/// <param name="Tokens">Input and output.</param>
internal readonly record struct SettledEntry(string Organisation, IReadOnlyList<SlotSum> Budgets, long CostNanoUsd, long Tokens);
