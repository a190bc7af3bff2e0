using System.Globalization;
using Npgsql;

namespace Gateway.Usage.Ledger.PostgreSql;

/// <summary>Whether the tables agree with one another.</summary>
internal static class LedgerTables
{
    private const string Counts = "input, cached_input, cache_write, output, reasoning, audio_input, audio_output, cost_nano_usd";
    private const string Dimensions = "hour, key_id, team, organisation, model, deployment, status_class";

    // Of the days that were carried: the sums by hour, which were made of the rows when they came, and what the rows were carried into with those that came late.
    private static readonly string OtherHours = $"""
        with state as (select coalesce(kept_day, 0)::bigint as day, rolled_row from gateway_ledger_state),
        lines as (
            select {Dimensions}, requests, {Counts} from gateway_ledger_carried
            union all
            select {Dimensions}, 1::bigint, {Counts} from gateway_ledger_requests where time_ms < (select day * {LedgerPartitions.MsPerDay} from state) and row_no <= (select rolled_row from state)
            union all
            select {Dimensions}, 0::bigint, {Counts} from gateway_ledger_charges where time_ms < (select day * {LedgerPartitions.MsPerDay} from state) and row_no <= (select rolled_row from state)),
        carried ({Dimensions}, requests, {Counts}) as (select {Dimensions}, {LedgerSql.Sums(Counts)} from lines group by {Dimensions}),
        told as (select {Dimensions}, requests, {Counts} from gateway_ledger_hours where hour < (select day * 24 from state))
        select count(*) from ((select * from told except select * from carried) union all (select * from carried except select * from told)) as others
        """;

    private static readonly (string Sql, string Problem)[] Checks =
    [
        ("select count(*) from gateway_ledger_requests as r where not exists (select from gateway_ledger_ids as i where i.request_id = r.request_id and i.row_no = r.row_no)", "requests are not in the table of ids"),
        ("select count(*) from gateway_ledger_ids as i where i.time_ms >= (select coalesce(kept_day, 0)::bigint * 86400000 from gateway_ledger_state) and not exists (select from gateway_ledger_requests as r where r.time_ms = i.time_ms and r.row_no = i.row_no)", "ids name requests that are not there"),
        ("select count(*) from gateway_ledger_requests as r join gateway_ledger_ids as i using (request_id) where i.digest <> ('x' || encode(substring(sha256(r.payload) for 8), 'hex'))::bit(64)::bigint", "records are not as they came: their checksums differ"),
        ("select count(*) from gateway_ledger_corrections as c where new_nano_usd - old_nano_usd <> (select coalesce(sum(cost_nano_usd), 0) from gateway_ledger_charges as charge where charge.row_no = c.row_no)", "corrections are not what was charged for them"),
        ("select count(*) from (select producer, epoch, max(seq) as seq from gateway_ledger_requests group by producer, epoch) as r left join gateway_ledger_marks as m using (producer, epoch) where m.seq is null or m.seq < r.seq", "journals have records behind their marks"),
        (OtherHours, "sums by hour of days that are kept as sums only are not what was carried"),
    ];

    /// <summary>What is wrong, each as a sentence.</summary>
    public static async Task<List<string>> CheckAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var problems = new List<string>();
        foreach (var (sql, problem) in Checks)
        {
            if (await LedgerSql.NumberAsync(LedgerSql.Command(connection, sql), cancellationToken) is > 0 and var count)
            {
                problems.Add(string.Create(CultureInfo.InvariantCulture, $"{count} {problem}"));
            }
        }

        return problems;
    }
}
