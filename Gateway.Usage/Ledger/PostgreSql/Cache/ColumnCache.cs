using System.Diagnostics;
using Gateway.Core.Journal;
using Gateway.Usage.Ledger.Columns;

namespace Gateway.Usage.Ledger.PostgreSql.Cache;

/// <summary>
/// The rows of the database as columns on this machine's disk, which sum ten million in a second where the server takes ten. PostgreSQL stays the truth: before each answer the cache reads what was added since, in one
/// snapshot, so that an answer is that of all rows; and what it cannot follow (another history, rows that were carried before they were read here, another ledger's sums) makes it begin anew. Until it has all rows,
/// and where its disk fails, the server is asked. Each process has one of its own. Thread-safe.
/// </summary>
internal sealed class ColumnCache : IAsyncDisposable
{
    /// <summary>Below <c>GATEWAY_DATA</c>; replicas on one machine get folders of their own in it.</summary>
    public const string FolderName = "usage-columns";

    /// <summary>More reports wait, as of the other store.</summary>
    private const int ReportsAtOnce = 2;

    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMinutes(5);

    /// <summary>After all rows could not be read: that is too much to be tried each second.</summary>
    private static readonly TimeSpan PauseAfterLoad = TimeSpan.FromSeconds(10);

    private readonly LedgerDatabase _database;
    private readonly JournalDisk _disk;
    private readonly LedgerOptions _options;
    private readonly string _root;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly SemaphoreSlim _reports = new(ReportsAtOnce, ReportsAtOnce);
    private JournalFolder? _folder;
    private CacheRows? _rows;
    private long _keptDay;
    private DateTimeOffset _notBefore = DateTimeOffset.MinValue;
    private volatile bool _isReady;
    private int _isDisposed;

    /// <param name="database">The truth.</param>
    /// <param name="root">Folder that this process and others on the machine have their columns in.</param>
    /// <param name="disk">Touches the disk.</param>
    /// <param name="options">How large a file is, and what room is left to others.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The ledger's.</param>
    public ColumnCache(LedgerDatabase database, string root, JournalDisk disk, LedgerOptions options, TimeProvider time, ILogger logger) =>
        (_database, _root, _disk, _options, _time, _logger) = (database, root, disk, options, time, logger);

    /// <summary>Whether it has all rows, as of the last look.</summary>
    public bool IsReady => _isReady;

    /// <summary>Sums of all rows that are committed now.</summary>
    /// <returns>Null when the server has to be asked.</returns>
    /// <exception cref="LedgerUnavailableException">The database does not answer.</exception>
    /// <exception cref="Gateway.Core.Errors.GatewayException">There are more groups than one answer holds.</exception>
    public async Task<UsageSums?> TrySumAsync(UsageQuery query, CancellationToken cancellationToken)
    {
        if (!_isReady)
        {
            return null;
        }

        await _reports.WaitAsync(cancellationToken);
        try
        {
            // 1. What was committed until now, and nothing of what comes.
            SegmentReading reading;
            await _gate.WaitAsync(cancellationToken);
            try
            {
                if (!_isReady || !await TryFollowAsync(cancellationToken))
                {
                    return null;
                }

                reading = new SegmentReading(_rows!.BeginReading(), _rows.Snapshot(), _rows.Names);
            }
            catch (Exception exception) when (IsOfTheDisk(exception))
            {
                // Before anybody else sees rows that are there in part.
                Fail(exception);
                return null;
            }
            finally
            {
                _gate.Release();
            }

            // 2. The sums.
            using (reading.Reading)
            {
                return await SumScan.RunAsync(Cleaned(query), reading.Rows, reading.Names, EmbeddedLedger.MostGroups, cancellationToken);
            }
        }
        catch (Exception exception) when (IsOfTheDisk(exception))
        {
            await _gate.WaitAsync(CancellationToken.None);
            Fail(exception);
            _gate.Release();
            return null;
        }
        finally
        {
            _reports.Release();
        }
    }

