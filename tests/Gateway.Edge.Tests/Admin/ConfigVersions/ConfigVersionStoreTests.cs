using Gateway.Core.Journal;
using Gateway.Edge.Admin.ConfigVersions;
using Gateway.Edge.Tests.Rig;
using Npgsql;

namespace Gateway.Edge.Tests.Admin.ConfigVersions;

public sealed class FileConfigVersionStoreTests : ConfigVersionStoreContract, IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("edge-versions-").FullName;

    private string Folder => Path.Combine(_data, "config-versions");

    public void Dispose() => Directory.Delete(_data, recursive: true);

    internal override IConfigVersionStore Open() => new FileConfigVersionStore(Folder, TimeProvider.System, JournalDisk.Real);

    [Fact]
    public async Task Files_are_readable_by_their_owner_alone()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        await AddAsync("a secret");
        const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Assert.Equal(Owner | UnixFileMode.UserExecute, File.GetUnixFileMode(Folder));
        foreach (var file in Directory.EnumerateFiles(Folder))
        {
            Assert.Equal(Owner, File.GetUnixFileMode(file));
        }
    }

    [Fact]
    public async Task A_damaged_file_is_told_and_the_others_go_on()
    {
        await AddAsync("a");
        await AddAsync("b");
        await AddAsync("c");
        await File.AppendAllTextAsync(Path.Combine(Folder, "000000001.yaml"), "x");
        await File.WriteAllTextAsync(Path.Combine(Folder, "000000002.yaml"), "no head");

        await Assert.ThrowsAsync<ConfigVersionStoreException>(async () => await Open().FindAsync(1, default));
        await Assert.ThrowsAsync<ConfigVersionStoreException>(async () => await Open().FindAsync(2, default));
        Assert.Equal([3L, 1L], (await Open().ListAsync(long.MaxValue, 10, default)).Select(static version => version.Number));
        Assert.Equal(4, (await AddAsync("d")).Number);
    }
}

public sealed class PostgresConfigVersionStoreTests(PostgresProcess postgres) : ConfigVersionStoreContract, IClassFixture<PostgresProcess>, IAsyncLifetime
{
    private readonly List<PostgresConfigVersionStore> _open = [];
    private string _connection = "";

    public async Task InitializeAsync() => _connection = await postgres.NewSchemaAsync();

    public async Task DisposeAsync()
    {
        foreach (var store in _open)
        {
            await store.DisposeAsync();
        }
    }

    internal override IConfigVersionStore Open()
    {
        lock (_open)
        {
            if (_open.Count < 4)
            {
                _open.Add(PostgresConfigVersionStore.Connect(_connection, TimeProvider.System));
            }

            return _open[^1];
        }
    }

    [Fact]
    public async Task Table_is_made_beside_the_one_of_keys_by_whoever_comes_first()
    {
        await using var keys = Gateway.Edge.VirtualKeys.Store.PostgresKeyStore.Connect(_connection, TimeProvider.System);
        await Task.WhenAll(keys.ReadAsync(0, default).AsTask(), AddAsync("a"), AddAsync("a"), AddAsync("a"));

        await using var source = NpgsqlDataSource.Create(_connection);
        await using var command = source.CreateCommand("select string_agg(feature || ' ' || version, ', ' order by feature) from gateway_schema");
        Assert.Equal("config_versions 1, keys 1", await command.ExecuteScalarAsync());
    }

    [Fact]
    public async Task A_table_that_was_lost_is_made_again()
    {
        var store = Open();
        await store.AddAsync("a", New("a"), default);
        await using var source = NpgsqlDataSource.Create(_connection);
        await using (var command = source.CreateCommand("drop table gateway_config_versions; drop table gateway_schema"))
        {
            await command.ExecuteNonQueryAsync();
        }

        await Assert.ThrowsAsync<ConfigVersionStoreException>(async () => await store.FindAsync(1, default));

        Assert.Empty(await store.ListAsync(long.MaxValue, 10, default));
    }
}
