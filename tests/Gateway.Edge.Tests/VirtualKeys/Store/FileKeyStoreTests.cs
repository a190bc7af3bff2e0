using System.Text;
using Gateway.Core.Journal;
using Gateway.Edge.Tests.Rig;
using Gateway.Edge.VirtualKeys.Store;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Edge.Tests.VirtualKeys.Store;

public sealed class FileKeyStoreTests : KeyStoreContract, IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("edge-keys-").FullName;

    private string Folder => Path.Combine(_root, "edge");

    private string KeysFile => Path.Combine(Folder, FileKeyStore.FileName);

    internal override IKeyStore Open(TimeProvider time) => new FileKeyStore(Folder, time, JournalDisk.Real);

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task Reading_makes_no_files()
    {
        await Open(Time).ReadAsync(0, default);

        Assert.False(Directory.Exists(Folder));
    }

    [Fact]
    public async Task What_it_writes_is_for_its_owner_alone()
    {
        await Open(Time).PutAsync(Key("demo"), 0, default);
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Assert.Equal(Owner | UnixFileMode.UserExecute, File.GetUnixFileMode(Folder));
        foreach (var file in Directory.GetFiles(Folder))
        {
            Assert.Equal(Owner, File.GetUnixFileMode(file));
        }
    }

    [Fact]
    public async Task A_crash_in_the_middle_of_a_change_leaves_what_was_before()
    {
        var store = Open(Time);
        await store.PutAsync(Key("before"), 0, default);

        // Half a file, and the lock of one who is no more.
        var whole = await File.ReadAllTextAsync(KeysFile);
        await File.WriteAllTextAsync(Path.Combine(Folder, FileKeyStore.TemporaryName), whole[..(whole.Length / 2)]);

        Assert.Equal("before", Assert.Single((await Open(Time).ReadAsync(0, default)).Keys).Id);
        Assert.Equal(2, (await Open(Time).PutAsync(Key("after"), 0, default))!.Version);
        Assert.Equal(["after", "before"], (await Open(Time).ReadAsync(0, default)).Keys.Select(static key => key.Id).Order(StringComparer.Ordinal));
        Assert.Equal([FileKeyStore.FileName, FileKeyStore.LockName], Directory.GetFiles(Folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_disk_that_does_not_write_changes_nothing()
    {
        await Open(Time).PutAsync(Key("before"), 0, default);
        var disk = new FailingDisk { FailsSync = true };
        var store = new FileKeyStore(Folder, Time, disk);

        await Assert.ThrowsAsync<KeyStoreException>(async () => await store.PutAsync(Key("after"), 0, default));

        Assert.Equal("before", Assert.Single((await Open(Time).ReadAsync(0, default)).Keys).Id);
        disk.FailsSync = false;
        Assert.NotNull(await store.PutAsync(Key("after"), 0, default));
    }

    [Fact]
    public async Task A_change_is_said_to_be_made_when_file_and_folder_are_on_the_disk()
    {
        var disk = new FailingDisk();
        await new FileKeyStore(Folder, Time, disk).PutAsync(Key("demo"), 0, default);
        Assert.Equal(["file", "folder"], disk.Synced);

        disk.FailsFolder = true;
        await Assert.ThrowsAsync<KeyStoreException>(async () => await new FileKeyStore(Folder, Time, disk).PutAsync(Key("other"), 0, default));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"format":2,"revision":1,"keys":[]}""")]
    [InlineData("""{"format":1,"revision":2,"keys":[{"id":"x"}]}""")]
    [InlineData("""{"format":1,"revision":-1,"keys":[]}""")]
    [InlineData("""{"format":1,"revision":2""")]
    public async Task A_damaged_file_is_an_error_and_is_not_written_over(string text)
    {
        await Open(Time).PutAsync(Key("demo"), 0, default);
        await File.WriteAllTextAsync(KeysFile, text);

        await Assert.ThrowsAsync<KeyStoreException>(async () => await Open(Time).ReadAsync(1, default));
        await Assert.ThrowsAsync<KeyStoreException>(async () => await Open(Time).PutAsync(Key("other"), 0, default));

        Assert.Equal(text, await File.ReadAllTextAsync(KeysFile));
    }

    [Fact]
    public async Task A_file_that_is_gone_is_an_error_for_who_has_seen_it()
    {
        var store = Open(Time);
        await store.PutAsync(Key("demo"), 0, default);
        File.Delete(KeysFile);

        await Assert.ThrowsAsync<KeyStoreException>(async () => await store.ReadAsync(1, default));
    }

    [Fact]
    public async Task What_may_not_be_looked_at_is_not_taken_for_nothing()
    {
        // A folder in its place is refused like a file without permission, which those who may do everything can always read.
        Directory.CreateDirectory(KeysFile);

        await Assert.ThrowsAsync<KeyStoreException>(async () => await Open(Time).ReadAsync(0, default));
        await Assert.ThrowsAsync<KeyStoreException>(async () => await Open(Time).PutAsync(Key("demo"), 0, default));
    }

    [Fact]
    public async Task A_change_waits_for_the_lock_and_gives_up_after_five_seconds()
    {
        Directory.CreateDirectory(Folder);
        Task<StoredKey?> change;
        await using (new FileStream(Path.Combine(Folder, FileKeyStore.LockName), FileMode.Create, FileAccess.Write, FileShare.None))
        {
            var given = Open(Time).PutAsync(Key("demo"), 0, default).AsTask();
            while (!given.IsCompleted)
            {
                Time.Advance(TimeSpan.FromSeconds(1));
                await Task.Yield();
            }

            await Assert.ThrowsAsync<KeyStoreException>(() => given);
            change = Open(TimeProvider.System).PutAsync(Key("demo"), 0, default).AsTask();
            Assert.False(change.IsCompleted);
        }

        Assert.NotNull(await change.WaitAsync(EdgeServer.Patience));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_an_error_that_says_where_to_look()
    {
        await File.WriteAllTextAsync(Folder, "a file in its place");

        var error = await Assert.ThrowsAsync<KeyStoreException>(async () => await Open(Time).PutAsync(Key("demo"), 0, default));

        Assert.Contains("GATEWAY_DATA", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_revision_stands_at_the_head_however_large_it_is()
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        KeyFile.Write(output, long.MaxValue, [Key("demo") with { Version = long.MaxValue }]);

        Assert.Equal(long.MaxValue, KeyFile.ReadRevision(output.WrittenSpan[..KeyFile.HeadBytes]));
        Assert.Equal(long.MaxValue, KeyFile.Read(output.WrittenMemory).Keys.Single().Version);
        Assert.Throws<KeyStoreException>(static () => KeyFile.ReadRevision(Encoding.UTF8.GetBytes("{\"revision\":1")));
    }

    private sealed class FailingDisk : JournalDisk
    {
        public bool FailsSync { get; set; }

        public bool FailsFolder { get; set; }

        public List<string> Synced { get; } = [];

        public override void Sync(SafeFileHandle file)
        {
            Synced.Add("file");
            base.Sync(FailsSync ? throw new IOException("test") : file);
        }

        public override void SyncFolder(string folder)
        {
            Synced.Add("folder");
            base.SyncFolder(FailsFolder ? throw new IOException("test") : folder);
        }
    }
}
