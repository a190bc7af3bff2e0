using System.Collections.Immutable;
using Gateway.Core.Journal;
using Gateway.Usage.Budgets;
using Gateway.Usage.Ledger.Carried;
using Gateway.Usage.Ledger.Columns;
using Gateway.Usage.Ledger.Corrections;

namespace Gateway.Usage.Ledger;

/// <summary>
/// What is known of the ledger beside its records: rows of closed segments in column files, those of the open one in memory. All of it can be made again from the segments, and is where it is missing or
/// damaged; only the sums of segments that were carried cannot. One thread writes and one carries; readers may be many: what they see changes under a short lock.
/// </summary>
internal sealed partial class LedgerSegments : IDisposable
{
    private readonly string _folder;
    private readonly BudgetBook _budgets;
    private readonly ILogger _logger;
    private readonly NameFile _names;
    private readonly ColumnFileWriter _writer;
    private readonly JournalDisk _disk;
    private readonly SegmentCarrier _carrier;
    private readonly Dictionary<int, SegmentFacts> _facts = [];    // until the start is done
    private readonly Lock _lock = new();
    private ImmutableSortedDictionary<int, ColumnFile> _files = ImmutableSortedDictionary<int, ColumnFile>.Empty;
    private ImmutableSortedDictionary<int, OpenSegment> _inMemory = ImmutableSortedDictionary<int, OpenSegment>.Empty;    // the open one, and those that could not be written
    private OpenSegment? _open;
    private SegmentLog _log = null!;
    private SegmentHandles _records = null!;
    private long _requests;
    private volatile bool _hasCorrections;

    /// <summary>Opens the column files. Then the log is opened with <see cref="Known"/>, <see cref="Replay"/> and <see cref="Replayed"/>, then comes <see cref="Begin"/>.</summary>
    public LedgerSegments(string folder, JournalDisk disk, BudgetBook budgets, ILogger logger)
    {
        (_folder, _disk, _budgets, _logger) = (folder, disk, budgets, logger);
        var files = ColumnFolder.Open(folder, logger);
        _names = NameFile.Open(folder, disk, id => files.Where(file => file.File.Names.Id == id).Max(static file => (int?)file.File.Names.Count) ?? 0);
        Carried = SumFolder.Open(folder, disk, Names, logger);
        (_sums, _newestCarriedMs) = (Carried.Sums, Carried.NewestMs);
        foreach (var (file, facts) in files)
        {
            if (file.Names.Id == _names.Id && !_sums.ContainsKey(file.Segment))
            {
                _files = _files.Add(file.Segment, file);
                _facts[file.Segment] = facts;
            }
            else
            {
                file.Dispose();
            }
        }

        _writer = new ColumnFileWriter(folder, disk, _names);
        _carrier = new SegmentCarrier(folder, disk, Names, logger);
    }

    public ProducerMarks Marks { get; } = new();

    public NameTable Names => _names.Names;

    /// <summary>Records whose layout this build cannot read; they stay in the segments.</summary>
    public int Unreadable { get; private set; }

    public long Requests => Interlocked.Read(ref _requests);

    /// <summary>Whether any request costs something else than its record says.</summary>
    public bool HasCorrections => _hasCorrections;

    public KnownSegment? Known(int ordinal) => _files.TryGetValue(ordinal, out var file) ? file.Known : null;

    /// <summary>Takes a record of a segment that is read at the start.</summary>
    public void Replay(in JournalRecord record, RecordLocation location)
    {
        var open = OpenAt(location.Segment);
        try
        {
            if (record.Type is JournalRecordType.Correction)
            {
                ReplayCorrection(CorrectionCodec.Read(record.Version, record.RequestId, record.Payload), open, location);
                return;
            }

            var origin = LedgerRecords.ReadOrigin(record.Payload, out var payload);
            open.Facts.Marks.Advance(origin.Producer, origin.Epoch, origin.Seq);

            // Of two records of one request the first counts, wherever the second lies.
            if (record.Type is JournalRecordType.Final && open.Find(record.RequestId) is null && Locate(record.RequestId, location.Segment) is null)
            {
                open.Add(UsageRecordCodec.ReadFinal(record.Version, record.RequestId, payload), location.Offset, Names);
            }
        }
        catch (InvalidDataException)
        {
            open.Facts.Unreadable++;
        }
    }

