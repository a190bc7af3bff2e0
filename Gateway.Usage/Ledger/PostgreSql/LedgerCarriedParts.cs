using System.Text.Json;
using Gateway.Core.Money;
using Npgsql;

namespace Gateway.Usage.Ledger.PostgreSql;

/// <summary>Takes sums of requests that another store has no longer: they count here as if their requests had come and had been carried.</summary>
internal static class LedgerCarriedParts
{
    private const string Counts = "input, cached_input, cache_write, output, reasoning, audio_input, audio_output, cost_nano_usd";
    private const string ByHour = "hour, key_id, team, organisation, model, deployment, status_class";
    private const string Dimensions = "hour, key_id, user_id, team, organisation, model, deployment, status_class, tags";

    // Labels come as JSON: arrays of arrays must be rectangles.
    private static readonly string InsertLines = $"""
        with lines as (
            select hour, key_id, user_id, team, organisation, model, deployment, status_class,
                array(select label from jsonb_array_elements_text(labels::jsonb) with ordinality as one (label, place) order by place) as tags, requests, {Counts}
            from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
                as line (hour, key_id, user_id, team, organisation, model, deployment, status_class, labels, requests, {Counts})),
        hours as (
            insert into gateway_ledger_hours as known ({ByHour}, requests, {Counts}, dimensions)
            select {ByHour}, {LedgerSql.Sums(Counts)}, {LedgerRollup.Hash} from lines group by {ByHour}
            on conflict (hour, dimensions) do update set {LedgerSql.Add(Counts)})
        insert into gateway_ledger_carried as known ({Dimensions}, requests, {Counts}, dimensions)
        select {Dimensions}, {LedgerSql.Sums(Counts)}, {LedgerCarry.Hash} from lines group by {Dimensions}
        on conflict (hour, dimensions) do update set {LedgerSql.Add(Counts)}
        """;

    private const string InsertSpent = """
        insert into gateway_ledger_spent as known (name, slot, organisation, slot_id, spent_nano_usd)
        select sha256(convert_to(concat_ws(E'\x01', organisation, id), 'UTF8')), slot, organisation, id, least(sum(nano_usd), 9223372036854775807)::bigint
        from unnest($1, $2, $3, $4) as spent (organisation, id, slot, nano_usd) group by organisation, id, slot
        on conflict (name, slot) do update set spent_nano_usd = least(known.spent_nano_usd::numeric + excluded.spent_nano_usd, 9223372036854775807)::bigint
        """;

    /// <summary>
    /// Whether some of a part's requests came as records before: their journals stand at or behind its marks, and it was not taken as a part. Each segment of a ledger goes on where the one before it has ended.
    /// </summary>
    public static async Task<bool> CameAsRecordsAsync(NpgsqlConnection connection, CarriedPart part, CancellationToken cancellationToken)
    {
        var ask = LedgerSql.Command(
            connection,
            """
            select count(*) from gateway_ledger_marks as known join unnest($2, $3, $4) as mark (producer, epoch, seq) using (producer, epoch)
            where known.seq >= mark.seq and not exists (select from gateway_ledger_moved where part = $1)
            """,
            part.Id,
            Column(part.Marks, static mark => mark.Producer),
            Column(part.Marks, static mark => (long)mark.Epoch),
            Column(part.Marks, static mark => mark.Seq));
        return await LedgerSql.NumberAsync(ask, cancellationToken) > 0;
    }

