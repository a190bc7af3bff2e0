using Npgsql;

namespace Gateway.Usage.Ledger.PostgreSql;

/// <summary>
/// Turns the requests of the oldest days into sums, in pieces, each one transaction: the rows go and their sums come in one statement, so that every snapshot has the one or the other. Tables of a day go some time
/// after their last row has: dropping a table is seen at once, also by a snapshot that was made before and does not have the sums yet.
/// The sums by hour and by slot of a budget stay as they are: only rows that are in them already are taken, and what they say of the hour is still true. Not thread-safe.
/// </summary>
/// <param name="before">First day that stays, in days since 1970 UTC.</param>
internal sealed class LedgerCarry(long before)
{
    /// <summary>What tells the names of an hour's sum apart.</summary>
    public const string Hash = "sha256(convert_to(row(key_id, user_id, team, organisation, model, deployment, status_class, tags)::text, 'UTF8'))";

    /// <summary>Of one transaction: batches wait for it.</summary>
    private const int PieceRequests = 5000;

    private const int PieceIds = 20_000;

    /// <summary>No report runs for longer than that without having locked the tables that it reads.</summary>
    private const string Settled = "10 minutes";

    private const string Counts = "input, cached_input, cache_write, output, reasoning, audio_input, audio_output, cost_nano_usd";
    private const string Dimensions = "hour, key_id, user_id, team, organisation, model, deployment, status_class, tags";

    // Corrections go with their request, and so does what they add: it is charged on the request's day, under the corrections' own numbers.
    private static readonly string Carry = $"""
        with gone as (
            delete from gateway_ledger_requests where time_ms >= $1 and time_ms < $2 and row_no > $3 and row_no <= $4 returning row_no, request_id, {Dimensions}, {Counts}),
        corrections as (
            delete from gateway_ledger_corrections as c using gone where c.request_id = gone.request_id returning c.row_no),
        charges as (
            delete from gateway_ledger_charges where time_ms >= $1 and time_ms < $2 and row_no in (select row_no from gone union all select row_no from corrections)
            returning {Dimensions}, {Counts}),
        lines as (
            select {Dimensions}, 1::bigint as requests, {Counts} from gone
            union all
            select {Dimensions}, 0::bigint, {Counts} from charges),
        sums as (
            insert into gateway_ledger_carried as known ({Dimensions}, requests, {Counts}, dimensions)
            select {Dimensions}, {LedgerSql.Sums(Counts)}, {Hash}
            from lines group by {Dimensions}
            on conflict (hour, dimensions) do update set {LedgerSql.Add(Counts)}),
        told as (
            update gateway_ledger_state set
                kept_day = greatest(kept_day, $5),
                carried_row = greatest(carried_row, (select max(row_no) from (select row_no from gone union all select row_no from corrections) as numbers)),
                carried_at = now())
        select count(*) from gone
        """;

    private static readonly string ForgetIds = $"""
        with period as (select least($1, 2 * $1 - (extract(epoch from now()) * 1000)::bigint) as until)
        delete from gateway_ledger_ids where request_id in (
            select request_id from gateway_ledger_ids as i, period
            where request_id < (lpad(to_hex(greatest(until, 0)), 12, '0') || '00000000000000000000')::uuid and i.time_ms < until
                and not exists (select from gateway_ledger_requests as r where r.time_ms = i.time_ms and r.row_no = i.row_no)
            order by request_id limit {PieceIds})
        """;

    // How far this run has come: the server would find that out by passing what was deleted. A piece that was undone is found at the end of its day.
    private long _day;
    private long _row;

