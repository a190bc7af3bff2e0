using Gateway.Core.Journal;

namespace Gateway.Edge.Storage;

/// <summary>
/// A folder that several Edges of one machine may change in turn. Who changes something holds its lock file; a file is put there whole, so that a reader, and whoever comes after a crash, sees the old one or the new one.
/// Everything in it is its owner's alone. Thread-safe: reading needs no lock.
/// </summary>
/// <param name="path">Made at the first change.</param>
/// <param name="temporaryName">A file that is not whole yet. What a crash left of one is written over.</param>
/// <param name="disk">Makes changes durable.</param>
internal sealed class SharedFolder(string path, string lockName, string temporaryName, TimeProvider time, JournalDisk disk)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>A change takes milliseconds; who holds the lock for longer hangs.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    public string PathOf(string name) => Path.Combine(path, name);

    /// <summary>Waits until nobody else changes anything, five seconds at most.</summary>
    /// <returns>The lock, until it is disposed. The system lets go of it when its holder dies.</returns>
    /// <exception cref="IOException">Somebody has held it all the time, or the folder cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder is somebody else's.</exception>
    public async Task<IAsyncDisposable> LockAsync(CancellationToken cancellationToken)
    {
        Make();
        var since = time.GetTimestamp();
        while (true)
        {
            try
            {
                return Open(PathOf(lockName), FileMode.OpenOrCreate);
            }
            catch (IOException) when (time.GetElapsedTime(since) < Patience)
            {
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
    }

    /// <summary>Makes or replaces a file. Only for who holds the lock.</summary>
    /// <exception cref="IOException">The disk refused; the old file is as it was, unless it was the folder that could not be made durable.</exception>
    /// <exception cref="UnauthorizedAccessException">The file or the folder is somebody else's.</exception>
    public void Put(string name, ReadOnlySpan<byte> bytes)
    {
        var temporary = PathOf(temporaryName);
        File.Delete(temporary);
        using (var file = Open(temporary, FileMode.CreateNew))
        {
            file.Write(bytes);
            file.Flush();
            disk.Sync(file.SafeFileHandle);
        }

        File.Move(temporary, PathOf(name), overwrite: true);
        disk.SyncFolder(path);
    }

    private void Make()
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute);
        }
    }

    private static FileStream Open(string file, FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        return new FileStream(file, options);
    }
}
