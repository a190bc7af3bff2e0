using Npgsql;
using NpgsqlTypes;

namespace Gateway.Usage.Ledger.PostgreSql;

/// <summary>Puts rows, evidence, gaps and marks into the tables, in the transaction of a connection.</summary>
internal sealed class LedgerWriter(LedgerPartitions partitions)
{
    private const string CopyRequests = """
        copy gateway_ledger_requests (row_no, time_ms, hour, request_id, producer, epoch, seq, key_id, user_id, team, organisation, model, deployment, status, status_class, tags,
            input, cached_input, cache_write, output, reasoning, audio_input, audio_output, cost_nano_usd, total_tokens, total_cost_nano_usd, budget_ids, budget_slots, version, payload)
        from stdin (format binary)
        """;

    private const string CopyCharges = """
        copy gateway_ledger_charges (row_no, time_ms, hour, key_id, user_id, team, organisation, model, deployment, status_class, tags,
            input, cached_input, cache_write, output, reasoning, audio_input, audio_output, cost_nano_usd)
        from stdin (format binary)
        """;

    // Each id is once in the arrays. Numbers of ids that are there already are left out for ever.
    private const string InsertIds = """
        insert into gateway_ledger_ids (request_id, row_no, time_ms, digest)
        select id, nextval('gateway_ledger_rows'), time_ms, digest from unnest($1, $2, $3) with ordinality as batch (id, time_ms, digest, place) order by place
        on conflict (request_id) do nothing
        returning request_id, row_no
        """;

    /// <summary>The marks of a producer. Whoever has them is alone with the producer until the end of the transaction.</summary>
    public static async Task<ProducerMarks> LockAsync(NpgsqlConnection connection, Guid producer, CancellationToken cancellationToken)
    {
        await using (var add = LedgerSql.Command(connection, "insert into gateway_ledger_producers values ($1) on conflict do nothing", producer))
        {
            await add.ExecuteNonQueryAsync(cancellationToken);
        }

        await using (var wait = LedgerSql.Command(connection, "select from gateway_ledger_producers where producer = $1 for update", producer))
        {
            await wait.ExecuteNonQueryAsync(cancellationToken);
        }

        // A question of its own: its snapshot is of the time after the wait.
        var marks = new ProducerMarks();
        await using var ask = LedgerSql.Command(connection, "select epoch, seq from gateway_ledger_marks where producer = $1", producer);
        await using var rows = await ask.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
        {
            marks.Advance(producer, checked((uint)rows.GetInt64(0)), rows.GetInt64(1));
        }

        return marks;
    }

    /// <summary>Puts in what is not there yet.</summary>
    /// <param name="wasThere">Told of each row whose request is there already, and whether with the same record.</param>
    /// <returns>Rows that are new.</returns>
    public async Task<List<LedgerRow>> AddAsync(NpgsqlConnection connection, IReadOnlyList<LedgerRow> rows, Action<LedgerRow, bool> wasThere, CancellationToken cancellationToken)
    {
        if (rows.Count == 0)
        {
            return [];
        }

        // 1. From here to the commit the numbers are ours.
        await LedgerSql.RunAsync(connection, $"select pg_advisory_xact_lock({LedgerSchema.OrderLock})", cancellationToken);

        // 2. Which of them are new, and under which number.
        var once = rows.DistinctBy(static row => row.RequestId).ToList();
        var numbers = await InsertIdsAsync(connection, once, cancellationToken);
        var digests = numbers.Count == rows.Count ? [] : await DigestsAsync(connection, [.. once.Select(static row => row.RequestId)], cancellationToken);
        var taken = new List<LedgerRow>(numbers.Count);
        var seen = new HashSet<Guid>();
        foreach (var row in rows)
        {
            if (seen.Add(row.RequestId) && numbers.ContainsKey(row.RequestId))
            {
                taken.Add(row);
            }
            else
            {
                wasThere(row, digests.TryGetValue(row.RequestId, out var digest) && digest == row.Digest);
            }
        }

        // 3. All of their columns.
        if (taken.Count > 0)
        {
            var days = taken.Select(static row => LedgerPartitions.DayOf(row.TimeMs)).ToHashSet();
            await partitions.EnsureAsync(connection, days, cancellationToken);
            await CopyRequestsAsync(connection, taken, numbers, cancellationToken);
            await CopyChargesAsync(connection, taken, numbers, cancellationToken);
        }

        return taken;
    }