    /// <summary>Whether there is a request to be taken.</summary>
    public async Task<bool> HasAnyAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var ask = LedgerSql.Command(
            connection, "select exists (select from gateway_ledger_requests where time_ms >= $1 and time_ms < $2)", _day * LedgerPartitions.MsPerDay, before * LedgerPartitions.MsPerDay);
        return await ask.ExecuteScalarAsync(cancellationToken) is true;
    }

    /// <summary>Takes a piece of the oldest day.</summary>
    /// <param name="connection">In a transaction.</param>
    /// <param name="cancellationToken">Breaks it off; then nothing is taken.</param>
    /// <returns>How many requests; 0 when none are left.</returns>
    public async Task<long> StepAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // 0. Nobody waits for nothing.
        if (!await HasAnyAsync(connection, cancellationToken))
        {
            return 0;
        }

        // 1. Alone with the sums; and from here to the commit nobody takes a row or corrects one.
        await LedgerSql.RunAsync(connection, $"select pg_advisory_xact_lock({LedgerSchema.RollupLock})", cancellationToken);
        await LedgerSql.RunAsync(connection, $"select pg_advisory_xact_lock({LedgerSchema.OrderLock})", cancellationToken);

        // 2. All that is taken is in the sums by hour: the few that came since the last time.
        while (await LedgerRollup.StepAsync(connection, cancellationToken) > 0)
        {
        }

        // 3. Where to go on.
        var last = _row == 0 ? 0 : await LastAsync(connection, cancellationToken);
        if (last == 0)
        {
            await using var oldest = LedgerSql.Command(
                connection, "select min(time_ms) from gateway_ledger_requests where time_ms >= $1 and time_ms < $2", _day * LedgerPartitions.MsPerDay, before * LedgerPartitions.MsPerDay);
            if (await oldest.ExecuteScalarAsync(cancellationToken) is not long time)
            {
                return 0;
            }

            (_day, _row) = (LedgerPartitions.DayOf(time), 0);
            last = await LastAsync(connection, cancellationToken);
        }

        var carry = LedgerSql.Command(connection, Carry, _day * LedgerPartitions.MsPerDay, (_day + 1) * LedgerPartitions.MsPerDay, _row, last, checked((int)_day + 1));
        _row = last;
        return await LedgerSql.NumberAsync(carry, cancellationToken);
    }

    /// <summary>Drops the tables of one day of which nothing is left, when nobody may have a snapshot any more in which they had rows.</summary>
    /// <returns>False when there are no more, or when somebody reads: nobody is kept waiting for this.</returns>
    public static async Task<bool> DropAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (await LedgerKept.FromAsync(connection, cancellationToken) == DateTimeOffset.MinValue)
        {
            return false;
        }

        // Nobody puts a row into them meanwhile. Whoever comes later makes them again.
        await LedgerSql.RunAsync(connection, $"select pg_advisory_xact_lock({LedgerSchema.OrderLock})", cancellationToken);
        await using var kept = LedgerSql.Command(connection, $"select kept_day from gateway_ledger_state where carried_at < now() - interval '{Settled}'");
        if (await kept.ExecuteScalarAsync(cancellationToken) is not int first)
        {
            return false;
        }

        foreach (var day in (await LedgerPartitions.DaysAsync(connection, cancellationToken)).Where(day => day < first))
        {
            var tables = LedgerPartitions.NamesOf(day);
            await using var ask = LedgerSql.Command(connection, "select " + string.Join(" or ", tables.Select(static table => $"exists (select from {table})")));
            if (await ask.ExecuteScalarAsync(cancellationToken) is true)
            {
                continue;
            }

            try
            {
                await LedgerSql.RunAsync(connection, "savepoint tables; set local lock_timeout = '300ms'; drop table " + string.Join(", ", tables), cancellationToken);
                return true;
            }
            catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected)
            {
                await LedgerSql.RunAsync(connection, "rollback to savepoint tables", cancellationToken);
                return false;
            }
        }

        return false;
    }

    /// <summary>
    /// Forgets ids of carried requests after one more period: until then a record that comes another time, from a journal that was restored, is known by them. Ids begin with their time, so that the old ones are
    /// found; those that do not are few and stay.
    /// </summary>
    /// <param name="connection">In a transaction.</param>
    /// <param name="beforeMs">What is older is carried, in Unix milliseconds.</param>
    /// <param name="cancellationToken">Breaks it off.</param>
    /// <returns>How many; 0 when none are left.</returns>
    public static async Task<int> ForgetIdsAsync(NpgsqlConnection connection, long beforeMs, CancellationToken cancellationToken)
    {
        await using var forget = LedgerSql.Command(connection, ForgetIds, beforeMs);
        return await forget.ExecuteNonQueryAsync(cancellationToken);
    }

    // The last row of the next piece; 0 for none.
    private Task<long> LastAsync(NpgsqlConnection connection, CancellationToken cancellationToken) => LedgerSql.NumberAsync(
        LedgerSql.Command(
            connection,
            $"select max(row_no) from (select row_no from gateway_ledger_requests where time_ms >= $1 and time_ms < $2 and row_no > $3 order by row_no limit {PieceRequests}) as piece",
            _day * LedgerPartitions.MsPerDay,
            (_day + 1) * LedgerPartitions.MsPerDay,
            _row),
        cancellationToken);
}
