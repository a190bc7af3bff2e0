using Gateway.Core.Journal;
using Gateway.Usage.Ledger.Columns;
using Gateway.Usage.Ledger.Corrections;
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
    /// <param name="skip">Requests at the beginning that are not wanted.</param>
    public IEnumerable<LedgerEntry> Entries(ISegmentRows rows, ILogger logger, CancellationToken cancellationToken, int skip = 0)
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
                if (block[LedgerColumn.Requests][row] == 0 || skip-- > 0)
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

    /// <summary>Reads a correction.</summary>
    /// <exception cref="InvalidDataException">Its record went bad, or is none of a correction.</exception>
    public CorrectionRecord ReadCorrection(RecordLocation location, Span<byte> buffer)
    {
        var read = RandomAccess.Read(Open(location.Segment), buffer, location.Offset);
        return RecordFrame.TryRead(buffer[..read], out var record) && record.Type is JournalRecordType.Correction
            ? CorrectionCodec.Read(record.Version, record.RequestId, record.Payload) : throw Damaged(location.Segment, location.Offset);
    }

    /// <summary>The corrections of some rows in their order. A record that went bad is left out, and said.</summary>
    public IEnumerable<CorrectionRecord> Corrections(ISegmentRows rows, ILogger logger)
    {
        var block = new RowBlock();
        var buffer = new byte[RecordFrame.MaxFrameBytes];
        var seen = -1L;
        for (var first = 0; first < rows.Count; first += RowBlock.MaxRows)
        {
            block.Move(rows, first);
            for (var row = 0; row < block.Count; row++)
            {
                var offset = block[LedgerColumn.Offset][row];
                if (block[LedgerColumn.Requests][row] != 0 || offset == seen)
                {
                    // Rows of further deployments follow the one of their request, and those of one correction each other.
                    seen = offset;
                    continue;
                }

                seen = offset;
                if (TryReadCorrection(new RecordLocation(rows.Segment, offset), buffer, logger) is { } correction)
                {
                    yield return correction;
                }
            }
        }
    }

    /// <summary>Opens a segment whose file is about to be deleted: those who may still read it must not find it gone.</summary>
    /// <returns>To be disposed when nobody reads it any more.</returns>
    public IDisposable Hold(int segment)
    {
        Open(segment);
        return new Held(this, segment);
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

    private CorrectionRecord? TryReadCorrection(RecordLocation location, byte[] buffer, ILogger logger)
    {
        try
        {
            return ReadCorrection(location, buffer);
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

    private sealed class Held(SegmentHandles handles, int segment) : IDisposable
    {
        public void Dispose()
        {
            lock (handles._lock)
            {
                if (handles._files.Remove(segment, out var file))
                {
                    file.Dispose();
                }
            }
        }
    }
}
