using Gateway.Core.Configuration;
using Gateway.Core.Tests;
using Gateway.Usage.Content;
using Gateway.Usage.Ledger.PostgreSql;
using Gateway.Usage.Tests.PostgreSql;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Usage.Tests.Content;

/// <summary>What both stores of content do.</summary>
public abstract class ContentStoreContract
{
    private protected ManualTime Time { get; } = new();

    private protected abstract Task<IContentStore> OpenAsync();

    [Fact]
    public async Task Content_is_found_by_its_request_whatever_kind_of_id_that_has()
    {
        var store = await OpenAsync();
        var (made, other) = (Guid.CreateVersion7(Time.GetUtcNow()), Guid.NewGuid());

        await store.AddAsync([Contents.Entry(made, Time.GetUtcNow(), "first"), Contents.Entry(other, Time.GetUtcNow() - TimeSpan.FromHours(20), "second")], default);

        Assert.Contains("first", Contents.TextOf(await store.FindAsync(made, default)), StringComparison.Ordinal);
        var found = await store.FindAsync(other, default);
        Assert.Contains("second", Contents.TextOf(found), StringComparison.Ordinal);
        Assert.Equal((other, (Time.GetUtcNow() - TimeSpan.FromHours(20)).ToUnixTimeMilliseconds(), CaptureLevel.Full), (found!.Value.Head.RequestId, found.Value.Head.TimeUnixMs, found.Value.Head.Level));
        Assert.Null(await store.FindAsync(Guid.NewGuid(), default));
    }

