namespace Gateway.Core.Admission.Shared;

/// <summary>
/// The shared state of limits and budgets: an admission cache, never the only copy of money. Thread-safe. Every call has a deadline of its own and does not throw for the
/// store's sake: no answer is null, and then it is not known whether the call was carried out.
/// </summary>
/// <remarks>
/// Each call may be repeated and may arrive late or out of order: decisions and ends are remembered by (request id, part). A <see cref="VoidAsync"/> before its admission forbids it; a settlement
/// counts also after a denial or a void, since what was used was used.
/// </remarks>
public interface IAdmissionStore
{
    /// <summary>False while it is not asked: it failed too often.</summary>
    bool IsUp { get; }

    ValueTask<AdmissionAnswer?> AdmitAsync(AdmissionRequest request, CancellationToken cancellationToken);

    /// <summary>What <see cref="AdmitAsync"/> would see, without changing anything.</summary>
    ValueTask<AdmissionAnswer?> PeekAsync(AdmissionRequest request, CancellationToken cancellationToken);

    /// <summary>Books the cost, gives back what was held, corrects the tokens.</summary>
    ValueTask<SettleOutcome?> SettleAsync(Settlement settlement, CancellationToken cancellationToken);

    /// <summary>Gives everything back: nothing was sent to an upstream. Also for an admission that did not answer.</summary>
    /// <returns>False when there was no answer.</returns>
    ValueTask<bool> VoidAsync(Hold hold, CancellationToken cancellationToken);

    /// <summary>Keeps the holds of running requests alive, and makes those again that the store has lost. Each holder calls it every second for each organisation, also with none.</summary>
    /// <param name="holder">Id of this process: an Edge or a Router.</param>
    /// <param name="holds">Of that organisation, at most 128.</param>
    /// <param name="isAll">While the counters are made again: with these, everything that this holder holds has been told, and what it settled before is in the ledger.</param>
    /// <returns>Null for no answer.</returns>
    ValueTask<EpochState?> RenewAsync(string organisation, string holder, IReadOnlyList<Hold> holds, bool isAll, CancellationToken cancellationToken);
}
