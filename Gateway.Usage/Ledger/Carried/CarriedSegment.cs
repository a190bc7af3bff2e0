using System.Buffers;
using System.Globalization;
using Gateway.Core.Journal;
using Gateway.Core.Wire;
using Gateway.Usage.Ledger.Columns;
using Gateway.Usage.Ledger.Corrections;

namespace Gateway.Usage.Ledger.Carried;

/// <summary>
/// A closed segment on its way into sums: every record is read and checked, and what its columns have of it must be what it says itself. Used once. Not thread-safe.
/// </summary>
internal sealed class CarriedSegment
{
    private readonly ColumnFile _columns;
    private readonly NameTable _shared;
    private readonly CancellationToken _cancellationToken;
    private readonly RowBlock _block = new();
    private readonly ArrayBufferWriter<byte> _kept = new();
    private int _row;
    private int _blockFirst = -1;

    public CarriedSegment(ColumnFile columns, NameTable shared, CancellationToken cancellationToken)
    {
        (_columns, _shared, _cancellationToken) = (columns, shared, cancellationToken);
        Names = new SumNames(shared);
        Sums = new SumRows(columns.Segment, Names);
    }

    public SumNames Names { get; }

    public SumRows Sums { get; }

    public SegmentFacts Facts { get; } = new();

    /// <summary>Frames of records that stay as they are.</summary>
    public ReadOnlySpan<byte> Kept => _kept.WrittenSpan;

    /// <summary>When the newest request arrived.</summary>
    public long NewestMs { get; private set; } = long.MinValue;

    /// <returns>Null when all is well; else what is wrong.</returns>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="OperationCanceledException">Broken off.</exception>
    public string? Read(string folder)
    {
        try
        {
            return ClosedSegment.Read(folder, _columns.Known.Info, Take) ?? (_row == _columns.Count ? null : "its columns have requests that it has not");
        }
        catch (InvalidDataException exception)
        {
            return exception.Message;
        }
    }

    private void Take(in JournalRecord record, RecordLocation location)
    {
        _cancellationToken.ThrowIfCancellationRequested();
        if (record.Type is JournalRecordType.Correction)
        {
            var correction = CorrectionCodec.Read(record.Version, record.RequestId, record.Payload);
            if (HasRow(location.Offset))
            {
                LedgerRows.Make(correction, location.Offset, _shared, TakeRow);
                Facts.Corrections++;
                Facts.LastCorrectionMs = Math.Max(Facts.LastCorrectionMs, correction.Correction.Time.ToUnixTimeMilliseconds());
                Facts.Book(correction);
            }

            return;
        }

        var origin = LedgerRecords.ReadOrigin(record.Payload, out var payload);
        Facts.Marks.Advance(origin.Producer, origin.Epoch, origin.Seq);
        switch (record.Type)
        {
            // One without rows is the second of its request, and counts nowhere.
            case JournalRecordType.Final when UsageRecordCodec.ReadFinal(record.Version, record.RequestId, payload) is var final && HasRow(location.Offset):
                LedgerRows.Make(final, location.Offset, _shared, TakeRow);
                Facts.Requests++;
                Facts.Book(final);
                break;
            case JournalRecordType.Void:
            case JournalRecordType.Checkpoint when new WireReader(payload).ReadVarint() > 0:
                _kept.Write(record.Frame);
                break;
            case JournalRecordType.Final or JournalRecordType.Checkpoint:
                break;
            default:
                throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"record {record.Seq} is of a kind that this build does not know"));
        }
    }

    private bool HasRow(long offset) => _row < _columns.Count && Row(LedgerColumn.Offset) == offset;

    private void TakeRow(ReadOnlySpan<long> row)
    {
        if (_row == _columns.Count)
        {
            throw new InvalidDataException("its columns have fewer requests than it has");
        }

        for (var column = 0; column < row.Length; column++)
        {
            if (Row((LedgerColumn)column) != row[column])
            {
                throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"the record at byte {row[(int)LedgerColumn.Offset]} and its columns do not say the same"));
            }
        }

        Sums.Add(row);
        NewestMs = Math.Max(NewestMs, row[(int)LedgerColumn.Time]);
        _row++;
    }

    private long Row(LedgerColumn column)
    {
        var first = _row / RowBlock.MaxRows * RowBlock.MaxRows;
        if (first != _blockFirst)
        {
            _block.Move(_columns, _blockFirst = first);
        }

        return _block[column][_row - first];
    }
}
