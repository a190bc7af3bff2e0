using Npgsql;

namespace Gateway.Edge.VirtualKeys.Store;

/// <summary>The table of keys and its history. Steps are only ever added; each runs once in a database, whichever Edge comes first.</summary>
internal static class PostgresKeySchema
{
    /// <summary>Held in the transactions that change the schema or a key: versions become visible in their order, so that a reader misses none.</summary>
    public const long Lock = 0x6777_6B65_7973;

    private const string Feature = "keys";

    private static readonly string[] Steps =
    [
        """
        create table gateway_keys (
            id text collate "C" primary key,
            version bigint not null unique,
            deleted boolean not null,
            created timestamptz not null,
            updated timestamptz not null,
            secrets jsonb not null,
            document jsonb)
        """,
    ];

    public static async Task ApplyAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await RunAsync(connection, $"select pg_advisory_xact_lock({Lock})", cancellationToken);
        await RunAsync(connection, "create table if not exists gateway_schema (feature text primary key, version integer not null)", cancellationToken);
        var version = 0;
        await using (var ask = new NpgsqlCommand("select version from gateway_schema where feature = $1", connection) { Parameters = { new() { Value = Feature } } })
        {
            version = await ask.ExecuteScalarAsync(cancellationToken) is int applied ? applied : 0;
        }

        // A newer gateway's table is left as it is: steps add, so that what we know of it is still there.
        foreach (var step in Steps.Skip(version))
        {
            await RunAsync(connection, step, cancellationToken);
        }

        if (version < Steps.Length)
        {
            await using var tell = new NpgsqlCommand("insert into gateway_schema values ($1, $2) on conflict (feature) do update set version = excluded.version", connection)
            {
                Parameters = { new() { Value = Feature }, new() { Value = Steps.Length } },
            };
            await tell.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
    }

#pragma warning disable CA2100 // Constants of this file.
    private static async Task RunAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
#pragma warning restore CA2100
}
