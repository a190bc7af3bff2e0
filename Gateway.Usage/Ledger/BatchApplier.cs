using Gateway.Core.Journal;
using Gateway.Usage.Budgets;
using Gateway.Usage.Pricing;

namespace Gateway.Usage.Ledger;

/// <summary>Decides about each record of a batch and writes what the ledger keeps of it. One batch at a time.</summary>
internal sealed class BatchApplier(SegmentLog log, LedgerSegments segments, SegmentHandles handles, DispatchedRequests dispatched, LedgerMetrics metrics, ILogger logger)
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
            var next = segments.Marks.Expected(origin.Producer, origin.Epoch);
            var isFork = record.Seq < next && !segments.Marks.IsKnown(origin.Producer, origin.Epoch);
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
                Append(JournalRecordType.Checkpoint, version: 1, Guid.Empty, origin, (origin, lostFrom), LedgerRecords.WriteMark);
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

            segments.Marks.Advance(origin.Producer, origin.Epoch, record.Seq);
            applied = origin;
        }

        if (applied != written)
        {
            // Records that the ledger does not keep still count: after a restart it must know that it has seen them.
            Append(JournalRecordType.Checkpoint, version: 1, Guid.Empty, applied, (applied, 0L), LedgerRecords.WriteMark);
        }

        // Also when nothing is new: what an earlier, unanswered batch wrote is acknowledged now.
        log.Sync();
        segments.CloseFull();
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

        // The marks of the producers already keep repetitions out; this is the second wall, against a journal that was restored or copied.
        if (segments.Locate(record.RequestId) is { } kept)
        {
            if (IsSame(kept, record.Payload))
            {
                metrics.Repeated();
                return false;
            }

            Reject(record, origin, payload, "the request has another final record");
            return true;
        }

        if (!CostCheck.IsPriced(final))
        {
            logger.CostDiffers(record.RequestId, final.CostNanoUsd);
        }

        if (final.AttemptRecords.Count > 0 && !CostCheck.AddsUp(final))
        {
            logger.AttemptsDiffer(record.RequestId, final.AttemptRecords.Count);
        }

        var location = Append(JournalRecordType.Final, record.Version, record.RequestId, origin, (origin, payload), LedgerRecords.WriteCopy);
        segments.Add(final, location);
        dispatched.Ended(record.RequestId);
        metrics.Taken();
        return true;
    }

    private void Reject(in JournalRecord record, RecordOrigin origin, ReadOnlyMemory<byte> payload, string reason)
    {
        logger.RecordRefused(record.RequestId, origin.Producer, origin.Seq, reason);
        metrics.Refused();
        Append(JournalRecordType.Void, record.Version, record.RequestId, origin, (origin, payload), LedgerRecords.WriteCopy);
    }

    // A record that cannot be read any more cannot prove that this is the same: kept as evidence.
    private bool IsSame(RecordLocation kept, ReadOnlySpan<byte> payload)
    {
        try
        {
            return handles.IsSame(kept, payload);
        }
        catch (InvalidDataException exception)
        {
            logger.RecordDamaged(exception);
            return false;
        }
    }

    private RecordLocation Append<T>(JournalRecordType type, byte version, Guid requestId, RecordOrigin origin, T payload, PayloadWriter<T> encode)
    {
        var location = log.Append(type, version, requestId, payload, encode, out _);
        segments.Appended(location, origin);
        return location;
    }
}