    [Fact]
    public async Task The_same_content_again_is_kept_once()
    {
        var store = await OpenAsync();
        var id = Guid.CreateVersion7(Time.GetUtcNow());

        await store.AddAsync([Contents.Entry(id, Time.GetUtcNow(), "first")], default);
        await store.AddAsync([Contents.Entry(id, Time.GetUtcNow(), "later"), Contents.Entry(id, Time.GetUtcNow(), "later")], default);

        Assert.Contains("first", Contents.TextOf(await store.FindAsync(id, default)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whole_days_go_when_their_time_is_over_and_the_setting_is_read_each_time()
    {
        var store = await OpenAsync();
        var config = new FixedConfig();
        config.Change(static document => document with { Usage = new UsageConfig { CaptureRetention = TimeSpan.FromDays(3) } });
        using var sweeper = new ContentSweeper(store, config, Time, NullLogger<ContentSweeper>.Instance);
        var ids = new List<Guid>();
        for (var day = 0; day < 5; day++)
        {
            ids.Add(Guid.CreateVersion7(Time.GetUtcNow()));
            await store.AddAsync([Contents.Entry(ids[day], Time.GetUtcNow(), $"day {day}")], default);
            Time.Advance(TimeSpan.FromDays(1));
        }

        // It is the start of the sixth day: the time of days 0 and 1 is over wholly, that of day 2 begins to be.
        await sweeper.SweepAsync(default);
        var afterThree = await AreThereAsync(store, ids);

        config.Change(static document => document with { Usage = new UsageConfig { CaptureRetention = TimeSpan.FromDays(1) } });
        await sweeper.SweepAsync(default);
        var afterOne = await AreThereAsync(store, ids);

        Assert.Equal("..xxx", afterThree);
        Assert.Equal("....x", afterOne);
    }

    private static async Task<string> AreThereAsync(IContentStore store, List<Guid> ids)
    {
        var found = "";
        foreach (var id in ids)
        {
            found += await store.FindAsync(id, default) is null ? "." : "x";
        }

        return found;
    }

    [Fact]
    public async Task Content_is_found_while_older_days_go()
    {
        var store = await OpenAsync();
        for (var round = 0; round < 3; round++)
        {
            for (var day = 0; day < 20; day++)
            {
                await store.AddAsync([Contents.Entry(Guid.NewGuid(), Time.GetUtcNow())], default);
                Time.Advance(TimeSpan.FromDays(1));
            }

            var kept = Guid.NewGuid();
            await store.AddAsync([Contents.Entry(kept, Time.GetUtcNow())], default);
            var removal = Task.Run(() => store.RemoveBeforeAsync(ContentDays.Of(Time.GetUtcNow()), default));
            do
            {
                // An id that nobody has: all days are looked through.
                Assert.Null(await store.FindAsync(Guid.NewGuid(), default));
            }
            while (!removal.IsCompleted);

            Assert.Equal(round == 0 ? 20 : 21, await removal);
            Assert.NotNull(await store.FindAsync(kept, default));
            Time.Advance(TimeSpan.FromDays(1));
        }
    }

    [Fact]
    public async Task A_Router_whose_clock_is_far_off_makes_no_day_that_stays_for_ever()
    {
        var store = await OpenAsync();
        var id = Guid.NewGuid();
        await store.AddAsync([Contents.Entry(id, Time.GetUtcNow().AddYears(50))], default);

        Assert.Equal(1, await store.RemoveBeforeAsync(ContentDays.Of(Time.GetUtcNow()).AddDays(1), default));
        Assert.Null(await store.FindAsync(id, default));
    }
}

public sealed class FileContentStoreTests : ContentStoreContract, IDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "content-" + Guid.NewGuid().ToString("N"));

    private string Today => Path.Combine(_folder, "20260101" + FileContentStore.Extension);

    private protected override Task<IContentStore> OpenAsync() => Task.FromResult<IContentStore>(Open());

    [Fact]
    public async Task Files_are_for_their_owner_alone()
    {
        await Open().AddAsync([Contents.Entry(Guid.NewGuid(), Time.GetUtcNow())], default);

        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Today));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_folder));
        }
    }

    [Fact]
    public async Task A_damaged_byte_costs_one_content_and_no_other()
    {
        var entries = Enumerable.Range(0, 20).Select(i => Contents.Entry(Guid.CreateVersion7(Time.GetUtcNow()), Time.GetUtcNow(), new string((char)('a' + i), 300))).ToArray();
        await Open().AddAsync(entries, default);
        var whole = await File.ReadAllBytesAsync(Today);
        foreach (var at in new[] { 0, 5, 20, 43, 44, 200, whole.Length / 2, whole.Length - 1 })
        {
            var damaged = whole.ToArray();
            damaged[at] ^= 0x40;
            await File.WriteAllBytesAsync(Today, damaged);

            var found = await Task.WhenAll(entries.Select(entry => Open().FindAsync(entry.Head.RequestId, default)));
            Assert.Equal(19, found.Count(static one => one is not null));
        }
    }

    [Fact]
    public async Task What_a_killed_process_did_not_finish_costs_nothing_that_comes_after()
    {
        var (first, torn, next) = (Contents.Entry(Guid.NewGuid(), Time.GetUtcNow()), Contents.Entry(Guid.NewGuid(), Time.GetUtcNow(), new string('x', 5000)), Contents.Entry(Guid.NewGuid(), Time.GetUtcNow()));
        await Open().AddAsync([first, torn], default);
        await using (var file = new FileStream(Today, FileMode.Open))
        {
            file.SetLength(file.Length - 1000);
        }

        var again = Open();
        await again.AddAsync([next, torn], default);

        foreach (var entry in new[] { first, next, torn })
        {
            Assert.NotNull(await again.FindAsync(entry.Head.RequestId, default));
        }
    }

    [Fact]
    public async Task Room_is_left_to_the_ledger()
    {
        var store = new FileContentStore(_folder, long.MaxValue, Core.Journal.JournalDisk.Real, Time);

        await Assert.ThrowsAsync<IOException>(() => store.AddAsync([Contents.Entry(Guid.NewGuid(), Time.GetUtcNow())], default));
        Assert.Empty(Directory.GetFiles(_folder));
    }

    public void Dispose()
    {
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private FileContentStore Open() => new(_folder, 0, Core.Journal.JournalDisk.Real, Time);
}

[Collection(PostgresCollectionFixture.Name)]
public sealed class PostgresContentStoreTests(PostgresServer server) : ContentStoreContract, IAsyncLifetime
{
    private LedgerDatabase? _database;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_database is not null)
        {
            await _database.DisposeAsync();
        }
    }

    [Fact]
    public async Task The_service_uses_a_table_a_day_and_no_file()
    {
        var database = await server.NewDatabaseAsync();
        await using var usage = await UsageHost.StartAsync(database: database);
        var now = DateTimeOffset.UtcNow;
        var entry = Contents.Entry(Guid.CreateVersion7(now), now, "kept");
        Assert.Equal(204, await usage.PostContentAsync(Contents.Frames(entry)));

        var (status, body) = await usage.GetAsync($"/admin/v1/requests/{entry.Head.RequestId}/content");

        Assert.Equal((200, "kept"), (status, body.GetProperty("text").GetString()));
        Assert.Equal(1L, await PostgresServer.AskAsync(database, $"select count(*) from gateway_content_{now:yyyyMMdd}"));
        Assert.False(Directory.Exists(Path.Combine(usage.Folder, "content")));
    }

    // Without the service: its sweeper would delete what is old by the clock of this machine.
    private protected override async Task<IContentStore> OpenAsync() =>
        new PostgresContentStore(_database = LedgerDatabase.Connect(await server.NewDatabaseAsync(), TimeProvider.System, NullLogger.Instance), Time);
}
