using Gateway.Usage.Ledger.Columns;
using Npgsql;

namespace Gateway.Usage.Ledger.PostgreSql.Cache;

/// <summary>How the database stands to a cache, as of one snapshot.</summary>
/// <param name="Known">The row at the cache's mark; null when it is not there.</param>
/// <param name="CarriedRow">The newest row that was carried into sums.</param>
/// <param name="KeptDay">First day of which no row was, in days since 1970 UTC; 0 while there is none.</param>
/// <param name="MovedParts">Parts of other ledgers that were moved in.</param>
/// <param name="Next">Of the rows after the mark the last that is read now; null when there are none.</param>
/// <param name="HasMore">Whether there are rows after that.</param>
internal readonly record struct FeedState(CacheMark? Known, long CarriedRow, long KeptDay, long MovedParts, CacheMark? Next, bool HasMore);

/// <summary>Reads rows of the ledger as numbers. Stateless; each call is of the snapshot of its connection.</summary>
internal static class RowFeed
{
    /// <summary>Requests and corrections of one step, so that nobody waits long for one.</summary>
    public const int StepRows = 20_000;

    private const string Columns = "key_id, user_id, team, organisation, model, deployment, tags, status_class";
    private const string Counts = "input, cached_input, cache_write, output, reasoning, audio_input, audio_output, cost_nano_usd";

    private const string Requests = $"select time_ms, {Columns}, 1::bigint, {Counts} from gateway_ledger_requests";
    private const string Charges = $"select time_ms, {Columns}, 0::bigint, {Counts} from gateway_ledger_charges";
    private const string Carried = $"select hour * {LedgerMsPerHour}::bigint, {Columns}, requests, {Counts} from gateway_ledger_carried";
    private const string LedgerMsPerHour = "3600000";

    private static readonly string State = $"""
        with next as (
            (select row_no, request_id as id from gateway_ledger_requests where row_no >= $1 order by row_no limit {StepRows + 2}) union all
            (select row_no, id from gateway_ledger_corrections where row_no >= $1 order by row_no limit {StepRows + 2}) order by row_no limit {StepRows + 2}),
        step as (select row_no, id from next where row_no > $1 order by row_no limit {StepRows})
        select carried_row, coalesce(kept_day, 0)::bigint, (select count(*) from gateway_ledger_moved),
            (select id from next where row_no = $1), (select max(row_no) from step), (select id from step order by row_no desc limit 1), (select count(*) from next where row_no > $1) > {StepRows}
        from gateway_ledger_state
        """;

    private const string Newest = """
        (select row_no, request_id from gateway_ledger_requests order by row_no desc limit 1) union all
        (select row_no, id from gateway_ledger_corrections order by row_no desc limit 1) order by row_no desc limit 1
        """;

    /// <summary>Looks what there is after a mark.</summary>
    public static async Task<FeedState> StateAsync(NpgsqlConnection connection, CacheMark mark, CancellationToken cancellationToken)
    {
        await using var ask = LedgerSql.Command(connection, State, mark.Row);
        await using var rows = await ask.ExecuteReaderAsync(cancellationToken);
        await rows.ReadAsync(cancellationToken);
        return new FeedState(
            rows.IsDBNull(3) ? null : new CacheMark(mark.Row, rows.GetGuid(3)), rows.GetInt64(0), rows.GetInt64(1), rows.GetInt64(2),
            rows.IsDBNull(4) ? null : new CacheMark(rows.GetInt64(4), rows.GetGuid(5)), rows.GetBoolean(6));
    }

    /// <summary>The newest row of all; 0 when there is none.</summary>
    public static async Task<CacheMark> NewestAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var ask = LedgerSql.Command(connection, Newest);
        await using var rows = await ask.ExecuteReaderAsync(cancellationToken);
        return await rows.ReadAsync(cancellationToken) ? new CacheMark(rows.GetInt64(0), rows.GetGuid(1)) : default;
    }

    /// <summary>Keeps days from being dropped: that would be seen also by a snapshot in which they still have rows.</summary>
    public static Task HoldAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        LedgerSql.RunAsync(connection, "lock table gateway_ledger_requests, gateway_ledger_charges in access share mode", cancellationToken);

    /// <summary>Sums of requests that are kept no longer.</summary>
    public static Task ReadCarriedAsync(NpgsqlConnection connection, NameTable names, Action<ReadOnlySpan<long>> add, CancellationToken cancellationToken) =>
        ReadAsync(LedgerSql.Command(connection, Carried), names, add, cancellationToken);

    /// <summary>All rows that there are.</summary>
    public static async Task ReadAllAsync(NpgsqlConnection connection, NameTable names, Action<ReadOnlySpan<long>> add, CancellationToken cancellationToken)
    {
        await ReadAsync(LedgerSql.Command(connection, Requests), names, add, cancellationToken);
        await ReadAsync(LedgerSql.Command(connection, Charges), names, add, cancellationToken);
    }

    /// <summary>Rows after one number, to another.</summary>
    public static Task ReadAsync(NpgsqlConnection connection, long after, long to, NameTable names, Action<ReadOnlySpan<long>> add, CancellationToken cancellationToken) => ReadAsync(
        LedgerSql.Command(connection, $"{Requests} where row_no > $1 and row_no <= $2 union all {Charges} where row_no > $1 and row_no <= $2", after, to), names, add, cancellationToken);

    private static async Task ReadAsync(NpgsqlCommand command, NameTable names, Action<ReadOnlySpan<long>> add, CancellationToken cancellationToken)
    {
        await using var _ = command;
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
        {
            Take(rows, names, add);
        }
    }

    private static void Take(NpgsqlDataReader rows, NameTable names, Action<ReadOnlySpan<long>> add)
    {
        Span<long> row = stackalloc long[LedgerColumns.Count];
        row.Clear();
        row[(int)LedgerColumn.Time] = rows.GetInt64(0);
        row[(int)LedgerColumn.Key] = names.Of(rows.GetString(1));
        row[(int)LedgerColumn.User] = names.Of(rows.GetString(2));
        row[(int)LedgerColumn.Team] = names.Of(rows.GetString(3));
        row[(int)LedgerColumn.Organisation] = names.Of(rows.GetString(4));
        row[(int)LedgerColumn.Model] = names.Of(rows.GetString(5));
        var deployment = rows.GetString(6);
        row[(int)LedgerColumn.Deployment] = names.Of(deployment);
        row[(int)LedgerColumn.Provider] = names.Of(UsageGrouping.ProviderOf(deployment));
        row[(int)LedgerColumn.Tags] = names.OfSet(rows.GetFieldValue<string[]>(7));
        row[(int)LedgerColumn.Status] = rows.GetInt16(8);
        for (var measure = 0; measure < LedgerColumns.Measures.Length; measure++)
        {
            row[(int)LedgerColumns.Measures[measure]] = rows.GetInt64(9 + measure);
        }

        add(row);
    }
}
