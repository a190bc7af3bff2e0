using Npgsql;

namespace Gateway.Usage.Ledger.PostgreSql;

/// <summary>
/// Sums by hour and by slot of a budget. One process at a time takes the rows after the last that is in the sums, adds them and says how far it has come, all in one transaction: each row is in the sums once,
/// whenever it came and whichever hour it is of.
/// </summary>
internal static class LedgerRollup
{
    /// <summary>What tells the names of an hour's row apart.</summary>
    public const string Hash = @"sha256(convert_to(concat_ws(E'\x01', key_id, team, organisation, model, deployment, status_class::text), 'UTF8'))";

    /// <summary>Of one transaction: no long ones, and nothing lost when one is cut off.</summary>
    private const int MaxRows = 20_000;

    private const string Counts = "input, cached_input, cache_write, output, reasoning, audio_input, audio_output, cost_nano_usd";
    private const string Dimensions = "hour, key_id, team, organisation, model, deployment, status_class";

    private static readonly string AddHours = $"""
        with fresh as (
            select {Dimensions}, 1::bigint as requests, {Counts} from gateway_ledger_requests where row_no > $1 and row_no <= $2
            union all
            select {Dimensions}, 0::bigint, {Counts} from gateway_ledger_charges where row_no > $1 and row_no <= $2)
        insert into gateway_ledger_hours as known ({Dimensions}, requests, {Counts}, dimensions)
        select {Dimensions}, {LedgerSql.Sums(Counts)},
            {Hash}
        from fresh group by {Dimensions}
        on conflict (hour, dimensions) do update set {LedgerSql.Add(Counts)}
        """;

    private const string AddSpent = """
        insert into gateway_ledger_spent as known (name, slot, organisation, slot_id, spent_nano_usd)
        select sha256(convert_to(concat_ws(E'\x01', organisation, budget.id), 'UTF8')), budget.slot, organisation, budget.id, least(sum(cost_nano_usd), 9223372036854775807)::bigint
        from (
            select organisation, budget_ids, budget_slots, total_cost_nano_usd as cost_nano_usd from gateway_ledger_requests where row_no > $1 and row_no <= $2 and organisation <> ''
            union all
            select organisation, budget_ids, budget_slots, new_nano_usd - old_nano_usd from gateway_ledger_corrections where row_no > $1 and row_no <= $2 and organisation <> '') as ends
        cross join lateral unnest(budget_ids, budget_slots) as budget (id, slot)
        group by organisation, budget.id, budget.slot
        on conflict (name, slot) do update set spent_nano_usd = least(known.spent_nano_usd::numeric + excluded.spent_nano_usd, 9223372036854775807)::bigint
        """;

    /// <returns>Rows that were added; 0 when there are none, or when another process is at it.</returns>
    public static async Task<int> StepAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using (var alone = LedgerSql.Command(connection, $"select pg_try_advisory_xact_lock({LedgerSchema.RollupLock})"))
        {
            if (await alone.ExecuteScalarAsync(cancellationToken) is not true)
            {
                return 0;
            }
        }

        var from = await LedgerSql.NumberAsync(LedgerSql.Command(connection, "select rolled_row from gateway_ledger_state"), cancellationToken);
        await using (var ask = LedgerSql.Command(
            connection,
            $"""
            select count(*), max(row_no) from (
                (select row_no from gateway_ledger_requests where row_no > $1 order by row_no limit {MaxRows}) union all
                (select row_no from gateway_ledger_corrections where row_no > $1 order by row_no limit {MaxRows}) order by row_no limit {MaxRows}) as next
            """,
            from))
        {
            long count;
            long to;
            await using (var next = await ask.ExecuteReaderAsync(cancellationToken))
            {
                await next.ReadAsync(cancellationToken);
                (count, to) = (next.GetInt64(0), next.IsDBNull(1) ? from : next.GetInt64(1));
            }

            if (count == 0)
            {
                return 0;
            }

            foreach (var sql in new[] { AddHours, AddSpent })
            {
                await using var add = LedgerSql.Command(connection, sql, from, to);
                await add.ExecuteNonQueryAsync(cancellationToken);
            }

            await using var tell = LedgerSql.Command(connection, "update gateway_ledger_state set rolled_row = $1", to);
            await tell.ExecuteNonQueryAsync(cancellationToken);
            return (int)count;
        }
    }
}
