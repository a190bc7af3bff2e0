using Gateway.Edge.Tests.Rig;
using Npgsql;

namespace Gateway.Usage.Tests.PostgreSql;

/// <summary>One server for the tests that do not stop it.</summary>
public sealed class PostgresServer : IAsyncLifetime
{
    private readonly PostgresProcess _process = new();

    /// <summary>A connection string that sees a schema of its own, empty.</summary>
    public Task<string> NewDatabaseAsync() => _process.NewSchemaAsync();

    public static async Task<NpgsqlConnection> OpenAsync(string database)
    {
        var connection = new NpgsqlConnection(database + ";Pooling=false");
        await connection.OpenAsync();
        return connection;
    }

    public static async Task<object?> AskAsync(string database, string sql)
    {
        await using var connection = await OpenAsync(database);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    public Task InitializeAsync() => _process.InitializeAsync();

    public Task DisposeAsync() => _process.DisposeAsync();
}

[CollectionDefinition(Name)]
public sealed class PostgresCollectionFixture : ICollectionFixture<PostgresServer>
{
    public const string Name = "postgres";
}

/// <summary>Those of columns run beside the others, on a server of their own.</summary>
[CollectionDefinition(Name)]
public sealed class ColumnsCollectionFixture : ICollectionFixture<PostgresServer>
{
    public const string Name = "postgres-columns";
}
