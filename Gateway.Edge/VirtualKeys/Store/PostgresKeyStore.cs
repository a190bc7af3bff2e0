using System.Buffers;
using System.Text;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;

namespace Gateway.Edge.VirtualKeys.Store;

/// <summary>Keys in one table of PostgreSQL, for Edges on any number of machines. Every call has a deadline. Thread-safe.</summary>
internal sealed class PostgresKeyStore(NpgsqlDataSource source, TimeProvider time) : IKeyStore, IAsyncDisposable
{
    /// <summary>Name of the connection string, as the application model gives it.</summary>
    public const string ConnectionName = "gatewaydb";

    private const string Columns = "id, version, deleted, created, updated, secrets::text, document::text";

    // For a new key, and for one of an id that was deleted.
    private const string Insert = $"""
        insert into gateway_keys (id, version, deleted, created, updated, secrets, document)
        values ($1, (select coalesce(max(version), 0) + 1 from gateway_keys), false, $2, $3, $4, $5)
        on conflict (id) do update set version = excluded.version, deleted = false, created = excluded.created, updated = excluded.updated, secrets = excluded.secrets, document = excluded.document
        where gateway_keys.deleted
        returning {Columns}
        """;

    private const string Update = $"""
        update gateway_keys set version = (select max(version) + 1 from gateway_keys), updated = $2, secrets = $3, document = $4
        where id = $1 and version = $5 and not deleted
        returning {Columns}
        """;

    private const string Delete = $"""
        update gateway_keys set version = (select max(version) + 1 from gateway_keys), deleted = true, updated = $2, secrets = '[]', document = null
        where id = $1 and version = $3 and not deleted
        returning {Columns}
        """;

    // The newest stays, deleted or not: the next version is counted from it.
    private const string Forget = "delete from gateway_keys where deleted and updated < $1 and version < (select max(version) from gateway_keys)";

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(5);

    private volatile bool _isMade;

    public string Name => "postgresql";

    public bool MayHaveKeys => true;

    /// <param name="connectionString">Of the operator.</param>
    /// <exception cref="KeyConfigurationException">It is no connection string.</exception>
    public static PostgresKeyStore Connect(string connectionString, TimeProvider time) => new(BuildSource(connectionString, maxPoolSize: 8), time);

    /// <summary>Connections with the deadlines of the Edge.</summary>
    /// <exception cref="KeyConfigurationException">It is no connection string.</exception>
    internal static NpgsqlDataSource BuildSource(string connectionString, int maxPoolSize)
    {
        try
        {
            var builder = new NpgsqlDataSourceBuilder(connectionString);
            var settings = builder.ConnectionStringBuilder;
            settings.ApplicationName ??= "gateway-edge";
            settings.MaxPoolSize = Math.Min(settings.MaxPoolSize, maxPoolSize);
            settings.Timeout = Math.Min(settings.Timeout, (int)Deadline.TotalSeconds);
            settings.CommandTimeout = Math.Min(settings.CommandTimeout, (int)Deadline.TotalSeconds);
            return builder.Build();
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or InvalidOperationException or NotSupportedException)
        {
            // Not its message: it may quote the password.
            throw new KeyConfigurationException($"ConnectionStrings:{ConnectionName} is no connection string of PostgreSQL. Its form is 'Host=NAME;Port=5432;Database=NAME;Username=NAME;Password=...'.");
        }
    }

