using System.Globalization;
using System.Text;
using Gateway.Core.Errors;
using Gateway.Core.Money;
using Npgsql;

namespace Gateway.Usage.Ledger.PostgreSql;

/// <summary>
/// Sums in one snapshot. What is summed by hour already comes from there, and only the rows after it from the rows: the answer is always that of all rows. Users and labels are not in the sums by hour;
/// they are asked of the rows, and of the sums that rows of old days were carried into.
/// </summary>
internal static class LedgerSums
{
    /// <summary>Of a request's columns, the number of requests first.</summary>
    public const string Totals =
        "least(sum(requests), 9223372036854775807)::bigint, least(sum(input), 9223372036854775807)::bigint, least(sum(cached_input), 9223372036854775807)::bigint, "
        + "least(sum(cache_write), 9223372036854775807)::bigint, least(sum(output), 9223372036854775807)::bigint, least(sum(reasoning), 9223372036854775807)::bigint, "
        + "least(sum(audio_input), 9223372036854775807)::bigint, least(sum(audio_output), 9223372036854775807)::bigint, least(sum(cost_nano_usd), 9223372036854775807)::bigint";

    /// <summary>Most groups of an answer, as of the other store.</summary>
    private const int MostGroups = EmbeddedLedger.MostGroups;

    private const string Counts = "input, cached_input, cache_write, output, reasoning, audio_input, audio_output, cost_nano_usd";
    private const string Dimensions = "hour, key_id, team, organisation, model, deployment, status_class";

    private const string FromHours = $"""
        select {Dimensions}, requests, {Counts} from gateway_ledger_hours where hour >= $1 and hour < $2
        union all
        select {Dimensions}, 1::bigint, {Counts} from gateway_ledger_requests where row_no > (select rolled_row from gateway_ledger_state) and time_ms >= $3 and time_ms < $4
        union all
        select {Dimensions}, 0::bigint, {Counts} from gateway_ledger_charges where row_no > (select rolled_row from gateway_ledger_state) and time_ms >= $3 and time_ms < $4
        """;

    private const string FromRows = $"""
        select {Dimensions}, user_id, tags, 1::bigint as requests, {Counts} from gateway_ledger_requests where hour >= $1 and hour < $2 and time_ms >= $3 and time_ms < $4
        union all
        select {Dimensions}, user_id, tags, 0::bigint, {Counts} from gateway_ledger_charges where hour >= $1 and hour < $2 and time_ms >= $3 and time_ms < $4
        union all
        select {Dimensions}, user_id, tags, requests, {Counts} from gateway_ledger_carried where hour >= $1 and hour < $2
        """;

    /// <exception cref="GatewayException">There are more groups than one answer holds.</exception>
    public static async Task<UsageSums> SumAsync(NpgsqlConnection connection, UsageQuery query, CancellationToken cancellationToken)
    {
        var groups = await ReadAsync(connection, query, query.Groups, cancellationToken);
        UsageCounters total;
        if (query.Groups.Contains(UsageDimension.Tag))
        {
            // A request counts in the group of each of its labels, and once in the total.
            total = (await ReadAsync(connection, query, [], cancellationToken)).FirstOrDefault()?.Sum ?? new UsageCounters();
        }
        else
        {
            total = new UsageCounters();
            groups.ForEach(group => total.Add(group.Sum));
        }

        return new UsageSums(
            query.Groups.Count == 0 ? [] : [.. groups.OrderBy(static group => string.Join('\0', group.Values), StringComparer.Ordinal)], total);
    }

    /// <summary>What <see cref="Totals"/> gives.</summary>
    public static UsageCounters Counters(NpgsqlDataReader rows, int at)
    {
        var counters = new UsageCounters();
        counters.AddRequests(rows.GetInt64(at));
        counters.AddCharge(
            new TokenUsage(rows.GetInt64(at + 1), rows.GetInt64(at + 2), rows.GetInt64(at + 3), rows.GetInt64(at + 4), rows.GetInt64(at + 5))
            {
                AudioInput = rows.GetInt64(at + 6),
                AudioOutput = rows.GetInt64(at + 7),
            },
            rows.GetInt64(at + 8));
        return counters;
    }

    private static async Task<List<UsageGroupSum>> ReadAsync(NpgsqlConnection connection, UsageQuery query, IReadOnlyList<UsageDimension> by, CancellationToken cancellationToken)
    {
        var values = new List<object> { query.FromHour, query.ToHour, query.FromHour * 3_600_000L, query.ToHour * 3_600_000L };
        var isOfRows = by.Concat((query.Filters ?? []).Select(static filter => filter.Dimension)).Any(static dimension => dimension is UsageDimension.User or UsageDimension.Tag);
        var sql = new StringBuilder("select ");
        for (var i = 0; i < by.Count; i++)
        {
            sql.Append(CultureInfo.InvariantCulture, $"{LedgerFilters.Expression(by[i])} as g{i}, ");
        }

        sql.Append(Totals).Append(" from (").Append(isOfRows ? FromRows : FromHours).Append(") as lines");
        if (by.Contains(UsageDimension.Tag))
        {
            sql.Append(" cross join lateral unnest(case when cardinality(tags) = 0 then array[''] else tags end) as label (tag)");
        }

        sql.Append(" where true");
        LedgerFilters.Append(sql, values, query.Filters);
        sql.Append(by.Count == 0 ? " having count(*) > 0" : " group by " + string.Join(", ", Enumerable.Range(1, by.Count)));
        sql.Append(CultureInfo.InvariantCulture, $" limit {MostGroups + 1}");
        await using var command = LedgerSql.Command(connection, sql.ToString(), [.. values]);
        var groups = new List<UsageGroupSum>();
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
        {
            var names = new string[by.Count];
            for (var i = 0; i < names.Length; i++)
            {
                names[i] = rows.GetString(i);
            }

            groups.Add(new UsageGroupSum(names, Counters(rows, by.Count)));
            if (groups.Count > MostGroups)
            {
                throw GroupLimit.Exceeded(MostGroups);
            }
        }

        return groups;
    }
}