    /// <summary>Takes a part, in the transaction of a connection. One that was taken before is left.</summary>
    /// <returns>What the ledger has of it, and whether that is new.</returns>
    public static async Task<(UsageCounters Found, bool IsNew)> TakeAsync(NpgsqlConnection connection, CarriedPart part, CancellationToken cancellationToken)
    {
        await LedgerSql.RunAsync(connection, $"select pg_advisory_xact_lock({LedgerSchema.RollupLock})", cancellationToken);
        var total = part.Total;
        await using var begin = LedgerSql.Command(
            connection, "insert into gateway_ledger_moved values ($1, $2, $3, $4, $5) on conflict do nothing", part.Id, total.Requests, total.InputTokens, total.OutputTokens, total.CostNanoUsd);
        var isNew = await begin.ExecuteNonQueryAsync(cancellationToken) > 0;
        if (isNew)
        {
            await AddAsync(connection, part, cancellationToken);
        }

        var found = new UsageCounters();
        await using var ask = LedgerSql.Command(connection, "select requests, input, output, cost_nano_usd from gateway_ledger_moved where part = $1", part.Id);
        await using var rows = await ask.ExecuteReaderAsync(cancellationToken);
        await rows.ReadAsync(cancellationToken);
        found.AddRequests(rows.GetInt64(0));
        found.AddCharge(new TokenUsage(rows.GetInt64(1), 0, 0, rows.GetInt64(2), 0), rows.GetInt64(3));
        return (found, isNew);
    }

    private static async Task AddAsync(NpgsqlConnection connection, CarriedPart part, CancellationToken cancellationToken)
    {
        if (part.Lines.Count > 0)
        {
            var lines = part.Lines;
            await using var insert = LedgerSql.Command(
                connection,
                InsertLines,
                Column(lines, static line => line.Hour),
                Column(lines, static line => LedgerSql.Text(line.KeyId)),
                Column(lines, static line => LedgerSql.Text(line.UserId)),
                Column(lines, static line => LedgerSql.Text(line.Team)),
                Column(lines, static line => LedgerSql.Text(line.Organisation)),
                Column(lines, static line => LedgerSql.Text(line.Model)),
                Column(lines, static line => LedgerSql.Text(line.Deployment)),
                Column(lines, static line => line.StatusClass),
                Column(lines, static line => JsonSerializer.Serialize(LedgerSql.Texts(line.Tags))),
                Column(lines, static line => line.Sum.Requests),
                Column(lines, static line => line.Sum.InputTokens),
                Column(lines, static line => line.Sum.CachedTokens),
                Column(lines, static line => line.Sum.CacheWriteTokens),
                Column(lines, static line => line.Sum.OutputTokens),
                Column(lines, static line => line.Sum.ReasoningTokens),
                Column(lines, static line => line.Sum.AudioInputTokens),
                Column(lines, static line => line.Sum.AudioOutputTokens),
                Column(lines, static line => line.Sum.CostNanoUsd));
            await insert.ExecuteNonQueryAsync(cancellationToken);
        }

        if (part.Spent.Count > 0)
        {
            await using var insert = LedgerSql.Command(
                connection,
                InsertSpent,
                Column(part.Spent, static spent => LedgerSql.Text(spent.Organisation)),
                Column(part.Spent, static spent => LedgerSql.Text(spent.Slot.Id)),
                Column(part.Spent, static spent => spent.Slot.Slot),
                Column(part.Spent, static spent => spent.NanoUsd));
            await insert.ExecuteNonQueryAsync(cancellationToken);
        }

        await LedgerWriter.MarkAsync(connection, part.Marks.GroupBy(static mark => (mark.Producer, mark.Epoch)).ToDictionary(static mark => mark.Key, static mark => mark.Max(static one => one.Seq)), cancellationToken);

        // The first day of which nothing can be missing.
        var day = (part.Until.ToUnixTimeMilliseconds() + LedgerPartitions.MsPerDay - 1) / LedgerPartitions.MsPerDay;
        await using var tell = LedgerSql.Command(connection, "update gateway_ledger_state set kept_day = greatest(kept_day, $1)", checked((int)day));
        await tell.ExecuteNonQueryAsync(cancellationToken);
    }

    private static T[] Column<TLine, T>(IReadOnlyList<TLine> lines, Func<TLine, T> value) => [.. lines.Select(value)];
}
