using Gateway.Core.Admission.Shared;
using Gateway.Usage.Budgets;
using Npgsql;

namespace Gateway.Usage.Ledger.PostgreSql;

/// <summary>
/// What this process keeps in memory of the ledger: what was spent per budget, and how many requests there are. It begins with the sums of the database and then reads on from row to row, whichever process
/// took them: each row once, in the order of their numbers. One reader at a time.
/// </summary>
internal sealed class LedgerFollower(LedgerDatabase database, BudgetBook budgets, DispatchedRequests dispatched) : IDisposable
{
    private const int MaxRows = 5000;

    private const string EndColumns = "row_no, request_id, organisation, budget_ids, budget_slots, total_cost_nano_usd, total_tokens, false";
    private const string CorrectionColumns = "row_no, id, organisation, budget_ids, budget_slots, new_nano_usd - old_nano_usd, 0::bigint, true";

    private readonly SemaphoreSlim _gate = new(1, 1);
    private long _row = -1;
    private long _requests;

    public long Requests => Interlocked.Read(ref _requests);

    public bool IsLoaded => Interlocked.Read(ref _row) >= 0;

    /// <summary>Reads until nothing is left to read.</summary>
    /// <exception cref="LedgerUnavailableException">The database does not answer.</exception>
    public async Task CatchUpAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (!IsLoaded)
            {
                var start = await database.AskAsync(BeginAsync, cancellationToken);
                Load(start);
            }

            while (true)
            {
                var ends = await database.AskAsync((connection, token) => AfterAsync(connection, _row, token), cancellationToken);
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

    /// <summary>Requests that are kept no longer.</summary>
    public void Forget(long requests) => Interlocked.Add(ref _requests, -requests);

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

    private void Load(Start start)
    {
        foreach (var (organisation, slot, spent) in start.Spent)
        {
            budgets.AddSpent(organisation, slot, spent);
        }

        for (var i = start.NewestFirst.Count - 1; i >= 0; i--)
        {
            budgets.Remember(start.NewestFirst[i].Charge);
        }

        for (var i = start.CorrectionsNewestFirst.Count - 1; i >= 0; i--)
        {
            budgets.RememberCorrection(start.CorrectionsNewestFirst[i].Charge);
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

    private static async Task<List<End>> AfterAsync(NpgsqlConnection connection, long row, CancellationToken cancellationToken)
    {
        await using var next = LedgerSql.Command(
            connection,
            $"""
            (select {EndColumns} from gateway_ledger_requests where row_no > $1 order by row_no limit {MaxRows}) union all
            (select {CorrectionColumns} from gateway_ledger_corrections where row_no > $1 order by row_no limit {MaxRows}) order by row_no limit {MaxRows}
            """,
            row);
        return await ReadAsync(next, cancellationToken);
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