    public ValueTask<KeyChanges> ReadAsync(long since, CancellationToken cancellationToken) => AskAsync(
        async (connection, token) =>
        {
            // One snapshot for both questions.
            await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, token);
            await using var newest = new NpgsqlCommand("select coalesce(max(version), 0) from gateway_keys", connection);
            var revision = (long)(await newest.ExecuteScalarAsync(token))!;
            if (since > 0 && revision == since)
            {
                return new KeyChanges(revision, false, []);
            }

            var isAll = since == 0 || revision < since;
            await using var command = new NpgsqlCommand(
                isAll ? $"select {Columns} from gateway_keys where not deleted" : $"select {Columns} from gateway_keys where version > $1 order by version", connection);
            if (!isAll)
            {
                command.Parameters.Add(new() { Value = since });
            }

            return new KeyChanges(revision, isAll, await ReadKeysAsync(command, token));
        },
        cancellationToken);

    public ValueTask<StoredKey?> PutAsync(StoredKey key, long expectedVersion, CancellationToken cancellationToken) => AskAsync(
        (connection, token) =>
        {
            var secrets = new NpgsqlParameter { Value = SecretsOf(key), NpgsqlDbType = NpgsqlDbType.Jsonb };
            var document = new NpgsqlParameter { Value = key.Document, NpgsqlDbType = NpgsqlDbType.Jsonb };
            var command = expectedVersion == 0
                ? new NpgsqlCommand(Insert, connection) { Parameters = { new() { Value = key.Id }, new() { Value = key.Created.ToUniversalTime() }, new() { Value = key.Updated.ToUniversalTime() }, secrets, document } }
                : new NpgsqlCommand(Update, connection) { Parameters = { new() { Value = key.Id }, new() { Value = key.Updated.ToUniversalTime() }, secrets, document, new() { Value = expectedVersion } } };
            return ChangeAsync(command, token);
        },
        cancellationToken);

    public ValueTask<StoredKey?> DeleteAsync(string id, long expectedVersion, CancellationToken cancellationToken) => AskAsync(
        (connection, token) => ChangeAsync(
            new NpgsqlCommand(Delete, connection) { Parameters = { new() { Value = id }, new() { Value = time.GetUtcNow() }, new() { Value = expectedVersion } } }, token),
        cancellationToken);

    public ValueTask DisposeAsync() => source.DisposeAsync();

    private async Task<StoredKey?> ChangeAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var _ = command;
        var connection = command.Connection!;
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var wait = new NpgsqlCommand("select pg_advisory_xact_lock($1)", connection) { Parameters = { new() { Value = PostgresKeySchema.Lock } } })
        {
            await wait.ExecuteNonQueryAsync(cancellationToken);
        }

        if (await ReadKeysAsync(command, cancellationToken) is not [{ } stored])
        {
            return null;
        }

        await using (var forget = new NpgsqlCommand(Forget, connection) { Parameters = { new() { Value = time.GetUtcNow() - IKeyStore.DeletedFor } } })
        {
            await forget.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return stored;
    }

    private async ValueTask<T> AskAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var timer = time.CreateTimer(static source => ((CancellationTokenSource)source!).Cancel(), limit, Deadline, Timeout.InfiniteTimeSpan);
        try
        {
            if (!_isMade)
            {
                await PostgresKeySchema.ApplyAsync(source, limit.Token);
                _isMade = true;
            }

            await using var connection = await source.OpenConnectionAsync(limit.Token);
            return await ask(connection, limit.Token);
        }
        catch (PostgresException exception)
        {
            // The table may have gone with a database that was made anew.
            _isMade = false;
            throw new KeyStoreException($"PostgreSQL refused ({exception.SqlState}).", exception);
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException or IOException or System.Net.Sockets.SocketException or JsonException or InvalidOperationException
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new KeyStoreException($"PostgreSQL does not answer ({exception.GetType().Name}).", exception);
        }
    }

    private static async Task<List<StoredKey>> ReadKeysAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        var keys = new List<StoredKey>();
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
        {
            using var secrets = JsonDocument.Parse(rows.GetString(5));
            keys.Add(new StoredKey
            {
                Id = rows.GetString(0),
                Version = rows.GetInt64(1),
                IsDeleted = rows.GetBoolean(2),
                Created = rows.GetFieldValue<DateTimeOffset>(3),
                Updated = rows.GetFieldValue<DateTimeOffset>(4),
                Secrets = KeyFile.ReadSecrets(secrets.RootElement),
                Document = rows.IsDBNull(6) ? null : rows.GetString(6),
            });
        }

        return keys;
    }

    private static string SecretsOf(StoredKey key)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output))
        {
            KeyFile.WriteSecrets(json, key.Secrets);
        }

        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
