using Gateway.Core.Journal;
using Gateway.Usage.Budgets;
using Gateway.Usage.Pricing;

namespace Gateway.Usage.Ledger;

/// <summary>Decides about each record of a batch and writes what the ledger keeps of it. One batch at a time.</summary>
internal sealed class BatchApplier(SegmentLog log, LedgerView view, Lock viewLock, DispatchedRequests dispatched, LedgerMetrics metrics, ILogger logger)
{
    /// <returns>After everything that it says is durable.</returns>
    public IngestResult Apply(UsageBatchHead head, ReadOnlyMemory<byte> records)
    {
        dispatched.BatchCame();
        long? expected = null;
        var applied = default(RecordOrigin);
        var written = default(RecordOrigin);
        for (var rest = records; !rest.IsEmpty && RecordFrame.TryRead(rest.Span, out var record); rest = rest[record.Frame.Length..])
        {
            var origin = new RecordOrigin(record.Producer, record.Epoch, record.Seq);
            var isNote = record.Type is JournalRecordType.Checkpoint;
            var first = isNote ? GapNote.ReadFrom(record) : record.Seq;
            var next = view.Marks.Expected(origin.Producer, origin.Epoch);
            var isFork = record.Seq < next && !view.Marks.IsKnown(origin.Producer, origin.Epoch);
            if (first > next)
            {
                logger.BatchBeginsLate(origin.Producer, origin.Epoch, first, next);
                expected = next;
                break;
            }

            if (record.Seq < next && !isFork)
            {
                metrics.Repeated();
                continue;
            }

            if (isFork)
            {
                logger.JournalWentBack(origin.Producer, origin.Epoch, record.Seq, next);
            }

            if (isNote)
            {
                var lostFrom = isFork ? first : next;
                logger.GapTold(origin.Producer, lostFrom, record.Seq);
                metrics.Lost(record.Seq - lostFrom + 1);
                Append(JournalRecordType.Checkpoint, version: 1, Guid.Empty, (origin, lostFrom), LedgerRecords.WriteMark);
                written = origin;
            }
            else if (record.Type is JournalRecordType.Intent)
            {
                dispatched.Began(record.RequestId);
            }
            else if (record.Type is JournalRecordType.Final && Keep(record, origin, rest.Slice(RecordFrame.HeaderBytes, record.Payload.Length)))
            {
                written = origin;
            }

            view.Marks.Advance(origin.Producer, origin.Epoch, record.Seq);
            applied = origin;
        }

        if (applied != written)
        {
            // Records that the ledger does not keep still count: after a restart it must know that it has seen them.
            Append(JournalRecordType.Checkpoint, version: 1, Guid.Empty, (applied, 0L), LedgerRecords.WriteMark);
        }

        // Also when nothing is new: what an earlier, unanswered batch wrote is acknowledged now.
        log.Sync();
        return new IngestResult(head.ToSeq, expected);
    }

    /// <returns>True when a record of the ledger now holds the origin.</returns>
    private bool Keep(in JournalRecord record, RecordOrigin origin, ReadOnlyMemory<byte> payload)
    {
        UsageFinal final;
        try
        {
            final = UsageRecordCodec.ReadFinal(record.Version, record.RequestId, record.Payload);
        }
        catch (InvalidDataException)
        {
            Reject(record, origin, payload, "its layout is unknown");
            return true;
        }

        if (CostCheck.Refuse(final) is { } reason)
        {
            Reject(record, origin, payload, reason);
            return true;
        }

        switch (view.Ids.Add(record.RequestId, record.Payload))
        {
            case RequestIdSeen.Same:
                metrics.Repeated();
                return false;
            case RequestIdSeen.Different:
                Reject(record, origin, payload, "the request has another final record");
                return true;
            default:
                break;
        }

        if (!CostCheck.IsPriced(final))
        {
            logger.CostDiffers(record.RequestId, final.CostNanoUsd);
        }

        if (final.AttemptRecords.Count > 0 && !CostCheck.AddsUp(final))
        {
            logger.AttemptsDiffer(record.RequestId, final.AttemptRecords.Count);
        }

        var location = Append(JournalRecordType.Final, record.Version, record.RequestId, (origin, payload), LedgerRecords.WriteCopy);
        lock (viewLock)
        {
            view.Add(final, location);
        }

        dispatched.Ended(record.RequestId);
        metrics.Taken();
        return true;
    }

    private void Reject(in JournalRecord record, RecordOrigin origin, ReadOnlyMemory<byte> payload, string reason)
    {
        logger.RecordRefused(record.RequestId, origin.Producer, origin.Seq, reason);
        metrics.Refused();
        Append(JournalRecordType.Void, record.Version, record.RequestId, (origin, payload), LedgerRecords.WriteCopy);
    }

    private RecordLocation Append<T>(JournalRecordType type, byte version, Guid requestId, T payload, PayloadWriter<T> encode) =>
        log.Append(type, version, requestId, payload, encode, out _);
}