    /// <summary>Reads what others have taken, and all rows where that has to be; adds up what is kept no longer.</summary>
    /// <exception cref="LedgerUnavailableException">All rows had to be read, and the database does not answer.</exception>
    public async Task KeepUpAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_time.GetUtcNow() < _notBefore)
            {
                return;
            }

            await Task.Run(Open, cancellationToken);
            if (_rows!.Mark is null || !await TryFollowAsync(cancellationToken))
            {
                await LoadAsync(cancellationToken);
            }
            else if (!_isReady)
            {
                _logger.CacheFound(_rows.Count);
            }

            _isReady = true;
            if (_keptDay > 0)
            {
                // One file at a time: reports wait for it.
                await Task.Run(() => _rows.SumOldest(_keptDay * LedgerPartitions.MsPerDay), cancellationToken);
            }
        }
        catch (LedgerUnavailableException) when (_rows?.Mark is not null)
        {
            // What is missing is read the next time.
        }
        catch (LedgerUnavailableException)
        {
            _notBefore = _time.GetUtcNow() + PauseAfterLoad;
            throw;
        }
        catch (Exception exception) when (IsOfTheDisk(exception))
        {
            Fail(exception);
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        // The ledger is known under two names, and each of them ends it.
        if (Interlocked.Exchange(ref _isDisposed, 1) == 1)
        {
            return;
        }

        // Who is at it, and was told to end, still writes: the folder must not be free before.
        await _gate.WaitAsync();
        _rows?.Dispose();
        _folder?.Dispose();
        _gate.Dispose();
        _reports.Dispose();
    }

    // Texts are in the database as it takes them.
    private static UsageQuery Cleaned(UsageQuery query) => query.Filters is null or [] ? query : query with
    {
        Filters = [.. query.Filters.Select(static filter => filter with { Values = LedgerSql.Texts([.. filter.Values]) })],
    };

    private void Open()
    {
        if (_rows is null)
        {
            _folder ??= JournalFolder.ClaimReplica(_root, _time, _disk);
            _rows = new CacheRows(_folder.Path, _disk, _options.MinFreeBytes, _options.ColumnFileRows);
        }
    }

    /// <returns>False when the rows cannot be followed from where the cache is.</returns>
    private async Task<bool> TryFollowAsync(CancellationToken cancellationToken)
    {
        var rows = _rows!;
        while (true)
        {
            var mark = rows.Mark!.Value;
            var (state, step) = await _database.AskAsync(
                async (connection, token) =>
                {
                    // Into a place of their own first: the question may be asked twice.
                    var (state, step) = (await RowFeed.StateAsync(connection, mark, token), new RowChunks(0));
                    if (state.Next is { } next && Explain(state, mark, rows) is null)
                    {
                        await RowFeed.ReadAsync(connection, mark.Row, next.Row, rows.Names, step.Add, token);
                    }

                    return (state, step);
                },
                cancellationToken);
            if (Explain(state, mark, rows) is { } reason)
            {
                // Reports ask the server from here on.
                _isReady = false;
                _logger.CacheBeginsAnew(reason);
                rows.Clear();
                return false;
            }

            _keptDay = state.KeptDay;
            if (state.Next is { } reached)
            {
                rows.Add(step.Snapshot());
                rows.Reached(reached, state.MovedParts);
            }

            if (!state.HasMore)
            {
                return true;
            }
        }
    }

    private string? Explain(in FeedState state, CacheMark mark, CacheRows rows)
    {
        if (state.MovedParts != rows.MovedParts)
        {
            return "another ledger was moved into the database";
        }

        // The row at the mark may have been carried since, by when it had been here; a cache that was only found must find it.
        var isThere = mark.Id == Guid.Empty ? state.CarriedRow >= mark.Row
            : state.Known is { } known ? known == mark
            : _isReady && state.CarriedRow >= mark.Row;
        return !isThere ? "the newest row is not in the database any more, as after a backup was restored"
            : state.CarriedRow > mark.Row ? "requests were turned into sums before they were read here"
            : null;
    }

    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        var (rows, begun) = (_rows!, Stopwatch.GetTimestamp());
        var (mark, moved) = await _database.AskAsync(
            async (connection, token) =>
            {
                OnDisk(rows.Clear);
                await RowFeed.HoldAsync(connection, token);
                var (newest, state) = (await RowFeed.NewestAsync(connection, token), await RowFeed.StateAsync(connection, default, token));
                await RowFeed.ReadCarriedAsync(connection, rows.Names, Add, token);
                OnDisk(rows.EndSums);
                await RowFeed.ReadAllAsync(connection, rows.Names, Add, token);

                // What was carried is in the sums, whatever its number.
                return (state.CarriedRow > newest.Row ? new CacheMark(state.CarriedRow, Guid.Empty) : newest, state.MovedParts);
            },
            cancellationToken,
            isLong: true);
        rows.Reached(mark, moved);
        _logger.CacheLoaded(rows.Count, Stopwatch.GetElapsedTime(begun));

        void Add(ReadOnlySpan<long> row)
        {
            try
            {
                rows.Add(row);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw new CacheDiskException(exception);
            }
        }
    }

    // Else it would be taken for the connection's, and be tried again.
    private static void OnDisk(Action work)
    {
        try
        {
            work();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CacheDiskException(exception);
        }
    }

    private static bool IsOfTheDisk(Exception exception) => exception is not LedgerUnavailableException
        && exception is CacheDiskException or IOException or InvalidDataException or UnauthorizedAccessException or JournalConfigurationException;

    // Rows may be there in part: none is used again.
    private void Fail(Exception exception)
    {
        _isReady = false;
        _notBefore = _time.GetUtcNow() + PauseAfterFailure;
        _logger.CacheFailed(exception, PauseAfterFailure);
        try
        {
            _rows?.Clear();
        }
        catch (Exception again) when (IsOfTheDisk(again))
        {
            // What is left of the files is no whole cache.
        }
    }

    private sealed class CacheDiskException(Exception inner) : Exception("The disk of the column cache failed.", inner);

    private readonly record struct SegmentReading(IDisposable Reading, IReadOnlyList<ISegmentRows> Rows, NameTable Names);
}
