using Gateway.Core.Errors;
using Gateway.Core.Journal;
using Gateway.Core.Tests;
using Gateway.Usage.Ledger.PostgreSql;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Usage.Tests.PostgreSql;

/// <summary>Columns on a disk that fails or is damaged, and a database that is away: answers stay right or are refused.</summary>
[Collection(ColumnsCollectionFixture.Name)]
public sealed class ColumnCacheFaultTests(PostgresServer server)
{
    [Theory]
    [InlineData("names", 60)]
    [InlineData("names", -1)]
    [InlineData("manifest.json", 30)]
    [InlineData("manifest.json", -1)]
    [InlineData("0000000002.rows", 20)]
    [InlineData("0000000002.rows", -30)]
    [InlineData("0000000003.rows", -5)]
    [InlineData("0000000003.rows", int.MinValue)]
    public async Task A_damaged_file_makes_them_again(string name, int at)
    {
        await using var cached = await UsageHost.StartAsync(database: await server.NewDatabaseAsync(), columns: true);
        var expected = await Columns.FillAsync(cached, 300);
        await cached.StopAsync();
        var path = Path.Combine(Columns.FolderOf(cached), name);
        if (at == int.MinValue)
        {
            File.Delete(path);
        }
        else
        {
            var bytes = await File.ReadAllBytesAsync(path);
            bytes[at < 0 ? bytes.Length + at : at] ^= 0x11;
            await File.WriteAllBytesAsync(path, bytes);
        }

        await cached.StartAgainAsync();
        await cached.Service<PostgresLedger>().KeepColumnsAsync(default);

        Assert.True(cached.Service<PostgresLedger>().HasColumns);
        Assert.Equal(expected, await Columns.LinesAsync(cached));
        Assert.Equal(2, cached.Log.Of(Columns.Loaded).Length);
    }

    [Fact]
    public async Task A_disk_that_fails_costs_no_answer_and_is_tried_again_later()
    {
        var (disk, time) = (new SwitchedDisk(), new ManualTime());
        await using var cached = await UsageHost.StartAsync(
            database: await server.NewDatabaseAsync(), columns: true, replace: services => services.AddSingleton<JournalDisk>(disk).AddSingleton<TimeProvider>(time));
        await Columns.FillAsync(cached, 120);
        disk.IsBroken = true;
        var journal = new FakeJournal();
        for (var i = 0; i < 120; i++)
        {
            journal.Add(FakeJournal.Final());
        }

        await cached.PostAsync(journal.All());

        Assert.Equal(240, (await cached.Ledger.SumAsync(Columns.ByAll, default)).Total.Requests);
        Assert.False(cached.Service<PostgresLedger>().HasColumns);
        Assert.Single(cached.Log.Of(Columns.Failed));

        // Not before its time.
        disk.IsBroken = false;
        await cached.Service<PostgresLedger>().KeepColumnsAsync(default);
        Assert.False(cached.Service<PostgresLedger>().HasColumns);
        time.Advance(TimeSpan.FromMinutes(5));
        await cached.Service<PostgresLedger>().KeepColumnsAsync(default);
        Assert.True(cached.Service<PostgresLedger>().HasColumns);
        Assert.Equal(240, (await cached.Ledger.SumAsync(Columns.ByAll, default)).Total.Requests);
    }

    [Fact]
    public async Task A_file_that_is_cut_off_under_a_running_process_costs_no_answer_and_they_are_made_again_later()
    {
        var time = new ManualTime();
        await using var cached = await UsageHost.StartAsync(database: await server.NewDatabaseAsync(), columns: true, replace: services => services.AddSingleton<TimeProvider>(time));
        var expected = await Columns.FillAsync(cached, 300);
        await using (var file = new FileStream(Path.Combine(Columns.FolderOf(cached), "0000000002.rows"), FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
        {
            file.SetLength(100);
        }

        Assert.Equal(expected, await Columns.LinesAsync(cached));
        Assert.False(cached.Service<PostgresLedger>().HasColumns);
        Assert.Single(cached.Log.Of(Columns.Failed));

        time.Advance(TimeSpan.FromMinutes(5));
        await cached.Service<PostgresLedger>().KeepColumnsAsync(default);
        Assert.Equal(expected, await Columns.LinesAsync(cached));
        Assert.True(cached.Service<PostgresLedger>().HasColumns);
        Assert.Equal(2, cached.Log.Of(Columns.Loaded).Length);
    }

    [Fact]
    public async Task A_database_that_is_away_leaves_them_as_they_are_and_answers_nothing_old()
    {
        var database = await server.NewDatabaseAsync();
        await using var cached = await UsageHost.StartAsync(database: database, columns: true);
        var expected = await Columns.FillAsync(cached, 60);
        await PostgresServer.AskAsync(database, "alter table gateway_ledger_state rename to away");

        await Assert.ThrowsAsync<GatewayException>(async () => await Columns.LinesAsync(cached));
        await cached.Service<PostgresLedger>().KeepColumnsAsync(default);
        await PostgresServer.AskAsync(database, "alter table away rename to gateway_ledger_state");

        Assert.Equal(expected, await Columns.LinesAsync(cached));
        Assert.True(cached.Service<PostgresLedger>().HasColumns);
        Assert.Single(cached.Log.Of(Columns.Loaded));
    }

    [Fact]
    public async Task Without_a_folder_or_room_the_server_is_asked_and_that_is_said()
    {
        var database = await server.NewDatabaseAsync();
        var folder = Path.Combine(Path.GetTempPath(), "usage-" + Guid.NewGuid().ToString("N"));
        await File.WriteAllTextAsync(folder, "a file, where a folder should be");
        try
        {
            await using var cached = await UsageHost.StartAsync(folder, database: database, columns: true);
            await cached.PostAsync(new FakeJournal().Add(FakeJournal.Final()).All());
            await cached.Service<PostgresLedger>().KeepColumnsAsync(default);

            Assert.Equal(1, (await cached.Ledger.SumAsync(Columns.ByAll, default)).Total.Requests);
            Assert.Single(cached.Log.Of(Columns.Failed));
        }
        finally
        {
            File.Delete(folder);
        }

        await using var full = await UsageHost.StartAsync(database: database, columns: true, minFreeBytes: long.MaxValue);
        await full.Service<PostgresLedger>().KeepColumnsAsync(default);

        Assert.Equal(1, (await full.Ledger.SumAsync(Columns.ByAll, default)).Total.Requests);
        Assert.False(full.Service<PostgresLedger>().HasColumns);
        Assert.Single(full.Log.Of(Columns.Failed));
    }

    private sealed class SwitchedDisk : JournalDisk
    {
        public bool IsBroken { get; set; }

        public override Microsoft.Win32.SafeHandles.SafeFileHandle Create(string path) => IsBroken ? throw new IOException("The disk is broken.") : base.Create(path);
    }
}
