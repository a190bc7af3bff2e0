using Gateway.Core.Journal;
using Gateway.Usage.Ledger.Corrections;

namespace Gateway.Usage.Ledger.Columns;

/// <summary>
/// The segment that is written, or one that is replayed: its rows and what else is known of it, in memory until a <see cref="ColumnFile"/> takes its place. One thread adds under the lock of
/// <see cref="LedgerSegments"/>; <see cref="Snapshot"/> needs it too, and what it gives needs none.
/// </summary>
internal sealed class OpenSegment(int segment)
{
    private const int ChunkRows = 1024;

    private readonly List<long[][]> _chunks = [];    // by chunk, then by column
    private readonly Dictionary<Guid, uint> _ids = [];
    private int _count;
    private long _minTime = long.MaxValue;
    private long _maxTime = long.MinValue;

    public int Segment { get; } = segment;

    public SegmentFacts Facts { get; } = new();

    /// <summary>Requests, and the names of corrections, and where their records begin.</summary>
    public IReadOnlyDictionary<Guid, uint> Ids => _ids;

    public uint? Find(Guid requestId) => _ids.TryGetValue(requestId, out var offset) ? offset : null;

    public void Add(UsageFinal final, long offset, NameTable names)
    {
        _ids.Add(final.Intent.RequestId, checked((uint)offset));
        LedgerRows.Make(final, offset, names, Add);
        Facts.Requests++;
        Facts.Book(final);
    }

    public void Add(CorrectionRecord correction, long offset, NameTable names)
    {
        _ids.Add(CorrectionCodec.KeyOf(correction.Correction.Id), checked((uint)offset));
        _ids.Add(CorrectionCodec.KeyOf(correction.Correction.RequestId, correction.Number), checked((uint)offset));
        LedgerRows.Make(correction, offset, names, Add);
        Facts.Corrections++;
        Facts.LastCorrectionMs = Math.Max(Facts.LastCorrectionMs, correction.Correction.Time.ToUnixTimeMilliseconds());
        Facts.Book(correction);
    }

    public ISegmentRows Snapshot() => new Rows(Segment, [.. _chunks], _count, _minTime, _maxTime);

    private void Add(ReadOnlySpan<long> row)
    {
        var index = _count % ChunkRows;
        if (index == 0)
        {
            var added = new long[LedgerColumns.Count][];
            for (var column = 0; column < added.Length; column++)
            {
                added[column] = new long[ChunkRows];
            }

            _chunks.Add(added);
        }

        var chunk = _chunks[^1];
        for (var column = 0; column < row.Length; column++)
        {
            chunk[column][index] = row[column];
        }

        _minTime = Math.Min(_minTime, row[(int)LedgerColumn.Time]);
        _maxTime = Math.Max(_maxTime, row[(int)LedgerColumn.Time]);
        _count++;
    }

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
