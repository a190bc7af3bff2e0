using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Core.Journal;

/// <summary>What the scanner stands on.</summary>
internal enum SegmentItem
{
    End,
    Record,
    Damage,
    Footer,
}

/// <summary>
/// Walks a segment from its header to its end with a bounded buffer. After bytes that are no record it looks for the next
/// good one, so that one bad sector does not cost the records behind it.
/// </summary>
internal sealed class SegmentScanner : IDisposable
{
    private const int BufferBytes = 256 * 1024;

    private readonly SafeFileHandle _file;
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
    private int _start;
    private int _end;
    private long _startOffset;
    private bool _sawEnd;
    private int _itemBytes;

    public SegmentScanner(string path)
    {
        _file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        HasHeader = SegmentFormat.TryReadHeader(Fill(SegmentFormat.HeaderBytes), out var firstSeq);
        FirstSeq = firstSeq;
        _itemBytes = HasHeader ? SegmentFormat.HeaderBytes : 0;
    }

    /// <summary>False when the header is damaged; its bytes then come as damage.</summary>
    public bool HasHeader { get; }

    public long FirstSeq { get; }

    /// <summary>Where the current item begins.</summary>
    public long Offset { get; private set; }

    /// <summary>Bytes of the current item.</summary>
    public long Length { get; private set; }

    /// <summary>Valid while the scanner stands on the footer.</summary>
    public SegmentSum Footer { get; private set; }

    /// <summary>The current record; valid until the next move.</summary>
    public JournalRecord Record
    {
        get
        {
            _ = RecordFrame.TryRead(_buffer.AsSpan(_start, _end - _start), out var record);
            return record;
        }
    }

    public SegmentItem Next()
    {
        Skip(_itemBytes);
        _itemBytes = 0;
        Offset = _startOffset;
        var item = Look(out _itemBytes);
        if (item is SegmentItem.Damage)
        {
            // The damage reaches to whatever can be read next; that is then looked at again by the next move.
            do
            {
                Skip(1);
            }
            while (Look(out _) is SegmentItem.Damage);
            _itemBytes = 0;
            Length = _startOffset - Offset;
            return SegmentItem.Damage;
        }

        Length = _itemBytes;
        return item;
    }

    public void Dispose()
    {
        _file.Dispose();
        ArrayPool<byte>.Shared.Return(_buffer);
    }

    private SegmentItem Look(out int bytes)
    {
        bytes = 0;
        var span = Fill(RecordFrame.MaxFrameBytes);
        if (span.IsEmpty)
        {
            return SegmentItem.End;
        }

        if (RecordFrame.TryRead(span, out var record))
        {
            bytes = record.Frame.Length;
            return SegmentItem.Record;
        }

        // A footer counts only at the very end: records behind it would be somebody else's.
        if (span.Length == SegmentFormat.FooterBytes && SegmentFormat.TryReadFooter(span, out var footer))
        {
            Footer = footer;
            bytes = SegmentFormat.FooterBytes;
            return SegmentItem.Footer;
        }

        return SegmentItem.Damage;
    }

    private void Skip(int count)
    {
        _start += count;
        _startOffset += count;
    }

    private ReadOnlySpan<byte> Fill(int wanted)
    {
        while (_end - _start < wanted && !_sawEnd)
        {
            if (_start > 0)
            {
                _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
                _end -= _start;
                _start = 0;
            }

            var read = RandomAccess.Read(_file, _buffer.AsSpan(_end), _startOffset + (_end - _start));
            _sawEnd = read == 0;
            _end += read;
        }

        return _buffer.AsSpan(_start, _end - _start);
    }
}
