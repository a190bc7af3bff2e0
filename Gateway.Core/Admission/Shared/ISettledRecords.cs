namespace Gateway.Core.Admission.Shared;

/// <summary>
/// What a holder has settled in the shared state before the ledger had it: while the counters are made again from the ledger, that must be there first. Thread-safe.
/// </summary>
public interface ISettledRecords
{
    /// <summary>A mark behind everything that is settled until now.</summary>
    long Mark();

    /// <summary>Whether the ledger has everything before a mark.</summary>
    bool AreInLedger(long mark);
}
