using Gateway.Core.Journal;
using Gateway.Usage.Ledger.Corrections;

namespace Gateway.Usage.Ledger.Columns;

/// <summary>
/// The segment that is written, or one that is replayed: its rows and what else is known of it, in memory until a <see cref="ColumnFile"/> takes its place. One thread adds under the lock of
/// <see cref="LedgerSegments"/>; <see cref="Snapshot"/> needs it too, and what it gives needs none.
/// </summary>
internal sealed class OpenSegment(int segment)
{
    private readonly RowChunks _rows = new(segment);
    private readonly Dictionary<Guid, uint> _ids = [];

    public int Segment { get; } = segment;

    public SegmentFacts Facts { get; } = new();

    /// <summary>Requests, and the names of corrections, and where their records begin.</summary>
    public IReadOnlyDictionary<Guid, uint> Ids => _ids;

    public uint? Find(Guid requestId) => _ids.TryGetValue(requestId, out var offset) ? offset : null;

    public void Add(UsageFinal final, long offset, NameTable names)
    {
        _ids.Add(final.Intent.RequestId, checked((uint)offset));
        LedgerRows.Make(final, offset, names, _rows.Add);
        Facts.Requests++;
        Facts.Book(final);
    }

    public void Add(CorrectionRecord correction, long offset, NameTable names)
    {
        _ids.Add(CorrectionCodec.KeyOf(correction.Correction.Id), checked((uint)offset));
        _ids.Add(CorrectionCodec.KeyOf(correction.Correction.RequestId, correction.Number), checked((uint)offset));
        LedgerRows.Make(correction, offset, names, _rows.Add);
        Facts.Corrections++;
        Facts.LastCorrectionMs = Math.Max(Facts.LastCorrectionMs, correction.Correction.Time.ToUnixTimeMilliseconds());
        Facts.Book(correction);
    }

    public ISegmentRows Snapshot() => _rows.Snapshot();
}
