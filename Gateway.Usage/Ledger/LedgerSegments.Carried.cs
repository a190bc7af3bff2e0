using System.Collections.Immutable;
using Gateway.Core.Journal;
using Gateway.Usage.Ledger.Carried;
using Gateway.Usage.Ledger.Columns;

namespace Gateway.Usage.Ledger;

// Segments whose requests are kept no longer: their sums stand in the place of their rows.
internal sealed partial class LedgerSegments
{
    private readonly SegmentReads _reads = new();
    private ImmutableSortedDictionary<int, SumFile> _sums;
    private long _newestCarriedMs;
    private volatile int _carriedThrough;

    /// <summary>What was carried before this start.</summary>
    public SumFolder Carried { get; }

    /// <summary>Requests before it may have been carried into sums; MinValue while none are.</summary>
    public DateTimeOffset KeptFrom => SumFolder.KeptFrom(Interlocked.Read(ref _newestCarriedMs));

    /// <summary>Whoever reads records or rows beside the one who writes begins here, before he looks which there are: their files stay open until he has ended.</summary>
    public SegmentReads.Reading BeginReading() => _reads.Begin();

    /// <summary>Rows of all segments as of now with those of carried ones, which are of many requests each: for sums.</summary>
    public IReadOnlyList<ISegmentRows> SnapshotWithSums()
    {
        lock (_lock)
        {
            return [.. _sums.Values, .. Kept_NeedsLock()];
        }
    }

    /// <summary>Where a correction lies, for one who took a snapshot: also in a segment of it that was carried since.</summary>
    public RecordLocation? LocateCorrection(Guid key, IReadOnlyList<ISegmentRows> seen)
    {
        var found = LocateCorrection(key);
        for (var i = 0; found is null && i < seen.Count && seen[i].Segment <= _carriedThrough; i++)
        {
            found = seen[i] is ColumnFile { HasCorrections: true } file && file.Find(key) is { } offset ? new RecordLocation(file.Segment, offset) : null;
        }

        return found;
    }

    /// <summary>Writes the sums of the oldest closed segment, when all of its requests arrived before a time and nobody has to be told of them one by one any more. One at a time, beside all others.</summary>
    /// <returns>What <see cref="Replace"/> and then <see cref="Delete"/> want; null when the oldest segment stays.</returns>
    /// <exception cref="IOException">The disk failed. The segment stays, and is begun again when it is asked for.</exception>
    public CarriedFiles? WriteOldest(long beforeMs, CancellationToken cancellationToken)
    {
        ColumnFile? columns;
        lock (_lock)
        {
            columns = _log.Segments() is [var oldest, _, ..] && _files.TryGetValue(oldest.Ordinal, out var file) ? file : null;
        }

        return columns is not null && columns.MaxTime < beforeMs && !_budgets.IsRemembered(Math.Max(columns.MaxTime, columns.LastCorrectionMs))
            && _carrier.Write(columns, cancellationToken) is { File: { } sums, Facts: { } facts } ? new CarriedFiles(columns, sums, facts.Requests) : null;
    }

    /// <summary>From now on reports read the sums; those that run have all files open that they may want. Not while a batch or corrections are taken.</summary>
    public void Replace(CarriedFiles carried)
    {
        var segment = carried.Columns.Segment;
        var records = _records.Hold(segment);
        lock (_lock)
        {
            _files = _files.Remove(segment);
            _sums = _sums.SetItem(segment, carried.Sums);
            _newestCarriedMs = Math.Max(_newestCarriedMs, carried.Columns.MaxTime);
            _carriedThrough = segment;
            _log.Release(segment);
        }

        _reads.Retire(carried.Columns, records);
    }

    /// <summary>Deletes what the sums stand for.</summary>
    /// <exception cref="IOException">The disk failed. The next start deletes what is left.</exception>
    public void Delete(CarriedFiles carried)
    {
        // The segment first: columns of no segment are deleted at a start, and so is a segment beside its sums.
        var segment = carried.Columns.Segment;
        File.Delete(SegmentFiles.Path(_folder, segment));
        _disk.SyncFolder(_folder);
        File.Delete(ColumnDirectory.PathOf(_folder, segment));
        _logger.SegmentCarried(segment, carried.Requests);
    }
}

/// <summary>A segment that was carried.</summary>
/// <param name="Columns">Its rows until now.</param>
/// <param name="Sums">Those from now on.</param>
/// <param name="Requests">How many it has.</param>
internal sealed record CarriedFiles(ColumnFile Columns, SumFile Sums, int Requests);
