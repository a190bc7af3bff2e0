using Gateway.Core.Journal;
using Gateway.Usage.Ledger.Columns;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Usage.Ledger;

/// <summary>Reads records back from the segments, whose files stay open. Thread-safe.</summary>
internal sealed class SegmentHandles(SegmentLog log) : IDisposable
{
    private const int WindowBytes = 256 * 1024;

    private readonly Lock _lock = new();
    private readonly Dictionary<int, SafeFileHandle> _files = [];

    /// <exception cref="InvalidDataException">The record went bad after the start.</exception>
    public LedgerEntry Read(RequestPlace place, Span<byte> buffer)
    {
        var read = RandomAccess.Read(Open(place.Segment), buffer, place.Offset);
        return RecordFrame.TryRead(buffer[..read], out var record) ? Entry(record) : throw Damaged(place.Segment, place.Offset);
    }

    /// <summary>Whether the ledger's record at a place is of this payload.</summary>
    /// <exception cref="InvalidDataException">The record went bad after the start.</exception>
    public bool IsSame(RecordLocation location, ReadOnlySpan<byte> payload)
    {
        var buffer = new byte[RecordFrame.MaxFrameBytes];
        var read = RandomAccess.Read(Open(location.Segment), buffer, location.Offset);
        if (!RecordFrame.TryRead(buffer.AsSpan(0, read), out var record))
        {
            throw Damaged(location.Segment, location.Offset);
        }

        LedgerRecords.ReadOrigin(record.Payload, out var kept);
        return kept.SequenceEqual(payload);
    }

    /// <summary>The requests of some rows in their order. A record that went bad is left out, and said.</summary>
    public IEnumerable<LedgerEntry> Entries(ISegmentRows rows, ILogger logger, CancellationToken cancellationToken)
    {
        var file = Open(rows.Segment);
        var block = new RowBlock();
        var window = new byte[WindowBytes];
        var (start, length) = (0L, 0);
        for (var first = 0; first < rows.Count; first += RowBlock.MaxRows)
        {
            cancellationToken.ThrowIfCancellationRequested();
            block.Move(rows, first);
            for (var row = 0; row < block.Count; row++)
            {
                if (block[LedgerColumn.Requests][row] == 0)
                {
                    continue;
                }

                var offset = block[LedgerColumn.Offset][row];
                if (offset < start || offset + RecordFrame.MaxFrameBytes > start + length)
                {
                    (start, length) = (offset, RandomAccess.Read(file, window, offset));
                }

                if (TryDecode(window.AsSpan(0, length)[(int)(offset - start)..], rows.Segment, offset, logger) is { } entry)
                {
                    yield return entry;
                }
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var file in _files.Values)
            {
                file.Dispose();
            }
        }
    }

    private static LedgerEntry? TryDecode(ReadOnlySpan<byte> bytes, int segment, long offset, ILogger logger)
    {
        try
        {
            return RecordFrame.TryRead(bytes, out var record) ? Entry(record) : throw Damaged(segment, offset);
        }
        catch (InvalidDataException exception)
        {
            logger.RecordDamaged(exception);
            return null;
        }
    }

    private static LedgerEntry Entry(in JournalRecord record)
    {
        var origin = LedgerRecords.ReadOrigin(record.Payload, out var payload);
        return new(UsageRecordCodec.ReadFinal(record.Version, record.RequestId, payload), origin);
    }

    private static InvalidDataException Damaged(int segment, long offset) => new($"Segment {segment} of the ledger has a damaged record at byte {offset}.");

    private SafeFileHandle Open(int segment)
    {
        lock (_lock)
        {
            if (!_files.TryGetValue(segment, out var file))
            {
                _files.Add(segment, file = log.OpenRead(segment));
            }

            return file;
        }
    }
}
