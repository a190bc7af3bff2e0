using System.Runtime.CompilerServices;
using Gateway.Core.Journal;
using Gateway.Usage.Budgets;
using Microsoft.Extensions.Options;

namespace Gateway.Usage.Ledger;

/// <summary>
/// The ledger in append-only segments of its own, in the journal's format, below <c>GATEWAY_DATA/usage</c>. One process holds it.
/// Batches are taken one after the other and acknowledged after the disk has them; sums and the index live in memory and are
/// made from the segments at every start.
/// </summary>
internal sealed class EmbeddedLedger : ILedgerStore, IDisposable
{
    private readonly JournalFolder _folder;
    private readonly SegmentLog _log;
    private readonly SegmentHandles _handles;
    private readonly LedgerView _view;
    private readonly Lock _viewLock = new();
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly LedgerOptions _options;
    private readonly JournalDisk _disk;
    private readonly BatchApplier _applier;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly ILogger<EmbeddedLedger> _logger;

    /// <exception cref="JournalConfigurationException">The folder is not ours or cannot be used.</exception>
    public EmbeddedLedger(
        IConfiguration configuration, IOptions<LedgerOptions> options, JournalDisk disk, TimeProvider time, LedgerMetrics metrics,
        BudgetBook budgets, DispatchedRequests dispatched, IHostApplicationLifetime lifetime, ILogger<EmbeddedLedger> logger)
    {
        (_options, _disk, _lifetime, _logger) = (options.Value, disk, lifetime, logger);
        _view = new LedgerView(RequestIdWindow.DefaultCapacity, budgets);
        var path = Path.Combine(configuration["GATEWAY_DATA"] is { Length: > 0 } data ? data : ".data", "usage");
        _folder = JournalFolder.TryClaim(path, time, disk) ?? throw new JournalConfigurationException(
            $"The ledger folder '{Path.GetFullPath(path)}' is in use by another Usage process. Stop that one, or give this one another GATEWAY_DATA.");
        try
        {
            _log = new SegmentLog(
                new SegmentLogOptions
                {
                    Folder = path,
                    Producer = _folder.Producer,
                    Epoch = _folder.Epoch,
                    SegmentBytes = _options.SegmentBytes,
                    SyncAfter = null,
                    Time = time,
                    Disk = disk,
                    Failed = OnFailed,
                },
                _view.Replay);
        }
        catch
        {
            _folder.Dispose();
            throw;
        }

        _handles = new SegmentHandles(_log);
        _applier = new BatchApplier(_log, _view, _viewLock, dispatched, metrics, logger);
        metrics.Watch(() => Requests);
        logger.Opened(path, Requests, _log.LastSeq);
        logger.Report(path, _log.Recovery, _view.Unreadable);
    }

    /// <summary>Requests in the ledger.</summary>
    public long Requests
    {
        get
        {
            lock (_viewLock)
            {
                return _view.Index.Count;
            }
        }
    }

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

    public async ValueTask<UsageSums> SumAsync(UsageQuery query, CancellationToken cancellationToken)
    {
        await LeaveTheSocketAsync();
        if (LedgerView.HasSum(query))
        {
            lock (_viewLock)
            {
                return _view.Sum(query);
            }
        }

        var grouping = new UsageGrouping(query);
        await foreach (var entry in WalkAsync(cancellationToken))
        {
            grouping.Add(entry.Final);
        }

        return grouping.Sums;
    }

    public async ValueTask<LedgerEntry?> FindAsync(Guid requestId, CancellationToken cancellationToken)
    {
        await foreach (var entry in WalkAsync(cancellationToken))
        {
            if (entry.Final.Intent.RequestId == requestId)
            {
                return entry;
            }
        }

        return null;
    }

    public async IAsyncEnumerable<LedgerEntry> WalkAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await LeaveTheSocketAsync();
        List<RequestPlace> places;
        lock (_viewLock)
        {
            places = [.. _view.Index.Before(null).Select(static entry => entry.Place)];
        }

        places.Sort(static (left, right) => (left.Segment, left.Offset).CompareTo((right.Segment, right.Offset)));
        var buffer = new byte[RecordFrame.MaxFrameBytes];
        foreach (var place in places)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (TryRead(place, buffer) is { } entry)
            {
                yield return entry;
            }
        }
    }

    public async ValueTask<RequestPage> ListAsync(RequestQuery query, CancellationToken cancellationToken)
    {
        await LeaveTheSocketAsync();
        List<RequestPlace> places;
        lock (_viewLock)
        {
            places = _view.Find(query);
        }

        var requests = new List<LedgerEntry>(query.Limit);
        RequestPlace? last = null;
        var buffer = new byte[RecordFrame.MaxFrameBytes];
        for (var i = 0; i < places.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (TryRead(places[i], buffer) is not { } entry || !UsageGrouping.Passes(entry.Final, entry.Final.Intent.Deployment, query.Filters))
            {
                continue;
            }

            if (requests.Count == query.Limit)
            {
                return new RequestPage(requests, last);
            }

            requests.Add(entry);
            last = places[i];
        }

        return new RequestPage(requests, null);
    }

    private LedgerEntry? TryRead(RequestPlace place, byte[] buffer)
    {
        try
        {
            return _handles.Read(place, buffer);
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
        _handles.Dispose();
        _log.Dispose();
        _folder.Dispose();
        _gate.Dispose();
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
