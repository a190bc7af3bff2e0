using Gateway.Core.Admission.Shared;
using Gateway.Core.Journal;

namespace Gateway.Router.Budgets;

/// <summary>What this Router settled stands in its journal before: the ledger has it when it has acknowledged the journal up to there. Thread-safe.</summary>
internal sealed class JournalMarks(UsageJournal journal) : ISettledRecords
{
    public long Mark() => journal.Log.LastSeq;

    public bool AreInLedger(long mark) => journal.AcknowledgedSeq >= mark;
}
