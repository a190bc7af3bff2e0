namespace Gateway.Usage.Ledger.Columns;

/// <summary>Rows in memory. One thread adds; <see cref="Snapshot"/> is taken beside nobody who adds, and what it gives may be read beside anybody.</summary>
internal sealed class RowChunks(int segment)
{
    private const int ChunkRows = 1024;

    private readonly List<long[][]> _chunks = [];    // by chunk, then by column
    private long _minTime = long.MaxValue;
    private long _maxTime = long.MinValue;

    public int Count { get; private set; }

    /// <param name="row">A number for each <see cref="LedgerColumn"/>.</param>
    public void Add(ReadOnlySpan<long> row)
    {
        var index = Count % ChunkRows;
        if (Count / ChunkRows == _chunks.Count)
        {
            var added = new long[LedgerColumns.Count][];
            for (var column = 0; column < added.Length; column++)
            {
                added[column] = new long[ChunkRows];
            }

            _chunks.Add(added);
        }

        var chunk = _chunks[Count / ChunkRows];
        for (var column = 0; column < row.Length; column++)
        {
            chunk[column][index] = row[column];
        }

        _minTime = Math.Min(_minTime, row[(int)LedgerColumn.Time]);
        _maxTime = Math.Max(_maxTime, row[(int)LedgerColumn.Time]);
        Count++;
    }

    /// <summary>Forgets all rows and keeps their room. Whoever still reads a snapshot reads what comes next.</summary>
    public void Clear() => (Count, _minTime, _maxTime) = (0, long.MaxValue, long.MinValue);

    public ISegmentRows Snapshot() => new Rows(segment, [.. _chunks], Count, _minTime, _maxTime);

    /// <summary>Rows are never changed once they are there.</summary>
    private sealed class Rows(int segment, long[][][] chunks, int count, long minTime, long maxTime) : ISegmentRows
    {
        public int Segment => segment;

        public int Count => count;

        public long MinTime => minTime;

        public long MaxTime => maxTime;

        public bool IsZero(LedgerColumn column) => false;

        public void Read(LedgerColumn column, int first, Span<long> values)
        {
            while (!values.IsEmpty)
            {
                var part = chunks[first / ChunkRows][(int)column].AsSpan(first % ChunkRows);
                part = part[..Math.Min(part.Length, values.Length)];
                part.CopyTo(values);
                values = values[part.Length..];
                first += part.Length;
            }
        }
    }
}
