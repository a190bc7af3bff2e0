namespace Gateway.Core.Admission.Shared;

/// <summary>Whether the counters of an organisation can be relied on.</summary>
public enum EpochPhase : byte
{
    /// <summary>The store has lost its memory, or parts of it: nobody may rely on what it still has.</summary>
    Missing,

    /// <summary>The holders tell what they hold, and Usage fills in what was spent.</summary>
    Filling,

    Open,
}

/// <param name="Id">Of the counters: another one than before says that they were made anew. 0 while missing.</param>
public readonly record struct EpochState(long Id, EpochPhase Phase);

/// <param name="Slot">Where.</param>
/// <param name="SpentNanoUsd">All that the ledger has for it.</param>
public readonly record struct SpentEntry(BudgetSlot Slot, long SpentNanoUsd);

/// <summary>
/// What only Usage does with the shared state: it makes the counters again from the ledger after they were lost, and cleans up after holders that died. Thread-safe; no answer is null or false,
/// as in <see cref="IAdmissionStore"/>.
/// </summary>
/// <remarks>
/// Order: Missing -> <see cref="BeginAsync"/> -> holders announce (<see cref="IAdmissionStore.RenewAsync"/>) -> <see cref="FillAsync"/> as often as needed, from one consistent cut of the ledger ->
/// <see cref="OpenAsync"/>. While it is filling, settlements answer <see cref="SettleOutcome.Rebuilding"/> and hard budgets <see cref="AdmissionOutcome.Rebuilding"/>.
/// </remarks>
public interface IBudgetAuthority
{
    bool IsUp { get; }

    ValueTask<EpochState?> EpochAsync(string organisation, CancellationToken cancellationToken);

    /// <summary>Forgets all counters and holds, and begins to fill. Only when the epoch is still <paramref name="seen"/>.</summary>
    /// <param name="next">Greater than every epoch before, Unix milliseconds for example.</param>
    ValueTask<bool> BeginAsync(string organisation, EpochState seen, long next, CancellationToken cancellationToken);

    /// <summary>Holders seen in the last 3 seconds, each with whether it has told all since <see cref="BeginAsync"/>.</summary>
    ValueTask<IReadOnlyList<(string Holder, bool HasToldAll)>?> HoldersAsync(string organisation, CancellationToken cancellationToken);

    /// <summary>Sets counters, and marks requests that are in them as settled, so that a late settlement only gives back its hold.</summary>
    /// <param name="spent">At most 256.</param>
    /// <param name="settled">At most 1,024; those that are older than decisions are remembered may be left out.</param>
    ValueTask<bool> FillAsync(string organisation, long epoch, IReadOnlyList<SpentEntry> spent, IReadOnlyList<(Guid RequestId, long CostNanoUsd)> settled, CancellationToken cancellationToken);

    ValueTask<bool> OpenAsync(string organisation, long epoch, CancellationToken cancellationToken);

    /// <summary>Throws the counters away: they do not match the ledger. The epoch is missing afterwards.</summary>
    ValueTask<bool> DiscardAsync(string organisation, EpochState seen, CancellationToken cancellationToken);

    /// <summary>Holds whose lease is over, oldest first. Their tickets have organisation, budgets and money only.</summary>
    ValueTask<IReadOnlyList<Hold>?> ExpiredAsync(string organisation, int most, CancellationToken cancellationToken);

    /// <summary>Spent and held of each slot alone, in one atomic read.</summary>
    ValueTask<IReadOnlyList<BudgetState>?> CountsAsync(string organisation, IReadOnlyList<BudgetSlot> slots, CancellationToken cancellationToken);
}
