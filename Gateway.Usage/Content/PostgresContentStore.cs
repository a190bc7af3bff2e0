using Gateway.Core.Capture;
using Gateway.Core.Configuration;
using Gateway.Usage.Ledger;
using Gateway.Usage.Ledger.PostgreSql;
using Npgsql;
using NpgsqlTypes;

namespace Gateway.Usage.Content;

/// <summary>
/// One table a day, <c>gateway_content_YYYYMMDD</c>, in the database of the ledger and no part of it: no report reads them, and a day is deleted by dropping its table. Several Usage processes may share them. Thread-safe.
/// </summary>
internal sealed class PostgresContentStore(LedgerDatabase database, TimeProvider time) : IContentStore
{
    private const string Prefix = "gateway_content_";

    public async Task AddAsync(IReadOnlyList<ContentEntry> entries, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var days = entries.GroupBy(entry => ContentDays.Of(entry.Head, now)).ToArray();
        try
        {
            await database.ChangeAsync(
                async (connection, token) =>
                {
                    foreach (var day in days)
                    {
                        await AddAsync(connection, NameOf(day.Key), day, token);
                    }

                    return true;
                },
                cancellationToken);
        }
        catch (LedgerFullException full)
        {
            throw new IOException("The database has no room to keep content.", full);
        }
    }

    public Task<ContentEntry?> FindAsync(Guid requestId, CancellationToken cancellationToken) => database.AskAsync(
        async (connection, token) =>
        {
            foreach (var day in ContentDays.Nearest(await DaysAsync(connection, token), requestId))
            {
                if (await FindAsync(connection, NameOf(day), requestId, token) is { } found)
                {
                    return (ContentEntry?)found;
                }
            }

            return null;
        },
        cancellationToken);

    public async Task<int> RemoveBeforeAsync(DateOnly first, CancellationToken cancellationToken)
    {
        var days = await database.AskAsync(DaysAsync, cancellationToken);
        var removed = 0;
        foreach (var day in days.Where(day => day < first).Order())
        {
            // One at a time: who looks for content holds the days that it has looked at, and waits for no more than this one.
            await database.ChangeAsync((connection, token) => LedgerSql.RunAsync(connection, $"drop table if exists {NameOf(day)}", token), cancellationToken);
            removed++;
        }

        return removed;
    }

    private static async Task AddAsync(NpgsqlConnection connection, string table, IEnumerable<ContentEntry> entries, CancellationToken cancellationToken)
    {
        await LedgerSql.RunAsync(
            connection, $"create table if not exists {table} (request_id uuid primary key, time_ms bigint not null, level smallint not null, crc32c bigint not null, payload bytea not null)", cancellationToken);
        foreach (var (head, payload) in entries)
        {
            await using var insert = LedgerSql.Command(
                connection, $"insert into {table} values ($1, $2, $3, $4, $5) on conflict do nothing", head.RequestId, head.TimeUnixMs, (short)head.Level, (long)head.Checksum);
            insert.Parameters.Add(new NpgsqlParameter { Value = payload, NpgsqlDbType = NpgsqlDbType.Bytea });
            await insert.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    private static async Task<ContentEntry?> FindAsync(NpgsqlConnection connection, string table, Guid requestId, CancellationToken cancellationToken)
    {
        await LedgerSql.RunAsync(connection, "savepoint day", cancellationToken);
        await using var ask = LedgerSql.Command(connection, $"select time_ms, level, crc32c, payload from {table} where request_id = $1", requestId);
        await using var reader = await TryReadAsync(ask, cancellationToken);
        if (reader is null || !await reader.ReadAsync(cancellationToken))
        {
            return null;
        }

        var payload = reader.GetFieldValue<byte[]>(3);
        var head = new ContentHead(requestId, reader.GetInt64(0), (CaptureLevel)reader.GetInt16(1), payload.Length, (uint)reader.GetInt64(2));
        return head.IsWhole(payload) ? new ContentEntry(head, payload) : null;
    }

    /// <returns>Null when the day was deleted since it was listed: a table that is dropped is gone from all snapshots.</returns>
    private static async Task<NpgsqlDataReader?> TryReadAsync(NpgsqlCommand ask, CancellationToken cancellationToken)
    {
        try
        {
            return await ask.ExecuteReaderAsync(cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.UndefinedTable)
        {
            await LedgerSql.RunAsync(ask.Connection!, "rollback to savepoint day", cancellationToken);
            return null;
        }
    }

    private static async Task<List<DateOnly>> DaysAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var days = new List<DateOnly>();
        await using var ask = LedgerSql.Command(connection, "select tablename from pg_tables where schemaname = current_schema() and tablename like 'gateway\\_content\\_%'");
        await using var reader = await ask.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            if (ContentDays.TryRead(reader.GetString(0).AsSpan(Prefix.Length), out var day))
            {
                days.Add(day);
            }
        }

        return days;
    }

    private static string NameOf(DateOnly day) => Prefix + ContentDays.Write(day);
}
