using Gateway.Core.Errors;
using Gateway.Core.Journal;
using Gateway.Usage.Ledger.Corrections;

namespace Gateway.Usage.Ledger;

/// <summary>Where the ledger lies. Each request is in it once, whatever is sent how often. Thread-safe.</summary>
internal interface ILedgerStore
{
    /// <summary>Takes a batch whose frames were checked. On return what it says is durable.</summary>
    /// <param name="head">The batch's head.</param>
    /// <param name="records">Its frames.</param>
    /// <param name="cancellationToken">Gives up waiting; a batch that was begun is finished.</param>
    /// <exception cref="LedgerFullException">The disk has no room.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    Task<IngestResult> IngestAsync(UsageBatchHead head, ReadOnlyMemory<byte> records, CancellationToken cancellationToken);

    /// <summary>
    /// Takes other costs of requests, each for itself and in their order. On return those that were taken are durable, and sums and budgets have them. Given again, also after it failed in the middle, each counts once.
    /// </summary>
    /// <returns>What became of each, in their order.</returns>
    /// <exception cref="LedgerFullException">The disk has no room.</exception>
    /// <exception cref="IOException">The disk failed, or the database does not answer.</exception>
    Task<IReadOnlyList<CorrectionResult>> CorrectAsync(IReadOnlyList<CostCorrection> corrections, CancellationToken cancellationToken);

    /// <summary>Sums over what the ledger holds, by hour or coarser.</summary>
    /// <exception cref="GatewayException">There are more groups than one answer holds.</exception>
    ValueTask<UsageSums> SumAsync(UsageQuery query, CancellationToken cancellationToken);

    /// <summary>Requests, newest first.</summary>
    ValueTask<RequestPage> ListAsync(RequestQuery query, CancellationToken cancellationToken);

    /// <summary>One request; null when the ledger has none of this id.</summary>
    ValueTask<LedgerEntry?> FindAsync(Guid requestId, CancellationToken cancellationToken);

    /// <summary>Everything, in the order in which it was taken: for exports, for moving to another store, for making what is derived again.</summary>
    IAsyncEnumerable<LedgerEntry> WalkAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Turns the oldest requests into sums: what a report, a budget or a total says stays the same, the requests themselves are gone. Takes only what can be taken whole (a day's tables, a closed segment), in order of
    /// age, and is safe to be broken off anywhere and asked again.
    /// </summary>
    /// <param name="before">Requests that arrived at or after it stay.</param>
    /// <param name="cancellationToken">Ends it between two steps; what is carried by then stays carried.</param>
    /// <returns>How many requests were carried this time.</returns>
    /// <exception cref="IOException">The disk failed, or the database does not answer.</exception>
    Task<long> CarryAsync(DateTimeOffset before, CancellationToken cancellationToken);

    /// <summary>Requests before it may be gone (carried into sums); MinValue while none are.</summary>
    DateTimeOffset KeptFrom { get; }

    /// <summary>Requests in the ledger, those that were carried into sums too.</summary>
    long Requests { get; }

    /// <summary>False when the store can take nothing more at the moment: no room, or not there. The Routers keep what they have.</summary>
    bool IsWritable { get; }

    /// <summary>Why the store is broken for good; null while it is not.</summary>
    Exception? Failure { get; }

    /// <summary>What keeps the store from taking more, fit to be shown; null when nothing does.</summary>
    string? Problem => Failure is not null ? "the disk of the ledger failed" : IsWritable ? null : "the disk of the ledger is nearly full";
}

/// <summary>What became of a batch.</summary>
/// <param name="ToSeq">Everything of the producer up to here is durable in the ledger.</param>
/// <param name="ExpectedSeq">Not null: the batch begins too late, and this record is the next one.</param>
internal readonly record struct IngestResult(long ToSeq, long? ExpectedSeq);

/// <summary>The ledger cannot take more before there is room on its disk.</summary>
internal sealed class LedgerFullException() : Exception("The ledger's disk has no room.");
