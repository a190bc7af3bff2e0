using System.Runtime.CompilerServices;
using Gateway.Core.Journal;
using Gateway.Usage.Budgets;
using Gateway.Usage.Ledger.Columns;
using Gateway.Usage.Ledger.Corrections;
using Microsoft.Extensions.Options;

namespace Gateway.Usage.Ledger;

/// <summary>
/// The ledger in append-only segments of its own, in the journal's format, below <c>GATEWAY_DATA/usage</c>. One process holds it. Batches are taken one after the other and acknowledged after the disk has
/// them. Reports read column files that stand beside the segments, so that neither a start nor a report reads all records.
/// </summary>
internal sealed class EmbeddedLedger : ILedgerStore, IDisposable
{
    /// <summary>Groups of one answer: each costs some 300 bytes until it is sent.</summary>
    public const int MostGroups = 500_000;

    /// <summary>More reports wait: each takes memory for its groups, and batches need the processors too.</summary>
    private const int ReportsAtOnce = 2;

    /// <summary>Into so many segments at least the time is split that requests are kept for: each is carried as a whole, when the newest in it is old enough.</summary>
    private const int SegmentsOfKept = 10;

    private readonly JournalFolder _folder;
    private readonly SegmentLog _log;
    private readonly SegmentHandles _handles;
    private readonly LedgerSegments _segments;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly SemaphoreSlim _carrying = new(1, 1);
    private readonly SemaphoreSlim _reports = new(ReportsAtOnce, ReportsAtOnce);
    private readonly LedgerOptions _options;
    private readonly JournalDisk _disk;
    private readonly TimeProvider _time;
    private readonly BatchApplier _applier;
    private readonly CorrectionApplier _corrections;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly ILogger<EmbeddedLedger> _logger;

    /// <exception cref="JournalConfigurationException">The folder is not ours or cannot be used.</exception>
    public EmbeddedLedger(
        IConfiguration configuration, IOptions<LedgerOptions> options, JournalDisk disk, TimeProvider time, LedgerMetrics metrics,
        BudgetBook budgets, DispatchedRequests dispatched, IHostApplicationLifetime lifetime, ILogger<EmbeddedLedger> logger)
    {
        (_options, _disk, _time, _lifetime, _logger) = (options.Value, disk, time, lifetime, logger);
        var path = Path.Combine(configuration["GATEWAY_DATA"] is { Length: > 0 } data ? data : ".data", "usage");
        _folder = JournalFolder.TryClaim(path, time, disk) ?? throw new JournalConfigurationException(
            $"The ledger folder '{Path.GetFullPath(path)}' is in use by another Usage process. Stop that one, or give this one another GATEWAY_DATA.");
        LedgerSegments? segments = null;
        try
        {
            _segments = segments = new LedgerSegments(path, disk, budgets, logger);
            _log = new SegmentLog(
                new SegmentLogOptions
                {
                    Folder = path,
                    Producer = _folder.Producer,
                    Epoch = _folder.Epoch,
                    SegmentBytes = _options.SegmentBytes,
                    LastKnownSeq = segments.Carried.LastSeq,
                    LastKnownOrdinal = segments.Carried.LastSegment,
                    SyncAfter = null,
                    Time = time,
                    Disk = disk,
                    Failed = OnFailed,
                    Known = segments.Known,
                    Replayed = segments.Replayed,
                },
                segments.Replay);
        }
        catch
        {
            segments?.Dispose();
            _folder.Dispose();
            throw;
        }

        _handles = new SegmentHandles(_log);
        _segments.Begin(_log, _handles);
        _applier = new BatchApplier(_log, _segments, _handles, dispatched, metrics, logger);
        _corrections = new CorrectionApplier(_log, _segments, _handles, logger);
        metrics.Watch(() => Requests);
        logger.Opened(path, Requests, _log.LastSeq);
        logger.Report(path, _log.Recovery, _segments.Unreadable);
        _segments.Carried.Gaps.ForEach(gap => logger.GapFound(path, gap.FromSeq, gap.ToSeq));
    }

    public long Requests => _segments.Requests;

    public DateTimeOffset KeptFrom => _segments.KeptFrom;

    public Exception? Failure => _log.Failure;

    public bool IsWritable => Failure is null && HasRoom;

    public bool HasRoom => _disk.FreeBytes(_folder.Path) >= _options.MinFreeBytes;

