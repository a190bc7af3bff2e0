using Microsoft.Win32.SafeHandles;

namespace Gateway.Core.Journal;

/// <summary>A run of records without a gap, at the start of the reader's buffer.</summary>
/// <param name="FirstSeq">First record; 0 when there is none yet.</param>
/// <param name="LastSeq">Last record.</param>
/// <param name="Count">Number of records.</param>
/// <param name="Bytes">Length of the run.</param>
public readonly record struct RecordRun(long FirstSeq, long LastSeq, int Count, int Bytes)
{
    public bool IsEmpty => Count == 0;
}

/// <summary>Reads a log's durable records in order, while it is written. One user at a time.</summary>
public sealed class SegmentLogReader(SegmentLog log) : IDisposable
{
    private SafeFileHandle? _file;
    private SegmentInfo _segment;
    private long _offset;
    private long _next = -1;

    /// <summary>The run that begins at <paramref name="fromSeq"/>, or at the first record after it that exists.</summary>
    /// <param name="fromSeq">First record wanted.</param>
    /// <param name="maxRecords">Most records wanted.</param>
    /// <param name="buffer">Takes the records; at least <see cref="RecordFrame.MaxFrameBytes"/>.</param>
    /// <exception cref="InvalidDataException">A record went bad after the log was opened.</exception>
    public RecordRun Read(long fromSeq, int maxRecords, Span<byte> buffer)
    {
        var synced = log.SyncedSeq;
        if (_next != fromSeq || _file is null)
        {
            _file?.Dispose();
            _file = null;
            _next = fromSeq;
        }

        while (_next <= synced && Position(_next))
        {
            var run = Take(synced, maxRecords, buffer);
            if (!run.IsEmpty)
            {
                return run;
            }
        }

        return default;
    }

    public void Dispose() => _file?.Dispose();

    /// <summary>Stands on a segment that has more to read; false when there is none.</summary>
    private bool Position(long seq)
    {
        foreach (var segment in log.Segments())
        {
            if (_file is not null && segment.Ordinal == _segment.Ordinal)
            {
                _segment = segment;
                if (_offset < segment.Length)
                {
                    return true;
                }
            }
            else if ((_file is null || segment.Ordinal > _segment.Ordinal) && segment.LastSeq >= seq)
            {
                _file?.Dispose();
                _file = log.OpenRead(segment.Ordinal);
                (_segment, _offset) = (segment, SegmentFormat.HeaderBytes);
                return true;
            }
        }

        return false;
    }

    private RecordRun Take(long synced, int maxRecords, Span<byte> buffer)
    {
        var wanted = (int)Math.Min(buffer.Length, _segment.Length - _offset);
        var read = RandomAccess.Read(_file!, buffer[..wanted], _offset);
        var run = default(RecordRun);
        var position = 0;
        var skipped = 0;
        while (run.Count < maxRecords && RecordFrame.TryRead(buffer[position..read], out var record) && record.Seq <= synced)
        {
            var length = record.Frame.Length;
            if (record.Seq < _next)
            {
                skipped += length;
            }
            else if (!run.IsEmpty && record.Seq != run.LastSeq + 1)
            {
                break;
            }
            else
            {
                run = new RecordRun(run.IsEmpty ? record.Seq : run.FirstSeq, record.Seq, run.Count + 1, run.Bytes + length);
            }

            position += length;
        }

        if (position == 0)
        {
            throw new InvalidDataException($"Segment {_segment.Ordinal} of the journal has a damaged record at byte {_offset}.");
        }

        _offset += position;
        _next = run.IsEmpty ? _next : run.LastSeq + 1;
        buffer[skipped..(skipped + run.Bytes)].CopyTo(buffer);
        return run;
    }
}