    public static async Task KeepAsync(NpgsqlConnection connection, IReadOnlyList<RefusedRecord> evidence, IReadOnlyList<LostRecords> gaps, CancellationToken cancellationToken)
    {
        foreach (var record in evidence)
        {
            await using var keep = LedgerSql.Command(
                connection, "insert into gateway_ledger_evidence (producer, epoch, seq, request_id, version, reason, payload) values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing",
                record.Origin.Producer, (long)record.Origin.Epoch, record.Origin.Seq, record.RequestId, (short)record.Version, record.Reason, record.Payload);
            await keep.ExecuteNonQueryAsync(cancellationToken);
        }

        foreach (var gap in gaps)
        {
            await using var keep = LedgerSql.Command(
                connection, "insert into gateway_ledger_gaps (producer, epoch, from_seq, to_seq) values ($1, $2, $3, $4) on conflict do nothing",
                gap.Origin.Producer, (long)gap.Origin.Epoch, gap.FromSeq, gap.Origin.Seq);
            await keep.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    public static async Task MarkAsync(NpgsqlConnection connection, IReadOnlyDictionary<(Guid Producer, uint Epoch), long> marks, CancellationToken cancellationToken)
    {
        foreach (var ((producer, epoch), seq) in marks.OrderBy(static mark => mark.Key))
        {
            await using var advance = LedgerSql.Command(
                connection, "insert into gateway_ledger_marks values ($1, $2, $3) on conflict (producer, epoch) do update set seq = greatest(gateway_ledger_marks.seq, excluded.seq)", producer, (long)epoch, seq);
            await advance.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    private static async Task<Dictionary<Guid, long>> InsertIdsAsync(NpgsqlConnection connection, List<LedgerRow> rows, CancellationToken cancellationToken)
    {
        await using var insert = LedgerSql.Command(
            connection, InsertIds, rows.Select(static row => row.RequestId).ToArray(), rows.Select(static row => row.TimeMs).ToArray(), rows.Select(static row => row.Digest).ToArray());
        var numbers = new Dictionary<Guid, long>(rows.Count);
        await using var inserted = await insert.ExecuteReaderAsync(cancellationToken);
        while (await inserted.ReadAsync(cancellationToken))
        {
            numbers.Add(inserted.GetGuid(0), inserted.GetInt64(1));
        }

        return numbers;
    }

    private static async Task<Dictionary<Guid, long>> DigestsAsync(NpgsqlConnection connection, Guid[] ids, CancellationToken cancellationToken)
    {
        await using var ask = LedgerSql.Command(connection, "select request_id, digest from gateway_ledger_ids where request_id = any($1)", ids);
        var digests = new Dictionary<Guid, long>(ids.Length);
        await using var known = await ask.ExecuteReaderAsync(cancellationToken);
        while (await known.ReadAsync(cancellationToken))
        {
            digests.Add(known.GetGuid(0), known.GetInt64(1));
        }

        return digests;
    }

    private static async Task CopyRequestsAsync(NpgsqlConnection connection, List<LedgerRow> rows, Dictionary<Guid, long> numbers, CancellationToken cancellationToken)
    {
        await using var copy = await connection.BeginBinaryImportAsync(CopyRequests, cancellationToken);
        foreach (var row in rows)
        {
            var intent = row.Final.Intent;
            var budgets = row.Budgets;
            await copy.StartRowAsync(cancellationToken);
            await copy.WriteAsync(numbers[row.RequestId], NpgsqlDbType.Bigint, cancellationToken);
            await copy.WriteAsync(row.TimeMs, NpgsqlDbType.Bigint, cancellationToken);
            await copy.WriteAsync(row.Hour, NpgsqlDbType.Integer, cancellationToken);
            await copy.WriteAsync(row.RequestId, NpgsqlDbType.Uuid, cancellationToken);
            await copy.WriteAsync(row.Origin.Producer, NpgsqlDbType.Uuid, cancellationToken);
            await copy.WriteAsync((long)row.Origin.Epoch, NpgsqlDbType.Bigint, cancellationToken);
            await copy.WriteAsync(row.Origin.Seq, NpgsqlDbType.Bigint, cancellationToken);
            await copy.WriteAsync(LedgerSql.Text(intent.KeyId), NpgsqlDbType.Text, cancellationToken);
            await copy.WriteAsync(LedgerSql.Text(intent.User), NpgsqlDbType.Text, cancellationToken);
            await copy.WriteAsync(LedgerSql.Text(intent.Team), NpgsqlDbType.Text, cancellationToken);
            await copy.WriteAsync(LedgerSql.Text(intent.Organisation), NpgsqlDbType.Text, cancellationToken);
            await copy.WriteAsync(LedgerSql.Text(intent.RequestedModel), NpgsqlDbType.Text, cancellationToken);
            await copy.WriteAsync(LedgerSql.Text(intent.Deployment), NpgsqlDbType.Text, cancellationToken);
            await copy.WriteAsync(row.Final.Status, NpgsqlDbType.Integer, cancellationToken);
            await copy.WriteAsync(LedgerRow.StatusClass(row.Final.Status), NpgsqlDbType.Smallint, cancellationToken);
            await copy.WriteAsync(LedgerSql.Texts(intent.Tags), NpgsqlDbType.Array | NpgsqlDbType.Text, cancellationToken);
            await WriteAsync(copy, row.Charge.Usage, row.Charge.CostNanoUsd, cancellationToken);
            await copy.WriteAsync(row.TotalTokens, NpgsqlDbType.Bigint, cancellationToken);
            await copy.WriteAsync(row.Final.CostNanoUsd, NpgsqlDbType.Bigint, cancellationToken);
            await copy.WriteAsync(budgets.Select(static slot => LedgerSql.Text(slot.Id)).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text, cancellationToken);
            await copy.WriteAsync(budgets.Select(static slot => slot.Slot).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Bigint, cancellationToken);
            await copy.WriteAsync((short)row.Version, NpgsqlDbType.Smallint, cancellationToken);
            await copy.WriteAsync(row.Payload, NpgsqlDbType.Bytea, cancellationToken);
        }

        await copy.CompleteAsync(cancellationToken);
    }

    private static async Task CopyChargesAsync(NpgsqlConnection connection, List<LedgerRow> rows, Dictionary<Guid, long> numbers, CancellationToken cancellationToken)
    {
        if (rows.TrueForAll(static row => row.Others.Count == 0))
        {
            return;
        }

        await using var copy = await connection.BeginBinaryImportAsync(CopyCharges, cancellationToken);
        foreach (var row in rows)
        {
            var intent = row.Final.Intent;
            foreach (var (deployment, usage, cost) in row.Others)
            {
                await copy.StartRowAsync(cancellationToken);
                await copy.WriteAsync(numbers[row.RequestId], NpgsqlDbType.Bigint, cancellationToken);
                await copy.WriteAsync(row.TimeMs, NpgsqlDbType.Bigint, cancellationToken);
                await copy.WriteAsync(row.Hour, NpgsqlDbType.Integer, cancellationToken);
                await copy.WriteAsync(LedgerSql.Text(intent.KeyId), NpgsqlDbType.Text, cancellationToken);
                await copy.WriteAsync(LedgerSql.Text(intent.User), NpgsqlDbType.Text, cancellationToken);
                await copy.WriteAsync(LedgerSql.Text(intent.Team), NpgsqlDbType.Text, cancellationToken);
                await copy.WriteAsync(LedgerSql.Text(intent.Organisation), NpgsqlDbType.Text, cancellationToken);
                await copy.WriteAsync(LedgerSql.Text(intent.RequestedModel), NpgsqlDbType.Text, cancellationToken);
                await copy.WriteAsync(LedgerSql.Text(deployment), NpgsqlDbType.Text, cancellationToken);
                await copy.WriteAsync(LedgerRow.StatusClass(row.Final.Status), NpgsqlDbType.Smallint, cancellationToken);
                await copy.WriteAsync(LedgerSql.Texts(intent.Tags), NpgsqlDbType.Array | NpgsqlDbType.Text, cancellationToken);
                await WriteAsync(copy, usage, cost, cancellationToken);
            }
        }

        await copy.CompleteAsync(cancellationToken);
    }

    private static async Task WriteAsync(NpgsqlBinaryImporter copy, Gateway.Core.Money.TokenUsage usage, long costNanoUsd, CancellationToken cancellationToken)
    {
        await copy.WriteAsync(usage.Input, NpgsqlDbType.Bigint, cancellationToken);
        await copy.WriteAsync(usage.CachedInput, NpgsqlDbType.Bigint, cancellationToken);
        await copy.WriteAsync(usage.CacheWrite, NpgsqlDbType.Bigint, cancellationToken);
        await copy.WriteAsync(usage.Output, NpgsqlDbType.Bigint, cancellationToken);
        await copy.WriteAsync(usage.Reasoning, NpgsqlDbType.Bigint, cancellationToken);
        await copy.WriteAsync(usage.AudioInput, NpgsqlDbType.Bigint, cancellationToken);
        await copy.WriteAsync(usage.AudioOutput, NpgsqlDbType.Bigint, cancellationToken);
        await copy.WriteAsync(costNanoUsd, NpgsqlDbType.Bigint, cancellationToken);
    }
}
