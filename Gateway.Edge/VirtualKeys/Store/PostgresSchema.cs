using Npgsql;

namespace Gateway.Edge.VirtualKeys.Store;

/// <summary>Brings the tables of one feature of the Edge up to date. Each step runs once in a database, whichever Edge comes first.</summary>
internal static class PostgresSchema
{
    /// <summary>Held while tables are made, by all features of the Edge: they share the table that says how far each is.</summary>
    public const long Lock = 0x6777_6B65_7973;

    public static async Task ApplyAsync(NpgsqlDataSource source, string feature, IReadOnlyList<string> steps, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await RunAsync(connection, $"select pg_advisory_xact_lock({Lock})", cancellationToken);
        await RunAsync(connection, "create table if not exists gateway_schema (feature text primary key, version integer not null)", cancellationToken);
        var version = 0;
        await using (var ask = new NpgsqlCommand("select version from gateway_schema where feature = $1", connection) { Parameters = { new() { Value = feature } } })
        {
            version = await ask.ExecuteScalarAsync(cancellationToken) is int applied ? applied : 0;
        }

        // A newer gateway's table is left as it is: steps add, so that what we know of it is still there.
        foreach (var step in steps.Skip(version))
        {
            await RunAsync(connection, step, cancellationToken);
        }

        if (version < steps.Count)
        {
            await using var tell = new NpgsqlCommand("insert into gateway_schema values ($1, $2) on conflict (feature) do update set version = excluded.version", connection)
            {
                Parameters = { new() { Value = feature }, new() { Value = steps.Count } },
            };
            await tell.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
    }

#pragma warning disable CA2100 // Constants of the features.
    private static async Task RunAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
#pragma warning restore CA2100
}
