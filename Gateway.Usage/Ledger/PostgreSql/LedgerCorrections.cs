using Gateway.Core.Journal;
using Gateway.Usage.Ledger.Corrections;
using Npgsql;

namespace Gateway.Usage.Ledger.PostgreSql;

/// <summary>A correction as it is stored, with its number among the rows.</summary>
internal readonly record struct StoredCorrection(long Row, Guid RequestId, byte Version, byte[] Payload)
{
    /// <exception cref="InvalidDataException">A newer gateway wrote it, or it is damaged.</exception>
    public CorrectionRecord Open() => CorrectionCodec.Read(Version, RequestId, Payload);
}

/// <summary>
/// Corrections in the tables: each has a row of its own, and what it adds to the cost stands among the charges of the request's day, under the correction's number. So sums, and the sums by hour, have it without
/// knowing of corrections.
/// </summary>
internal static class LedgerCorrections
{
    // Of a join by keys, for some requests.
    private const string RequestsOf = "gateway_ledger_ids as i join gateway_ledger_requests as r on r.time_ms = i.time_ms and r.row_no = i.row_no";

    private const string Insert = $"""
        insert into gateway_ledger_corrections (id, row_no, request_id, number, made_ms, old_nano_usd, new_nano_usd, organisation, budget_ids, budget_slots, version, payload)
        select c.id, nextval('gateway_ledger_rows'), c.request_id, c.number, c.made_ms, c.old, c.new, r.organisation, r.budget_ids, r.budget_slots, $8, c.payload
        from unnest($1, $2, $3, $4, $5, $6, $7) with ordinality as c (id, request_id, number, made_ms, old, new, payload, place) join {RequestsOf} on i.request_id = c.request_id
        order by c.place
        """;

    private const string InsertCharges = """
        insert into gateway_ledger_charges (row_no, time_ms, hour, key_id, user_id, team, organisation, model, deployment, status_class, tags,
            input, cached_input, cache_write, output, reasoning, audio_input, audio_output, cost_nano_usd)
        select c.row_no, r.time_ms, r.hour, r.key_id, r.user_id, r.team, r.organisation, r.model, share.deployment, r.status_class, r.tags, 0, 0, 0, 0, 0, 0, 0, share.difference
        from unnest($1, $2, $3) as share (id, deployment, difference)
        join gateway_ledger_corrections as c on c.id = share.id join gateway_ledger_ids as i on i.request_id = c.request_id join gateway_ledger_requests as r on r.time_ms = i.time_ms and r.row_no = i.row_no
        """;

    /// <summary>Decides about corrections and puts in those that are taken, in the transaction of a connection.</summary>
    public static async Task<IReadOnlyList<CorrectionResult>> TakeAsync(NpgsqlConnection connection, IReadOnlyList<CostCorrection> corrections, CancellationToken cancellationToken)
    {
        // From here to the commit the numbers are ours, and nobody else corrects.
        await LedgerSql.RunAsync(connection, $"select pg_advisory_xact_lock({LedgerSchema.OrderLock})", cancellationToken);
        var requestIds = corrections.Select(static correction => correction.RequestId).Distinct().ToArray();
        var known = await KnownAsync(connection, [.. corrections.Select(static correction => correction.Id)], cancellationToken);
        var requests = await RequestsAsync(connection, requestIds, cancellationToken);
        var last = await LastAsync(connection, requestIds, cancellationToken);
        var keptFrom = await LedgerKept.FromAsync(connection, cancellationToken);
        var results = new CorrectionResult[corrections.Count];
        var taken = new List<CorrectionRecord>();
        for (var i = 0; i < results.Length; i++)
        {
            var correction = corrections[i];
            results[i] = Decide(correction, known, requests, last, keptFrom) ?? new CorrectionResult(correction.Id, CorrectionOutcome.Taken);
            if (results[i].Outcome is CorrectionOutcome.Taken)
            {
                var final = requests[correction.RequestId]!;
                var number = last.TryGetValue(correction.RequestId, out var before) ? before.Number + 1 : 1;
                taken.Add(new CorrectionRecord(correction, number, final.Intent, final.Status));
                last[correction.RequestId] = (number, correction.NewNanoUsd);
                known[correction.Id] = correction;
            }
        }

        if (taken.Count > 0)
        {
            await AddAsync(connection, taken, cancellationToken);
        }

        return results;
    }

    /// <summary>The corrections of some requests, each in their order.</summary>
    public static async Task<Dictionary<Guid, List<CostCorrection>>> OfAsync(NpgsqlConnection connection, Guid[] requestIds, CancellationToken cancellationToken)
    {
        var corrections = new Dictionary<Guid, List<CostCorrection>>();
        var stored = await ReadAsync(
            LedgerSql.Command(connection, "select row_no, request_id, version, payload from gateway_ledger_corrections where request_id = any($1) order by request_id, number", requestIds), cancellationToken);
        foreach (var correction in stored)
        {
            if (!corrections.TryGetValue(correction.RequestId, out var list))
            {
                corrections.Add(correction.RequestId, list = []);
            }

            try
            {
                list.Add(correction.Open().Correction);
            }
            catch (InvalidDataException)
            {
                // Its request is shown without it; verify names it.
            }
        }

        return corrections;
    }