    /// <summary>All records of a segment were replayed.</summary>
    public void Replayed(KnownSegment segment)
    {
        var open = OpenAt(segment.Info.Ordinal);
        _open = null;
        if (_files.TryGetValue(segment.Info.Ordinal, out var old))
        {
            old.Dispose();
            _files = _files.Remove(segment.Info.Ordinal);
        }

        _facts[segment.Info.Ordinal] = open.Facts;
        Close(open, segment);
    }

    /// <summary>The log is open: adds up what the segments said.</summary>
    public void Begin(SegmentLog log, SegmentHandles records)
    {
        (_log, _records) = (log, records);
        ForgetFilesOfNoSegment();

        // 1. Sums and marks of all segments, those first that were carried.
        foreach (var facts in Carried.Readings.Select(static reading => reading.Facts).OfType<SegmentFacts>())
        {
            Take(facts);
        }

        var carried = _requests;
        foreach (var (_, facts) in _facts.OrderBy(static segment => segment.Key))
        {
            Take(facts);
            Unreadable += facts.Unreadable;
            _hasCorrections |= facts.Corrections > 0;
        }

        // 2. The ends of the newest requests, which are wanted one by one.
        var skip = Math.Max(0, _requests - carried - BudgetBook.DefaultRingCapacity);
        foreach (var rows in Snapshot())
        {
            var requests = _facts[rows.Segment].Requests;
            if (skip < requests)
            {
                foreach (var entry in _records.Entries(rows, _logger, CancellationToken.None, (int)skip))
                {
                    _budgets.Remember(entry.Final);
                }
            }

            skip = Math.Max(0, skip - requests);
        }

        // 3. Corrections that stores of budgets may not have heard of, made while this service was not there perhaps.
        foreach (var rows in Snapshot().Where(rows => _facts[rows.Segment] is { Corrections: > 0 } facts && _budgets.IsRemembered(facts.LastCorrectionMs)))
        {
            foreach (var correction in _records.Corrections(rows, _logger))
            {
                _budgets.RememberCorrection(correction);
            }
        }

        _facts.Clear();
    }

    /// <summary>A record of an origin was appended.</summary>
    public void Appended(RecordLocation location, RecordOrigin origin)
    {
        lock (_lock)
        {
            OpenAt(location.Segment).Facts.Marks.Advance(origin.Producer, origin.Epoch, origin.Seq);
        }
    }

    /// <summary>Takes a FINAL that was appended and was not there before.</summary>
    public void Add(UsageFinal final, RecordLocation location)
    {
        lock (_lock)
        {
            OpenAt(location.Segment).Add(final, location.Offset, Names);
            _requests++;
        }

        _budgets.Add(final);
    }

    /// <summary>Takes a correction that was appended and was not there before.</summary>
    public void Add(CorrectionRecord correction, RecordLocation location)
    {
        lock (_lock)
        {
            OpenAt(location.Segment).Add(correction, location.Offset, Names);
            _hasCorrections = true;
        }

        _budgets.AddCorrection(correction);
    }

    /// <summary>Writes the columns of the segment that the log has closed, if it has.</summary>
    public void CloseFull()
    {
        if (_open is { } open && _log.Segments() is var segments && segments[^1].Ordinal > open.Segment && segments.FirstOrDefault(info => info.Ordinal == open.Segment) is { Ordinal: > 0 } info)
        {
            _open = null;
            Close(open, new KnownSegment(info, []));
        }
    }

    /// <summary>Rows of all segments as of now, oldest segment first, without those that were carried.</summary>
    public IReadOnlyList<ISegmentRows> Snapshot()
    {
        lock (_lock)
        {
            return [.. Kept_NeedsLock()];
        }
    }

