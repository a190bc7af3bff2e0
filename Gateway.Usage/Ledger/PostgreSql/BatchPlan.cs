using Gateway.Core.Journal;
using Gateway.Usage.Budgets;
using Gateway.Usage.Pricing;

namespace Gateway.Usage.Ledger.PostgreSql;

/// <summary>A record that is kept as evidence and never counted.</summary>
internal readonly record struct RefusedRecord(RecordOrigin Origin, Guid RequestId, byte Version, ReadOnlyMemory<byte> Payload, string Reason);

/// <summary>Records that a journal says it has lost.</summary>
internal readonly record struct LostRecords(RecordOrigin Origin, long FromSeq);

/// <summary>
/// What becomes of each record of a batch, decided by the marks of its producer; the same decisions as <see cref="BatchApplier"/> makes. It changes nothing outside: what is to be logged and counted is told
/// after the transaction, so that one that is tried again tells nothing twice. Not thread-safe.
/// </summary>
internal sealed class BatchPlan
{
    public const string OtherRecord = "the request has another final record";

    private readonly List<Action<ILogger>> _lines = [];
    private int _repeated;

    /// <summary>Not null: the batch begins too late, and this record is the next one.</summary>
    public long? Expected { get; private set; }

    public List<LedgerRow> Rows { get; } = [];

    public List<RefusedRecord> Refused { get; } = [];

    public List<LostRecords> Lost { get; } = [];

    public List<Guid> Begun { get; } = [];

    /// <summary>How far the ledger has come with it.</summary>
    public Dictionary<(Guid Producer, uint Epoch), long> Marks { get; } = [];

    public static BatchPlan Make(ReadOnlyMemory<byte> records, ProducerMarks marks)
    {
        var plan = new BatchPlan();
        for (var rest = records; !rest.IsEmpty && RecordFrame.TryRead(rest.Span, out var record); rest = rest[record.Frame.Length..])
        {
            if (!plan.Take(record, rest.Slice(RecordFrame.HeaderBytes, record.Payload.Length), marks))
            {
                break;
            }
        }

        return plan;
    }

    /// <summary>A row turned out to be there already.</summary>
    /// <param name="isSame">Whether the ledger holds the same record.</param>
    public void WasThere(LedgerRow row, bool isSame)
    {
        if (isSame)
        {
            _repeated++;
        }
        else
        {
            Refuse(row.Origin, row.RequestId, row.Version, row.Payload, OtherRecord);
        }
    }

    /// <summary>Says what happened, once it has.</summary>
    public void Tell(IReadOnlyCollection<LedgerRow> taken, DispatchedRequests dispatched, LedgerMetrics metrics, ILogger logger)
    {
        foreach (var line in _lines)
        {
            line(logger);
        }

        for (; _repeated > 0; _repeated--)
        {
            metrics.Repeated();
        }

        foreach (var refused in Refused)
        {
            logger.RecordRefused(refused.RequestId, refused.Origin.Producer, refused.Origin.Seq, refused.Reason);
            metrics.Refused();
        }

        foreach (var lost in Lost)
        {
            logger.GapTold(lost.Origin.Producer, lost.FromSeq, lost.Origin.Seq);
            metrics.Lost(lost.Origin.Seq - lost.FromSeq + 1);
        }

        Begun.ForEach(dispatched.Began);
        foreach (var row in taken)
        {
            var final = row.Final;
            if (!CostCheck.IsPriced(final))
            {
                logger.CostDiffers(row.RequestId, final.CostNanoUsd);
            }

            if (final.AttemptRecords.Count > 0 && !CostCheck.AddsUp(final))
            {
                logger.AttemptsDiffer(row.RequestId, final.AttemptRecords.Count);
            }

            dispatched.Ended(row.RequestId);
            metrics.Taken();
        }
    }

    private bool Take(in JournalRecord record, ReadOnlyMemory<byte> payload, ProducerMarks marks)
    {
        var origin = new RecordOrigin(record.Producer, record.Epoch, record.Seq);
        var isNote = record.Type is JournalRecordType.Checkpoint;
        var first = isNote ? GapNote.ReadFrom(record) : record.Seq;
        var next = marks.Expected(origin.Producer, origin.Epoch);
        var isFork = record.Seq < next && !marks.IsKnown(origin.Producer, origin.Epoch);
        if (first > next)
        {
            _lines.Add(logger => logger.BatchBeginsLate(origin.Producer, origin.Epoch, first, next));
            Expected = next;
            return false;
        }

        if (record.Seq < next && !isFork)
        {
            _repeated++;
            return true;
        }

        if (isFork)
        {
            _lines.Add(logger => logger.JournalWentBack(origin.Producer, origin.Epoch, origin.Seq, next));
        }

        if (isNote)
        {
            Lost.Add(new LostRecords(origin, isFork ? first : next));
        }
        else if (record.Type is JournalRecordType.Intent)
        {
            Begun.Add(record.RequestId);
        }
        else if (record.Type is JournalRecordType.Final)
        {
            Take(record, origin, payload);
        }

        marks.Advance(origin.Producer, origin.Epoch, record.Seq);
        Marks[(origin.Producer, origin.Epoch)] = record.Seq;
        return true;
    }

    private void Take(in JournalRecord record, RecordOrigin origin, ReadOnlyMemory<byte> payload)
    {
        UsageFinal final;
        try
        {
            final = UsageRecordCodec.ReadFinal(record.Version, record.RequestId, record.Payload);
        }
        catch (InvalidDataException)
        {
            Refuse(origin, record.RequestId, record.Version, payload, "its layout is unknown");
            return;
        }

        if (CostCheck.Refuse(final) is { } reason)
        {
            Refuse(origin, record.RequestId, record.Version, payload, reason);
            return;
        }

        Rows.Add(new LedgerRow(final, origin, record.Version, payload));
    }

    private void Refuse(RecordOrigin origin, Guid requestId, byte version, ReadOnlyMemory<byte> payload, string reason) =>
        Refused.Add(new RefusedRecord(origin, requestId, version, payload, reason));
}
