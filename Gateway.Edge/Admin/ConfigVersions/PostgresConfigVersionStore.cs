using System.Text;
using Gateway.Edge.VirtualKeys;
using Gateway.Edge.VirtualKeys.Store;
using Npgsql;

namespace Gateway.Edge.Admin.ConfigVersions;

/// <summary>Versions in one table of PostgreSQL, for Edges on any number of machines. Every call has a deadline. Thread-safe.</summary>
internal sealed class PostgresConfigVersionStore(NpgsqlDataSource source, TimeProvider time) : IConfigVersionStore, IAsyncDisposable
{
    private const string Feature = "config_versions";

    /// <summary>Held in the transactions that add: of Edges that see one document at the same time, one adds it.</summary>
    private const long Lock = 0x6777_636F_6E66;

    private const string Columns = "version, time, sha256, source, author, comment";

    // Bytes: a text may hold signs that the database's texts may not.
    private static readonly string[] Steps =
    [
        """
        create table gateway_config_versions (
            version bigint primary key,
            time timestamptz not null,
            sha256 text not null,
            source text not null,
            author text,
            comment text,
            document bytea not null)
        """,
    ];

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(5);

    private volatile bool _isMade;

    public string Name => "postgresql";

    /// <param name="connectionString">Of the operator.</param>
    /// <exception cref="KeyConfigurationException">It is no connection string.</exception>
    public static PostgresConfigVersionStore Connect(string connectionString, TimeProvider time) => new(PostgresKeyStore.BuildSource(connectionString, maxPoolSize: 2), time);

    public ValueTask<ConfigVersion> AddAsync(string text, ConfigVersion version, CancellationToken cancellationToken) => AskAsync(
        async (connection, token) =>
        {
            await using var transaction = await connection.BeginTransactionAsync(token);
            await RunAsync(connection, "select pg_advisory_xact_lock($1)", token, Lock);
            var newest = (await ReadAsync(connection, $"select {Columns} from gateway_config_versions order by version desc limit 1", token)).FirstOrDefault();
            if (newest is not null && newest.Sha256 == version.Sha256)
            {
                if (!IConfigVersionStore.MayAttribute(newest, version))
                {
                    return newest;
                }

                await RunAsync(
                    connection, "update gateway_config_versions set source = $2, author = $3, comment = $4 where version = $1", token,
                    newest.Number, version.Source, version.Author ?? (object)DBNull.Value, version.Comment ?? (object)DBNull.Value);
                await transaction.CommitAsync(token);
                return newest with { Source = version.Source, Author = version.Author, Comment = version.Comment };
            }

            var kept = version with { Number = (newest?.Number ?? 0) + 1, Time = version.Time.ToUniversalTime() };
            await RunAsync(
                connection, $"insert into gateway_config_versions ({Columns}, document) values ($1, $2, $3, $4, $5, $6, $7)", token,
                kept.Number, kept.Time, kept.Sha256, kept.Source, kept.Author ?? (object)DBNull.Value, kept.Comment ?? (object)DBNull.Value, Encoding.UTF8.GetBytes(text));
            await RunAsync(connection, "delete from gateway_config_versions where version <= $1", token, kept.Number - IConfigVersionStore.MaxVersions);
            await transaction.CommitAsync(token);
            return kept;
        },
        cancellationToken);

    public ValueTask<IReadOnlyList<ConfigVersion>> ListAsync(long before, int limit, CancellationToken cancellationToken) => AskAsync<IReadOnlyList<ConfigVersion>>(
        async (connection, token) => await ReadAsync(connection, $"select {Columns} from gateway_config_versions where version < $1 order by version desc limit $2", token, before, limit),
        cancellationToken);

    public ValueTask<ConfigVersionText?> FindAsync(long number, CancellationToken cancellationToken) => AskAsync(
        async (connection, token) =>
        {
            await using var command = Command(connection, $"select {Columns}, document from gateway_config_versions where version = $1", number);
            await using var rows = await command.ExecuteReaderAsync(token);
            return await rows.ReadAsync(token) ? new ConfigVersionText(Read(rows), Encoding.UTF8.GetString(rows.GetFieldValue<byte[]>(6))) : null;
        },
        cancellationToken);

    public ValueTask DisposeAsync() => source.DisposeAsync();

    private async ValueTask<T> AskAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var timer = time.CreateTimer(static source => ((CancellationTokenSource)source!).Cancel(), limit, Deadline, Timeout.InfiniteTimeSpan);
        try
        {
            if (!_isMade)
            {
                await PostgresSchema.ApplyAsync(source, Feature, Steps, limit.Token);
                _isMade = true;
            }

            await using var connection = await source.OpenConnectionAsync(limit.Token);
            return await ask(connection, limit.Token);
        }
        catch (PostgresException exception)
        {
            // The table may have gone with a database that was made anew.
            _isMade = false;
            throw new ConfigVersionStoreException($"PostgreSQL refused ({exception.SqlState}).", exception);
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException or IOException or System.Net.Sockets.SocketException or InvalidOperationException
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new ConfigVersionStoreException($"PostgreSQL does not answer ({exception.GetType().Name}).", exception);
        }
    }

#pragma warning disable CA2100 // Constants of this file.
    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, params object[] values)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
        {
            command.Parameters.Add(new() { Value = value });
        }

        return command;
    }
#pragma warning restore CA2100

    private static async Task RunAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params object[] values)
    {
        await using var command = Command(connection, sql, values);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<List<ConfigVersion>> ReadAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params object[] values)
    {
        await using var command = Command(connection, sql, values);
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var versions = new List<ConfigVersion>();
        while (await rows.ReadAsync(cancellationToken))
        {
            versions.Add(Read(rows));
        }

        return versions;
    }

    private static ConfigVersion Read(NpgsqlDataReader rows) => new(
        rows.GetInt64(0), rows.GetFieldValue<DateTimeOffset>(1), rows.GetString(2), rows.GetString(3), rows.IsDBNull(4) ? null : rows.GetString(4), rows.IsDBNull(5) ? null : rows.GetString(5));
}
