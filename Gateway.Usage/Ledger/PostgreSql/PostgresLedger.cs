using System.Runtime.CompilerServices;
using Gateway.Core.Errors;
using Gateway.Core.Journal;
using Gateway.Usage.Budgets;
using Gateway.Usage.Ledger.Corrections;
using Gateway.Usage.Ledger.PostgreSql.Cache;
using Npgsql;

namespace Gateway.Usage.Ledger.PostgreSql;

/// <summary>
/// The ledger in PostgreSQL, for any number of Usage processes. A batch is one transaction: what was acknowledged is committed, and a batch that failed left nothing or all of itself, which its repetition finds
/// out. Unique ids of requests stand behind the marks of the producers. Thread-safe.
/// </summary>
internal sealed class PostgresLedger : ILedgerStore, IAsyncDisposable
{
    private const int WalkRows = 500;

    private static readonly GatewayError Unavailable = new(GatewayErrorKind.ServiceUnavailable, "The ledger's database does not answer. Try again.", RetryAfter: TimeSpan.FromSeconds(2));

    private readonly LedgerDatabase _database;
    private readonly ColumnCache? _columns;
    private readonly LedgerPartitions _partitions = new();
    private readonly LedgerWriter _writer;
    private readonly LedgerFollower _follower;
    private readonly DispatchedRequests _dispatched;
    private readonly LedgerMetrics _metrics;
    private readonly ILogger<PostgresLedger> _logger;

    /// <param name="columns">Null to ask the server for every sum.</param>
    public PostgresLedger(LedgerDatabase database, ColumnCache? columns, BudgetBook budgets, DispatchedRequests dispatched, LedgerMetrics metrics, ILogger<PostgresLedger> logger)
    {
        (_database, _columns, _dispatched, _metrics, _logger) = (database, columns, dispatched, metrics, logger);
        _writer = new LedgerWriter(_partitions);
        _follower = new LedgerFollower(database, budgets, dispatched);

        // Until the sums are read, nobody must take the book's zeros for true.
        budgets.IsComplete = false;
        metrics.Watch(() => Requests);
    }

    public long Requests => _follower.Requests;

    /// <summary>As of the last second, whichever process carried.</summary>
    public DateTimeOffset KeptFrom => _follower.KeptFrom;

    public bool IsWritable => Problem is null;

    /// <summary>Never for good: a database comes back.</summary>
    public Exception? Failure => null;

    public string? Problem => _database.Problem is { } problem ? problem + "; batches stay with the Routers" : _follower.IsLoaded ? null : "what was spent is being read from PostgreSQL";

    public async Task<IngestResult> IngestAsync(UsageBatchHead head, ReadOnlyMemory<byte> records, CancellationToken cancellationToken)
    {
        _dispatched.BatchCame();
        var tries = 0;
        var (plan, taken) = await _database.ChangeAsync(
            (connection, token) =>
            {
                if (tries++ > 0)
                {
                    // Whatever failed: another process may have dropped a day that was thought to be there.
                    _partitions.Forget();
                }

                return TakeAsync(connection, head, records, token);
            },
            CancellationToken.None);
        _partitions.Remember(taken.Select(static row => LedgerPartitions.DayOf(row.TimeMs)));
        plan.Tell(taken, _dispatched, _metrics, _logger);
        if (taken.Count > 0)
        {
            await TryFollowAsync(CancellationToken.None);
        }

        return new IngestResult(head.ToSeq, plan.Expected);
    }

    public async Task<IReadOnlyList<CorrectionResult>> CorrectAsync(IReadOnlyList<CostCorrection> corrections, CancellationToken cancellationToken)
    {
        var results = await _database.ChangeAsync((connection, token) => LedgerCorrections.TakeAsync(connection, corrections, token), CancellationToken.None);
        await TryFollowAsync(CancellationToken.None);
        return results;
    }

    public async ValueTask<UsageSums> SumAsync(UsageQuery query, CancellationToken cancellationToken)
    {
        try
        {
            if (_columns is not null && await _columns.TrySumAsync(query, cancellationToken) is { } sums)
            {
                return sums;
            }
        }
        catch (LedgerUnavailableException exception)
        {
            throw new GatewayException(Unavailable, exception);
        }

        return await AskAsync((connection, token) => LedgerSums.SumAsync(connection, query, token), cancellationToken);
    }

    public async ValueTask<RequestPage> ListAsync(RequestQuery query, CancellationToken cancellationToken)
    {
        var requests = new List<LedgerEntry>(query.Limit);
        var before = query.Before;
        RequestPlace? last = null;
        while (true)
        {
            var most = query.Limit - requests.Count + 1;
            var records = await AskAsync((connection, token) => LedgerReader.ListAsync(connection, query, before, most, token), cancellationToken);
            foreach (var record in records)
            {
                if (requests.Count == query.Limit)
                {
                    return new RequestPage(requests, last);
                }

                before = record.Place;
                if (TryOpen(record) is { } entry)
                {
                    requests.Add(entry);
                    last = record.Place;
                }
            }

            // Fewer than a page although there were enough records: some cannot be read by this build.
            if (records.Count < most)
            {
                return new RequestPage(requests, null);
            }
        }
    }