    /// <summary>Where the record of a request lies; null when there is none.</summary>
    /// <param name="before">Only in segments before this one.</param>
    public RecordLocation? Locate(Guid requestId, int before = int.MaxValue) => Locate(requestId, before, isCorrection: false);

    /// <summary>The same for a correction, by one of its names (<see cref="CorrectionCodec"/>).</summary>
    public RecordLocation? LocateCorrection(Guid key, int before = int.MaxValue) => HasCorrections || before < int.MaxValue ? Locate(key, before, isCorrection: true) : null;

    public void Dispose()
    {
        foreach (var file in _files.Values)
        {
            file.Dispose();
        }

        foreach (var file in _sums.Values)
        {
            file.Dispose();
        }

        _reads.Dispose();
        _names.Dispose();
    }

    private IEnumerable<ISegmentRows> Kept_NeedsLock() => _files.Values.Concat(_inMemory.Values.Select(static open => open.Snapshot())).OrderBy(static rows => rows.Segment);

    private RecordLocation? Locate(Guid requestId, int before, bool isCorrection)
    {
        ImmutableSortedDictionary<int, ColumnFile> files;
        lock (_lock)
        {
            foreach (var (ordinal, open) in _inMemory)
            {
                if (ordinal < before && open.Find(requestId) is { } offset)
                {
                    return new RecordLocation(ordinal, offset);
                }
            }

            files = _files;
        }

        foreach (var (ordinal, file) in files)
        {
            if (ordinal < before && (file.HasCorrections || !isCorrection) && file.Find(requestId) is { } offset)
            {
                return new RecordLocation(ordinal, offset);
            }
        }

        return null;
    }

    // Of two records of one correction the first counts.
    private void ReplayCorrection(CorrectionRecord correction, OpenSegment open, RecordLocation location)
    {
        var (id, number) = (CorrectionCodec.KeyOf(correction.Correction.Id), CorrectionCodec.KeyOf(correction.Correction.RequestId, correction.Number));
        if ((open.Find(id) ?? open.Find(number)) is null && (LocateCorrection(id, location.Segment) ?? LocateCorrection(number, location.Segment)) is null)
        {
            open.Add(correction, location.Offset, Names);
        }
    }

    private OpenSegment OpenAt(int ordinal)
    {
        if (_open?.Segment != ordinal)
        {
            _open = new OpenSegment(ordinal);
            lock (_lock)
            {
                _inMemory = _inMemory.SetItem(ordinal, _open);
            }
        }

        return _open;
    }

    private void Close(OpenSegment open, KnownSegment segment)
    {
        ColumnFile? file = null;
        try
        {
            _writer.Write(open, segment);
            file = ColumnFile.TryOpen(_folder, ColumnDirectory.PathOf(_folder, open.Segment), out _);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The records are safe. The rows stay in memory, and the next start writes them.
            _logger.ColumnsNotWritten(exception, open.Segment);
        }

        if (file is not null)
        {
            lock (_lock)
            {
                _files = _files.SetItem(open.Segment, file);
                _inMemory = _inMemory.Remove(open.Segment);
            }
        }
    }

    private void Take(SegmentFacts facts)
    {
        foreach (var (producer, epoch, seq) in facts.Marks.All())
        {
            Marks.Advance(producer, epoch, seq);
        }

        _requests += facts.Requests;
        foreach (var (organisation, slots) in facts.Spent)
        {
            _budgets.AddSpent(organisation, null, 0);
            foreach (var (slot, spent) in slots)
            {
                _budgets.AddSpent(organisation, slot, spent);
            }
        }
    }

    // A segment that somebody took away, as the log found out; and what a process that died was writing.
    private void ForgetFilesOfNoSegment()
    {
        var ordinals = _log.Segments().Select(static info => info.Ordinal).ToHashSet();
        ColumnFolder.Clean(_folder, ordinals);
        foreach (var ordinal in _files.Keys.Where(ordinal => !ordinals.Contains(ordinal)))
        {
            _files[ordinal].Dispose();
            _files = _files.Remove(ordinal);
            _facts.Remove(ordinal);
        }
    }
}
