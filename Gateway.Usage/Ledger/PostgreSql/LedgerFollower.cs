using Gateway.Core.Admission.Shared;
using Gateway.Usage.Budgets;
using Npgsql;

namespace Gateway.Usage.Ledger.PostgreSql;

/// <summary>
/// What this process keeps in memory of the ledger: what was spent per budget, and how many requests there are. It begins with the sums of the database and then reads on from row to row, whichever process
/// took them: each row once, in the order of their numbers. Rows that were carried into sums before they were read here, having come late, are made up for by reading the sums again. One reader at a time.
/// </summary>
internal sealed class LedgerFollower(LedgerDatabase database, BudgetBook budgets, DispatchedRequests dispatched) : IDisposable
{
    private const int MaxRows = 5000;

    private const string EndColumns = "row_no, request_id, organisation, budget_ids, budget_slots, total_cost_nano_usd, total_tokens, false";
    private const string CorrectionColumns = "row_no, id, organisation, budget_ids, budget_slots, new_nano_usd - old_nano_usd, 0::bigint, true";

    private readonly SemaphoreSlim _gate = new(1, 1);
    private long _row = -1;
    private long _requests;
    private long _keptDay;

    public long Requests => Interlocked.Read(ref _requests);

    public bool IsLoaded => Interlocked.Read(ref _row) >= 0;

    /// <summary>Requests before it may be carried; MinValue while none are.</summary>
    public DateTimeOffset KeptFrom => Interlocked.Read(ref _keptDay) is > 0 and var day ? LedgerPartitions.StartOf(day) : DateTimeOffset.MinValue;

    /// <summary>Reads until nothing is left to read.</summary>
    /// <exception cref="LedgerUnavailableException">The database does not answer.</exception>
    public async Task CatchUpAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (!IsLoaded)
            {
                Load(await database.AskAsync(BeginAsync, cancellationToken));
            }

            while (true)
            {
                var (ends, keptDay, carriedRow) = await database.AskAsync((connection, token) => AfterAsync(connection, _row, token), cancellationToken);
                Interlocked.Exchange(ref _keptDay, keptDay);
                if (carriedRow > _row)
                {
                    Load(await database.AskAsync(BeginAsync, cancellationToken));
                    Interlocked.Exchange(ref _row, Math.Max(_row, carriedRow));
                    continue;
                }

                foreach (var end in ends)
                {
                    Take(end);
                    Interlocked.Exchange(ref _row, end.Row);
                }

                if (ends.Count < MaxRows)
                {
                    budgets.IsComplete = true;
                    return;
                }
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();

    private void Take(in End end)
    {
        if (end.IsCorrection)
        {
            budgets.AddCorrection(end.Charge);
            return;
        }

        budgets.Add(end.Charge);
        dispatched.Ended(end.Charge.RequestId);
        Interlocked.Increment(ref _requests);
    }

    /// <summary>Takes the sums, and the newest of the ends that are in them. When it was loaded before: what they have more than the book.</summary>
    private void Load(Start start)
    {
        foreach (var (organisation, slot, spent) in start.Spent)
        {
            // Only the reader, which is alone, changes what was spent.
            budgets.AddSpent(organisation, slot, IsLoaded ? spent - budgets.SpentIn(organisation, [slot])[0] : spent);
        }

        foreach (var end in Enumerable.Reverse(start.NewestFirst).Where(end => end.Row > _row))
        {
            budgets.Remember(end.Charge);
            if (IsLoaded)
            {
                dispatched.Ended(end.Charge.RequestId);
            }
        }

        foreach (var end in Enumerable.Reverse(start.CorrectionsNewestFirst).Where(end => end.Row > _row))
        {
            budgets.RememberCorrection(end.Charge);
        }

        Interlocked.Exchange(ref _requests, start.Requests);
        Interlocked.Exchange(ref _row, start.Row);
    }

    private static async Task<Start> BeginAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var row = await LedgerSql.NumberAsync(LedgerSql.Command(connection, "select rolled_row from gateway_ledger_state"), cancellationToken);
        var requests = await LedgerSql.NumberAsync(LedgerSql.Command(connection, "select coalesce(sum(requests), 0)::bigint from gateway_ledger_hours"), cancellationToken);
        var spent = new List<(string, BudgetSlot, long)>();
        await using (var ask = LedgerSql.Command(connection, "select organisation, slot_id, slot, spent_nano_usd from gateway_ledger_spent"))
        {
            await using var rows = await ask.ExecuteReaderAsync(cancellationToken);
            while (await rows.ReadAsync(cancellationToken))
            {
                spent.Add((rows.GetString(0), new BudgetSlot(rows.GetString(1), rows.GetInt64(2)), rows.GetInt64(3)));
            }
        }

        // Rows of organisations only: all others were charged to no budget.
        await using var newest = LedgerSql.Command(
            connection, $"select {EndColumns} from gateway_ledger_requests where row_no <= $1 and organisation <> '' order by row_no desc limit {BudgetBook.DefaultRingCapacity}", row);
        await using var corrections = LedgerSql.Command(
            connection, $"select {CorrectionColumns} from gateway_ledger_corrections where row_no <= $1 and organisation <> '' order by row_no desc limit {BudgetBook.DefaultRingCapacity}", row);
        return new Start(row, requests, spent, await ReadAsync(newest, cancellationToken), await ReadAsync(corrections, cancellationToken));
    }

    private static async Task<(List<End> Ends, long KeptDay, long CarriedRow)> AfterAsync(NpgsqlConnection connection, long row, CancellationToken cancellationToken)
    {
        var (keptDay, carriedRow) = (0L, 0L);
        await using (var ask = LedgerSql.Command(connection, "select coalesce(kept_day, 0)::bigint, carried_row from gateway_ledger_state"))
        {
            await using var state = await ask.ExecuteReaderAsync(cancellationToken);
            if (await state.ReadAsync(cancellationToken))
            {
                (keptDay, carriedRow) = (state.GetInt64(0), state.GetInt64(1));
            }
        }

        await using var next = LedgerSql.Command(
            connection,
            $"""
            (select {EndColumns} from gateway_ledger_requests where row_no > $1 order by row_no limit {MaxRows}) union all
            (select {CorrectionColumns} from gateway_ledger_corrections where row_no > $1 order by row_no limit {MaxRows}) order by row_no limit {MaxRows}
            """,
            row);
        return (await ReadAsync(next, cancellationToken), keptDay, carriedRow);
    }

    private static async Task<List<End>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        var ends = new List<End>();
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
        {
            var (ids, slots) = (rows.GetFieldValue<string[]>(3), rows.GetFieldValue<long[]>(4));
            var charged = ids.Length == 0 ? [] : new BudgetSlot[ids.Length];
            for (var i = 0; i < ids.Length; i++)
            {
                charged[i] = new BudgetSlot(ids[i], slots[i]);
            }

            ends.Add(new End(rows.GetInt64(0), new SpentCharge(rows.GetGuid(1), rows.GetString(2), charged, rows.GetInt64(5), rows.GetInt64(6)), rows.GetBoolean(7)));
        }

        return ends;
    }

    private readonly record struct End(long Row, SpentCharge Charge, bool IsCorrection);

    private sealed record Start(
        long Row, long Requests, List<(string Organisation, BudgetSlot Slot, long Spent)> Spent, List<End> NewestFirst, List<End> CorrectionsNewestFirst);
}