    /// <summary>Corrections after a number, in the order in which they were taken.</summary>
    public static Task<List<StoredCorrection>> AfterAsync(NpgsqlConnection connection, long row, int most, CancellationToken cancellationToken) => ReadAsync(
        LedgerSql.Command(connection, "select row_no, request_id, version, payload from gateway_ledger_corrections where row_no > $1 order by row_no limit $2", row, most), cancellationToken);

    private static CorrectionResult? Decide(
        CostCorrection correction, Dictionary<Guid, CostCorrection> known, Dictionary<Guid, UsageFinal?> requests, Dictionary<Guid, (int Number, long NanoUsd)> last, DateTimeOffset keptFrom)
    {
        if (CorrectionCheck.Malformed(correction) is { } malformed)
        {
            return malformed;
        }

        if (known.TryGetValue(correction.Id, out var kept))
        {
            return CorrectionCheck.Repeated(correction, kept);
        }

        if (!requests.TryGetValue(correction.RequestId, out var final))
        {
            return CorrectionCheck.Unknown(correction, keptFrom);
        }

        return final is null ? CorrectionCheck.Unreadable(correction)
            : CorrectionCheck.Outdated(correction, last.TryGetValue(correction.RequestId, out var before) ? before.NanoUsd : final.CostNanoUsd);
    }

    private static async Task AddAsync(NpgsqlConnection connection, List<CorrectionRecord> taken, CancellationToken cancellationToken)
    {
        await using (var insert = LedgerSql.Command(
            connection,
            Insert,
            taken.Select(static record => record.Correction.Id).ToArray(),
            taken.Select(static record => record.Correction.RequestId).ToArray(),
            taken.Select(static record => record.Number).ToArray(),
            taken.Select(static record => record.Correction.Time.ToUnixTimeMilliseconds()).ToArray(),
            taken.Select(static record => record.Correction.OldNanoUsd).ToArray(),
            taken.Select(static record => record.Correction.NewNanoUsd).ToArray(),
            taken.Select(CorrectionCodec.ToBytes).ToArray(),
            (short)CorrectionCodec.Version))
        {
            await insert.ExecuteNonQueryAsync(cancellationToken);
        }

        var shares = taken.SelectMany(static record => record.Shares.Select(share => (record.Correction.Id, share.Deployment, share.DifferenceNanoUsd))).ToList();
        await using var charge = LedgerSql.Command(
            connection,
            InsertCharges,
            shares.Select(static share => share.Id).ToArray(),
            LedgerSql.Texts([.. shares.Select(static share => share.Deployment)]),
            shares.Select(static share => share.DifferenceNanoUsd).ToArray());
        await charge.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<Dictionary<Guid, CostCorrection>> KnownAsync(NpgsqlConnection connection, Guid[] ids, CancellationToken cancellationToken)
    {
        var stored = await ReadAsync(
            LedgerSql.Command(connection, "select row_no, request_id, version, payload from gateway_ledger_corrections where id = any($1)", ids), cancellationToken);
        return stored.Select(static correction => correction.Open().Correction).ToDictionary(static correction => correction.Id);
    }

    /// <returns>Null for one that this build cannot read.</returns>
    private static async Task<Dictionary<Guid, UsageFinal?>> RequestsAsync(NpgsqlConnection connection, Guid[] ids, CancellationToken cancellationToken)
    {
        await using var ask = LedgerSql.Command(connection, $"select r.version, r.request_id, r.payload from {RequestsOf} where i.request_id = any($1)", ids);
        var requests = new Dictionary<Guid, UsageFinal?>();
        await using var rows = await ask.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
        {
            var id = rows.GetGuid(1);
            try
            {
                requests.Add(id, UsageRecordCodec.ReadFinal((byte)rows.GetInt16(0), id, rows.GetFieldValue<byte[]>(2)));
            }
            catch (InvalidDataException)
            {
                requests.Add(id, null);
            }
        }

        return requests;
    }

    private static async Task<Dictionary<Guid, (int Number, long NanoUsd)>> LastAsync(NpgsqlConnection connection, Guid[] ids, CancellationToken cancellationToken)
    {
        await using var ask = LedgerSql.Command(
            connection, "select distinct on (request_id) request_id, number, new_nano_usd from gateway_ledger_corrections where request_id = any($1) order by request_id, number desc", ids);
        var last = new Dictionary<Guid, (int, long)>();
        await using var rows = await ask.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
        {
            last.Add(rows.GetGuid(0), (rows.GetInt32(1), rows.GetInt64(2)));
        }

        return last;
    }

    private static async Task<List<StoredCorrection>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var _ = command;
        var corrections = new List<StoredCorrection>();
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
        {
            corrections.Add(new StoredCorrection(rows.GetInt64(0), rows.GetGuid(1), (byte)rows.GetInt16(2), rows.GetFieldValue<byte[]>(3)));
        }

        return corrections;
    }
}
