namespace Gateway.Usage.Ledger.Columns;

/// <summary>The rows of one segment, in the order of its records, as far as they were there when they were asked for. Thread-safe.</summary>
internal interface ISegmentRows
{
    int Segment { get; }

    int Count { get; }

    /// <summary>Time of the earliest request. Of no meaning without rows, as the next.</summary>
    long MinTime { get; }

    long MaxTime { get; }

    /// <summary>Whether a column has 0 in all rows, and so needs no reading.</summary>
    bool IsZero(LedgerColumn column);

    /// <summary>Reads one column of as many rows as <paramref name="values"/> takes.</summary>
    void Read(LedgerColumn column, int first, Span<long> values);
}