    public async Task<IngestResult> IngestAsync(UsageBatchHead head, ReadOnlyMemory<byte> records, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (!HasRoom)
            {
                throw new LedgerFullException();
            }

            // On the pool: the disk may take its time, and the caller may be on a socket's thread.
            return await Task.Run(() => _applier.Apply(head, records), CancellationToken.None);
        }
        finally
        {
            _gate.Release();
        }
    }

    public async Task<IReadOnlyList<CorrectionResult>> CorrectAsync(IReadOnlyList<CostCorrection> corrections, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            return HasRoom ? await Task.Run(() => _corrections.Apply(corrections), CancellationToken.None) : throw new LedgerFullException();
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask<UsageSums> SumAsync(UsageQuery query, CancellationToken cancellationToken)
    {
        await LeaveTheSocketAsync();
        await _reports.WaitAsync(cancellationToken);
        try
        {
            // In this order: the names are those of the rows at least.
            using var reading = _segments.BeginReading();
            var rows = _segments.SnapshotWithSums();
            return await SumScan.RunAsync(query, rows, _segments.Names, MostGroups, cancellationToken);
        }
        finally
        {
            _reports.Release();
        }
    }

    public async Task<long> CarryAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        await _carrying.WaitAsync(cancellationToken);
        try
        {
            await CloseOldAsync(before, cancellationToken);

            // One segment after the other, beside batches and reports; only the lists change between two batches.
            var (carried, beforeMs) = (0L, before.ToUnixTimeMilliseconds());
            while (Failure is null && await Task.Run(() => _segments.WriteOldest(beforeMs, cancellationToken), cancellationToken) is { } files)
            {
                await _gate.WaitAsync(CancellationToken.None);
                try
                {
                    _segments.Replace(files);
                }
                finally
                {
                    _gate.Release();
                }

                await Task.Run(() => _segments.Delete(files), CancellationToken.None);
                carried += files.Requests;
            }

            return carried;
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new IOException("The ledger may not write or delete files of its own folder.", exception);
        }
        finally
        {
            _carrying.Release();
        }
    }

    public async ValueTask<LedgerEntry?> FindAsync(Guid requestId, CancellationToken cancellationToken)
    {
        await LeaveTheSocketAsync();
        using var reading = _segments.BeginReading();
        var rows = _segments.Snapshot();
        return _segments.Locate(requestId) is { } found && TryRead(new RequestPlace(0, found.Segment, (uint)found.Offset), rows, new byte[RecordFrame.MaxFrameBytes]) is { } entry
            && entry.Final.Intent.RequestId == requestId ? entry : null;
    }

    public async IAsyncEnumerable<LedgerEntry> WalkAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await LeaveTheSocketAsync();
        using var reading = _segments.BeginReading();
        var segments = _segments.Snapshot();
        foreach (var rows in segments)
        {
            foreach (var entry in _handles.Entries(rows, _logger, cancellationToken))
            {
                yield return _segments.HasCorrections ? entry with { Corrections = _corrections.Of(entry.Final.Intent.RequestId, segments) } : entry;
            }
        }
    }

    public async ValueTask<RequestPage> ListAsync(RequestQuery query, CancellationToken cancellationToken)
    {
        await LeaveTheSocketAsync();
        await _reports.WaitAsync(cancellationToken);
        try
        {
            using var reading = _segments.BeginReading();
            var rows = _segments.Snapshot();
            var places = new PageScan(query, _segments.Names).Run(rows, cancellationToken);
            var requests = new List<LedgerEntry>(Math.Min(places.Count, query.Limit));
            var buffer = new byte[RecordFrame.MaxFrameBytes];
            for (var i = 0; i < Math.Min(places.Count, query.Limit); i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (TryRead(places[i], rows, buffer) is { } entry)
                {
                    requests.Add(entry);
                }
            }

            return new RequestPage(requests, places.Count > query.Limit ? places[query.Limit - 1] : null);
        }
        finally
        {
            _reports.Release();
        }
    }

    // What is kept for 90 days shall not stay for years because its segment is not full.
    private async Task CloseOldAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        var kept = _time.GetUtcNow() - before;
        if (kept <= TimeSpan.Zero || Failure is not null)
        {
            return;
        }

        await _gate.WaitAsync(cancellationToken);
        try
        {
            await Task.Run(
                () =>
                {
                    _log.SyncAndClose(kept / SegmentsOfKept);
                    _segments.CloseFull();
                },
                CancellationToken.None);
        }
        finally
        {
            _gate.Release();
        }
    }

    private LedgerEntry? TryRead(RequestPlace place, IReadOnlyList<ISegmentRows> segments, byte[] buffer)
    {
        try
        {
            var entry = _handles.Read(place, buffer);
            return _segments.HasCorrections ? entry with { Corrections = _corrections.Of(entry.Final.Intent.RequestId, segments) } : entry;
        }
        catch (InvalidDataException exception)
        {
            // One bad sector must not hide the other requests; the next start names the gap.
            _logger.RecordDamaged(exception);
            return null;
        }
    }

    public void Dispose()
    {
        try
        {
            _log.Dispose();
        }
        finally
        {
            // Also after the disk failed: the folder is free for the next one.
            _handles.Dispose();
            _segments.Dispose();
            _folder.Dispose();
            _gate.Dispose();
            _carrying.Dispose();
            _reports.Dispose();
        }
    }

    // Reports walk through memory and read from the disk; on a socket's thread that would hold up batches and health checks.
    private static ConfiguredTaskAwaitable LeaveTheSocketAsync() => Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);

    private void OnFailed(Exception exception)
    {
        _logger.LedgerFailed(exception);
        Environment.ExitCode = 1;
        _lifetime.StopApplication();
    }
}
