using Npgsql;

namespace Gateway.Usage.Ledger.PostgreSql;

/// <summary>What the ledger says of the days that it keeps as sums only.</summary>
internal static class LedgerKept
{
    private const string Counts = "requests, input, cached_input, cache_write, output, reasoning, audio_input, audio_output, cost_nano_usd";

    /// <summary>Requests before it may be carried; MinValue while none are.</summary>
    public static async Task<DateTimeOffset> FromAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var day = await LedgerSql.NumberAsync(LedgerSql.Command(connection, "select kept_day::bigint from gateway_ledger_state"), cancellationToken);
        return day > 0 ? LedgerPartitions.StartOf(day) : DateTimeOffset.MinValue;
    }

    /// <summary>The carried sums alone, by day.</summary>
    public static async Task<List<UsageGroupSum>> ByDayAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var ask = LedgerSql.Command(
            connection, $"select to_char(date '1970-01-01' + hour / 24, 'YYYY-MM-DD'), {LedgerSums.Totals} from (select hour, {Counts} from gateway_ledger_carried) as lines group by 1 order by 1");
        var days = new List<UsageGroupSum>();
        await using var rows = await ask.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
        {
            days.Add(new UsageGroupSum([rows.GetString(0)], LedgerSums.Counters(rows, 1)));
        }

        return days;
    }
}
