using System.Net;
using System.Net.Sockets;
using Gateway.Edge.Tests.Rig;
using Gateway.Edge.VirtualKeys;
using Gateway.Edge.VirtualKeys.Store;
using Npgsql;

namespace Gateway.Edge.Tests.VirtualKeys.Store;

public sealed class PostgresKeyStoreTests(PostgresProcess postgres) : KeyStoreContract, IClassFixture<PostgresProcess>, IAsyncLifetime
{
    private readonly List<PostgresKeyStore> _open = [];
    private string _connection = "";

    public async Task InitializeAsync() => _connection = await postgres.NewSchemaAsync();

    public async Task DisposeAsync()
    {
        foreach (var store in _open)
        {
            await store.DisposeAsync();
        }
    }

    internal override IKeyStore Open(TimeProvider time)
    {
        var store = PostgresKeyStore.Connect(_connection, time);
        lock (_open)
        {
            _open.Add(store);
        }

        return store;
    }

    [Fact]
    public async Task Stores_that_start_at_the_same_time_make_the_table_once()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Open(TimeProvider.System).ReadAsync(0, default).AsTask()));

        await using var source = NpgsqlDataSource.Create(_connection);
        await using var command = source.CreateCommand("select version from gateway_schema where feature = 'keys'");
        Assert.Equal(1, await command.ExecuteScalarAsync());
    }

    [Fact]
    public async Task A_table_of_before_is_found_again()
    {
        await Open(Time).PutAsync(Key("demo"), 0, default);

        await using var later = PostgresKeyStore.Connect(_connection, Time);

        Assert.Equal("demo", Assert.Single((await later.ReadAsync(0, default)).Keys).Id);
    }

    [Fact]
    public async Task A_table_that_was_lost_is_made_again()
    {
        var store = Open(Time);
        await store.PutAsync(Key("demo"), 0, default);
        await using var source = NpgsqlDataSource.Create(_connection);
        await using (var command = source.CreateCommand("drop table gateway_keys; drop table gateway_schema"))
        {
            await command.ExecuteNonQueryAsync();
        }

        await Assert.ThrowsAsync<KeyStoreException>(async () => await store.ReadAsync(1, default));

        Assert.Empty((await store.ReadAsync(1, default)).Keys);
    }

    [Fact]
    public async Task A_database_that_is_away_is_an_error_until_it_is_back()
    {
        var store = Open(TimeProvider.System);
        await store.PutAsync(Key("demo"), 0, default);
        await postgres.StopAsync();
        try
        {
            var error = await Assert.ThrowsAsync<KeyStoreException>(async () => await store.ReadAsync(0, default));
            Assert.DoesNotContain("127.0.0.1", error.Message, StringComparison.Ordinal);
            await Assert.ThrowsAsync<KeyStoreException>(async () => await store.PutAsync(Key("other"), 0, default));
        }
        finally
        {
            await postgres.StartAsync();
        }

        Assert.Equal("demo", Assert.Single((await store.ReadAsync(0, default)).Keys).Id);
    }

    [Fact]
    public async Task A_database_that_says_nothing_is_given_up()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using var store = PostgresKeyStore.Connect($"Host=127.0.0.1;Port={((IPEndPoint)silent.LocalEndpoint).Port};Username=x;Database=x", Time);

        var asked = store.ReadAsync(0, default).AsTask();
        using var accepted = await silent.AcceptTcpClientAsync();
        Assert.False(asked.IsCompleted);
        Time.Advance(TimeSpan.FromSeconds(5));

        await Assert.ThrowsAsync<KeyStoreException>(() => asked.WaitAsync(EdgeServer.Patience));
    }

    [Fact]
    public void What_is_no_connection_string_is_refused_without_being_said()
    {
        var refused = Assert.Throws<KeyConfigurationException>(() => PostgresKeyStore.Connect("postgres://me:canary-password@host/db", Time));

        Assert.Contains("ConnectionStrings:gatewaydb", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("canary-password", refused.ToString(), StringComparison.Ordinal);
    }
}
