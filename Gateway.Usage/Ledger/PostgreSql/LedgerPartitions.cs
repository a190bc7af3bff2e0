using System.Globalization;
using Npgsql;

namespace Gateway.Usage.Ledger.PostgreSql;

/// <summary>
/// One table a day (UTC) for requests and for charges. They are made beside the others and then attached, which no reader waits for. Whoever makes one holds <see cref="LedgerSchema.OrderLock"/>.
/// Thread-safe by a short lock.
/// </summary>
internal sealed class LedgerPartitions
{
    public const long MsPerDay = 86_400_000;

    private static readonly string[] Tables = ["gateway_ledger_requests", "gateway_ledger_charges"];

    private readonly Lock _lock = new();
    private readonly HashSet<long> _made = [];

    public static long DayOf(long unixMs) => unixMs / MsPerDay;

    public static DateTimeOffset StartOf(long day) => DateTimeOffset.FromUnixTimeMilliseconds(day * MsPerDay);

    /// <summary>Name of a day's table.</summary>
    public static string Name(string table, long day) => string.Create(
        CultureInfo.InvariantCulture, $"{table}_{DateTimeOffset.FromUnixTimeMilliseconds(day * MsPerDay):yyyyMMdd}");

    /// <summary>Names of all tables of a day.</summary>
    public static string[] NamesOf(long day) => [.. Tables.Select(table => Name(table, day))];

    /// <summary>Days that have all their tables, oldest first.</summary>
    public static async Task<List<long>> DaysAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var ask = LedgerSql.Command(
            connection,
            """
            select (to_date(right(part.relname, 8), 'YYYYMMDD') - date '1970-01-01')::bigint from pg_inherits as i join pg_class as part on part.oid = i.inhrelid
            where i.inhparent = any(array[to_regclass($1), to_regclass($2)]::oid[]) and part.relname ~ '_[0-9]{8}$'
            group by 1 having count(*) = 2 order by 1
            """,
            Tables[0],
            Tables[1]);
        var days = new List<long>();
        await using var rows = await ask.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
        {
            days.Add(rows.GetInt64(0));
        }

        return days;
    }

    /// <summary>Makes what is missing of the days, in the transaction of the connection.</summary>
    public async Task EnsureAsync(NpgsqlConnection connection, IReadOnlyCollection<long> days, CancellationToken cancellationToken)
    {
        foreach (var day in days.Where(IsNew))
        {
            foreach (var table in Tables)
            {
                var name = Name(table, day);
                await using var ask = LedgerSql.Command(connection, "select count(*) from pg_inherits where inhparent = to_regclass($1) and inhrelid = to_regclass($2)", table, name);
                if (await ask.ExecuteScalarAsync(cancellationToken) is > 0L)
                {
                    continue;
                }

                await LedgerSql.RunAsync(connection, $"create table if not exists {name} (like {table} including all)", cancellationToken);
                await LedgerSql.RunAsync(
                    connection, string.Create(CultureInfo.InvariantCulture, $"alter table {table} attach partition {name} for values from ({day * MsPerDay}) to ({(day + 1) * MsPerDay})"), cancellationToken);
            }
        }
    }

    /// <summary>The days were committed.</summary>
    public void Remember(IEnumerable<long> days)
    {
        lock (_lock)
        {
            _made.UnionWith(days);
        }
    }

    /// <summary>Something is not as it was thought to be: looks again.</summary>
    public void Forget()
    {
        lock (_lock)
        {
            _made.Clear();
        }
    }

    private bool IsNew(long day)
    {
        lock (_lock)
        {
            return !_made.Contains(day);
        }
    }
}
