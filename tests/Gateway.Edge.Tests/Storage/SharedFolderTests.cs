using Gateway.Core.Journal;
using Gateway.Edge.Storage;
using Gateway.Edge.Tests.Rig;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Edge.Tests.Storage;

/// <summary>What the stores that keep files in a folder of several Edges rely on.</summary>
public sealed class SharedFolderTests : IDisposable
{
    private const string LockName = "the.lock";
    private const string TemporaryName = "unfinished";

    private readonly string _root = Directory.CreateTempSubdirectory("edge-folder-").FullName;
    private readonly ManualTime _time = new();

    private string Folder => Path.Combine(_root, "edge");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task One_at_a_time_has_the_lock_and_who_waits_gets_it_next()
    {
        var first = await Open(TimeProvider.System).LockAsync(default);
        var second = Open(TimeProvider.System).LockAsync(default);
        Assert.False(second.IsCompleted);

        await first.DisposeAsync();

        await using var held = await second.WaitAsync(EdgeServer.Patience);
    }

    [Fact]
    public async Task Who_waits_for_a_lock_that_hangs_is_told_after_five_seconds()
    {
        await using var held = await Open(_time).LockAsync(default);
        var waiting = Open(_time).LockAsync(default);

        _time.Advance(TimeSpan.FromSeconds(4.9));
        await Task.Yield();
        Assert.False(waiting.IsCompleted);
        while (!waiting.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(10));
            await Task.Yield();
        }

        await Assert.ThrowsAsync<IOException>(() => waiting);
        Assert.InRange(_time.GetTimestamp(), TimeSpan.FromHours(1).Add(TimeSpan.FromSeconds(5)).Ticks, long.MaxValue);
    }

    [Fact]
    public async Task Who_waits_can_leave()
    {
        await using var held = await Open(_time).LockAsync(default);
        using var leave = new CancellationTokenSource();
        var waiting = Open(_time).LockAsync(leave.Token);

        await leave.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(EdgeServer.Patience));
    }

    [Fact]
    public async Task Folder_lock_and_files_are_for_their_owner_alone()
    {
        await using var held = await Open(_time).LockAsync(default);
        Open(_time).Put("a", "secret"u8);
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Assert.Equal(Owner | UnixFileMode.UserExecute, File.GetUnixFileMode(Folder));
        Assert.Equal(["a", LockName], Directory.GetFiles(Folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        foreach (var file in Directory.GetFiles(Folder))
        {
            Assert.Equal(Owner, File.GetUnixFileMode(file));
        }
    }

    [Fact]
    public async Task What_a_crash_left_unfinished_is_written_over()
    {
        await using var held = await Open(_time).LockAsync(default);
        await File.WriteAllTextAsync(Path.Combine(Folder, TemporaryName), "much more than what comes now, and only half of it");

        Open(_time).Put("a", "new"u8);

        Assert.Equal("new", await File.ReadAllTextAsync(Path.Combine(Folder, "a")));
        Assert.False(File.Exists(Path.Combine(Folder, TemporaryName)));
    }

    [Fact]
    public async Task A_file_takes_its_place_when_all_of_it_is_on_the_disk_and_the_folder_follows()
    {
        var disk = new WatchedDisk(Folder);
        var folder = new SharedFolder(Folder, LockName, TemporaryName, _time, disk);
        await using var held = await folder.LockAsync(default);
        await File.WriteAllTextAsync(folder.PathOf("a"), "old");

        disk.Refuses = true;
        Assert.Throws<IOException>(() => folder.Put("a", "new"u8));
        Assert.Equal("old", await File.ReadAllTextAsync(folder.PathOf("a")));

        disk.Refuses = false;
        folder.Put("a", "new"u8);
        Assert.Equal(["file: old", "file: old", "folder: new"], disk.Seen);
    }

    private SharedFolder Open(TimeProvider time) => new(Folder, LockName, TemporaryName, time, JournalDisk.Real);

    /// <summary>What a reader would have found at each sync.</summary>
    private sealed class WatchedDisk(string folder) : JournalDisk
    {
        public bool Refuses { get; set; }

        public List<string> Seen { get; } = [];

        public override void Sync(SafeFileHandle file)
        {
            Seen.Add("file: " + File.ReadAllText(Path.Combine(folder, "a")));
            base.Sync(Refuses ? throw new IOException("test") : file);
        }

        public override void SyncFolder(string folder)
        {
            Seen.Add("folder: " + File.ReadAllText(Path.Combine(folder, "a")));
            base.SyncFolder(folder);
        }
    }
}
