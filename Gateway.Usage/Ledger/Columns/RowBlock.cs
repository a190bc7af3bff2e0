namespace Gateway.Usage.Ledger.Columns;

/// <summary>Some rows of a segment, whose columns are read when they are asked for. Kept and moved on by who scans. Not thread-safe.</summary>
internal sealed class RowBlock
{
    /// <summary>So few that the columns of a report stay in the processor's second cache.</summary>
    public const int MaxRows = 4096;

    private readonly long[]?[] _values = new long[LedgerColumns.Count][];
    private readonly bool[] _isRead = new bool[LedgerColumns.Count];
    private ISegmentRows _rows = null!;
    private int _first;

    public int Count { get; private set; }

    public ReadOnlySpan<long> this[LedgerColumn column]
    {
        get
        {
            var values = (_values[(int)column] ??= new long[MaxRows]).AsSpan(0, Count);
            if (!_isRead[(int)column])
            {
                _rows.Read(column, _first, values);
                _isRead[(int)column] = true;
            }

            return values;
        }
    }

    public void Move(ISegmentRows rows, int first)
    {
        (_rows, _first, Count) = (rows, first, Math.Min(MaxRows, rows.Count - first));
        Array.Clear(_isRead);
    }

    /// <summary>One row with all its columns.</summary>
    public void CopyTo(int index, Span<long> row)
    {
        for (var column = 0; column < row.Length; column++)
        {
            row[column] = this[(LedgerColumn)column][index];
        }
    }

    public bool IsZero(LedgerColumn column) => _rows.IsZero(column);
}