    /// <summary>By whole days (UTC). Several processes may do it at once: each takes pieces.</summary>
    public async Task<long> CarryAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        var day = LedgerPartitions.DayOf(before.ToUnixTimeMilliseconds());

        while (await _database.ChangeAsync(LedgerCarry.DropAsync, cancellationToken))
        {
            _partitions.Forget();
        }

        var (carry, carried) = (new LedgerCarry(day), 0L);
        if (await _database.AskAsync(carry.HasAnyAsync, cancellationToken))
        {
            // Most of the summing up is done without keeping batches waiting.
            await RollUpAsync(cancellationToken);
        }

        while (await _database.ChangeAsync(carry.StepAsync, cancellationToken) is { } requests)
        {
            carry.Committed();
            carried += requests;
        }

        while (await _database.ChangeAsync((connection, token) => LedgerCarry.ForgetIdsAsync(connection, day * LedgerPartitions.MsPerDay, token), cancellationToken) > 0)
        {
        }

        await TryFollowAsync(cancellationToken);
        return carried;
    }

    public async ValueTask<LedgerEntry?> FindAsync(Guid requestId, CancellationToken cancellationToken)
    {
        var found = await AskAsync((connection, token) => LedgerReader.FindAsync(connection, requestId, token), cancellationToken);
        return found is { } record ? TryOpen(record) : null;
    }

    public async IAsyncEnumerable<LedgerEntry> WalkAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var row = 0L;
        while (true)
        {
            var after = row;
            var records = await AskAsync((connection, token) => LedgerReader.AfterAsync(connection, after, WalkRows, token), cancellationToken);
            foreach (var record in records)
            {
                row = record.Row;
                if (TryOpen(record) is { } entry)
                {
                    yield return entry;
                }
            }

            if (records.Count < WalkRows)
            {
                yield break;
            }
        }
    }

    /// <summary>Reads what other processes have taken.</summary>
    /// <returns>False when the database does not answer.</returns>
    public async Task<bool> TryFollowAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _follower.CatchUpAsync(cancellationToken);
            return true;
        }
        catch (LedgerUnavailableException)
        {
            // What is missing is read the next time.
            return false;
        }
    }

    /// <summary>Whether sums are made of columns on this machine.</summary>
    public bool HasColumns => _columns is { IsReady: true };

    /// <summary>Brings the columns on this machine up to date, which reports would have to do else.</summary>
    /// <exception cref="LedgerUnavailableException">The database does not answer.</exception>
    public Task KeepColumnsAsync(CancellationToken cancellationToken) => _columns?.KeepUpAsync(cancellationToken) ?? Task.CompletedTask;

    /// <summary>Brings the sums by hour up to date.</summary>
    /// <exception cref="LedgerUnavailableException">The database does not answer.</exception>
    public async Task RollUpAsync(CancellationToken cancellationToken)
    {
        while (await _database.ChangeAsync(LedgerRollup.StepAsync, cancellationToken) > 0)
        {
        }
    }

    /// <summary>Makes the tables of the next days before anybody waits for them.</summary>
    /// <exception cref="LedgerUnavailableException">The database does not answer.</exception>
    public async Task MakeDaysAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var today = LedgerPartitions.DayOf(now.ToUnixTimeMilliseconds());
        long[] days = [today, today + 1, today + 2];
        await _database.ChangeAsync(
            async (connection, token) =>
            {
                await LedgerSql.RunAsync(connection, $"select pg_advisory_xact_lock({LedgerSchema.OrderLock})", token);
                await _partitions.EnsureAsync(connection, days, token);
                return true;
            },
            cancellationToken);
        _partitions.Remember(days);
    }

    public ValueTask DisposeAsync()
    {
        _follower.Dispose();
        _columns?.Dispose();
        return _database.DisposeAsync();
    }

    private async Task<(BatchPlan Plan, List<LedgerRow> Taken)> TakeAsync(NpgsqlConnection connection, UsageBatchHead head, ReadOnlyMemory<byte> records, CancellationToken cancellationToken)
    {
        var marks = await LedgerWriter.LockAsync(connection, head.Producer, cancellationToken);
        var plan = BatchPlan.Make(records, marks);
        var taken = await _writer.AddAsync(connection, plan.Rows, plan.WasThere, cancellationToken);
        await LedgerWriter.KeepAsync(connection, plan.Refused, plan.Lost, cancellationToken);
        await LedgerWriter.MarkAsync(connection, plan.Marks, cancellationToken);
        return (plan, taken);
    }

    private async Task<T> AskAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        try
        {
            return await _database.AskAsync(ask, cancellationToken);
        }
        catch (LedgerUnavailableException exception)
        {
            throw new GatewayException(Unavailable, exception);
        }
    }

    private LedgerEntry? TryOpen(in StoredRecord record)
    {
        try
        {
            return record.Open();
        }
        catch (InvalidDataException exception)
        {
            _logger.RecordDamaged(exception);
            return null;
        }
    }
}
