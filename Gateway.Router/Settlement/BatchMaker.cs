using Gateway.Core.Journal;

namespace Gateway.Router.Settlement;

/// <summary>Makes batches out of a journal. One user at a time; a batch is valid until the next is made.</summary>
internal sealed class BatchMaker(UsageJournal journal, ILogger logger) : IDisposable
{
    private readonly SegmentLogReader _reader = new(journal.Log);
    private readonly byte[] _buffer = new byte[UsageBatch.MaxBytes];

    /// <summary>The batch that begins at <paramref name="fromSeq"/>.</summary>
    /// <returns>Empty when nothing durable is there.</returns>
    public ReadOnlyMemory<byte> Make(long fromSeq, out UsageBatchHead head)
    {
        head = default;
        var records = _buffer.AsSpan(UsageBatch.HeaderBytes, UsageBatch.MaxRecordBytes);
        var run = _reader.Read(fromSeq, UsageBatch.MaxRecords, records);
        if (run.IsEmpty)
        {
            // Lost at the very end: only the place of the next record tells that there were others.
            return default;
        }

        var bytes = run.Bytes;
        var count = run.Count;
        if (run.FirstSeq > fromSeq)
        {
            logger.GapDeclared(fromSeq, run.FirstSeq - 1);
            bytes += InsertNote(fromSeq, run.FirstSeq, bytes);
            count++;
        }

        head = new UsageBatchHead(journal.Producer, journal.Epoch, fromSeq, run.LastSeq, count);
        return _buffer.AsMemory(0, UsageBatch.Seal(_buffer, bytes, head));
    }

    public void Dispose() => _reader.Dispose();

    private int InsertNote(long fromSeq, long firstSeq, int bytes)
    {
        var space = _buffer.AsSpan(UsageBatch.HeaderBytes);
        _ = RecordFrame.TryRead(space[..bytes], out var next);
        Span<byte> note = stackalloc byte[RecordFrame.HeaderBytes + 16];
        var length = GapNote.Write(note, next.Producer, next.Epoch, fromSeq, firstSeq - 1);
        space[..bytes].CopyTo(space[length..]);
        note[..length].CopyTo(space);
        return length;
    }
}
