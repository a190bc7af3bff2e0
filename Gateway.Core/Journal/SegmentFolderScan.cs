using System.Globalization;

namespace Gateway.Core.Journal;

/// <summary>Reads all good records of a folder of segments, oldest first, and names what is wrong with the others. It changes nothing. Not thread-safe.</summary>
/// <param name="folder">The folder.</param>
/// <param name="given">Segments that are not read although their files may be there still; null for none.</param>
/// <param name="lastSeq">A record that is known to have existed, with all before it; 0 for none.</param>
public sealed class SegmentFolderScan(string folder, IReadOnlyCollection<int>? given = null, long lastSeq = 0) : IDisposable
{
    private readonly List<int> _ordinals = [.. SegmentFiles.List(folder).Where(ordinal => given?.Contains(ordinal) is not true)];
    private readonly List<string> _problems = [];
    private SegmentScanner? _scanner;
    private int _opened;
    private long _last = lastSeq;
    private SegmentSum _sum;
    private SegmentSum? _footer;
    private DamagedBytes? _tail;

    /// <summary>Damaged bytes, missing records, footers that tell of others: each as a sentence. Complete after the last record.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>An unfinished record at the very end, which a start cuts off: it was never acknowledged. Null for none.</summary>
    public string? TornTail { get; private set; }

    /// <summary>Valid until the next move.</summary>
    public JournalRecord Record => _scanner!.Record;

    /// <summary>Moves to the next record.</summary>
    /// <returns>False after the last one.</returns>
    /// <exception cref="IOException">A segment cannot be read.</exception>
    public bool Next()
    {
        while (Open() is { } scanner)
        {
            switch (scanner.Next())
            {
                case SegmentItem.Record when IsInOrder(scanner.Record):
                    return true;
                case SegmentItem.Record:
                    Add($"record {scanner.Record.Seq} at byte {scanner.Offset} stands there a second time");
                    break;
                case SegmentItem.Damage:
                    ToldTail();
                    _tail = new DamagedBytes(scanner.Offset, scanner.Length);
                    break;
                case SegmentItem.Footer:
                    _footer = scanner.Footer;
                    break;
                case SegmentItem.End:
                    Close();
                    break;
            }
        }

        return false;
    }

    /// <inheritdoc/>
    public void Dispose() => _scanner?.Dispose();

    private SegmentScanner? Open()
    {
        if (_scanner is null && _opened < _ordinals.Count)
        {
            (_sum, _footer, _tail) = (default, null, null);
            _scanner = new SegmentScanner(SegmentFiles.Path(folder, _ordinals[_opened++]));
            if (_scanner.HasHeader && _last > 0 && _scanner.FirstSeq > _last + 1)
            {
                Add($"records {_last + 1} to {_scanner.FirstSeq - 1} before it are missing");
                _last = _scanner.FirstSeq - 1;
            }
        }

        return _scanner;
    }

    private bool IsInOrder(in JournalRecord record)
    {
        ToldTail();
        if (record.Seq <= _last)
        {
            return false;
        }

        if (_last > 0 && record.Seq > _last + 1)
        {
            Add($"records {_last + 1} to {record.Seq - 1} are missing");
        }

        _last = record.Seq;
        _sum = _sum.Add(record.Seq, RecordFrame.StoredChecksum(record.Frame));
        return true;
    }

    private void Close()
    {
        _scanner!.Dispose();
        _scanner = null;
        if (_tail is { } tail && _opened == _ordinals.Count && _footer is null)
        {
            TornTail = string.Create(CultureInfo.InvariantCulture, $"{Name}: {tail.Length} bytes at byte {tail.Offset} are an unfinished record");
            return;
        }

        ToldTail();
        if (_footer is { } footer && _sum.Count > 0 && footer != _sum)
        {
            Add($"its footer tells of {footer.Count} records up to {footer.LastSeq}, but it has {_sum.Count} up to {_sum.LastSeq}");
        }
    }

    private string Name => Path.GetFileName(SegmentFiles.Path(folder, _ordinals[_opened - 1]));

    private void ToldTail()
    {
        if (_tail is { } damage)
        {
            Add($"{damage.Length} bytes at byte {damage.Offset} are damaged");
            _tail = null;
        }
    }

    private void Add(FormattableString what) => _problems.Add($"{Name}: {what.ToString(CultureInfo.InvariantCulture)}");
}
