using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Core.Journal;

/// <summary>Every touch of the disk that a journal's durability hangs on, in one place, so that tests can make it fail.</summary>
public class JournalDisk
{
    public static readonly JournalDisk Real = new();

    public virtual SafeFileHandle Create(string path) =>
        File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);

    public virtual void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset) => RandomAccess.Write(file, bytes, offset);

    /// <summary>Returns when the file's bytes and length survive a loss of power, as far as the disk tells the truth.</summary>
    public virtual void Sync(SafeFileHandle file)
    {
        if (!OperatingSystem.IsLinux())
        {
            RandomAccess.FlushToDisk(file);
            return;
        }

        // The framework only has fsync(), which also writes time stamps that nobody needs.
        if (Posix.FDataSync(file) != 0)
        {
            throw new IOException($"fdatasync failed with errno {Marshal.GetLastPInvokeError()}.");
        }
    }

    /// <summary>Makes creations, renames and deletions in a folder durable.</summary>
    public virtual void SyncFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;    // NTFS journals its own metadata
        }

        var descriptor = Posix.Open(folder, flags: 0);
        if (descriptor < 0)
        {
            throw new IOException($"The journal folder cannot be opened, errno {Marshal.GetLastPInvokeError()}.");
        }

        var result = Posix.FSync(descriptor);
        var error = Marshal.GetLastPInvokeError();
        _ = Posix.Close(descriptor);
        if (result != 0)
        {
            throw new IOException($"fsync of the journal folder failed with errno {error}.");
        }
    }

    /// <summary>Bytes that this process may still write below a folder.</summary>
    public virtual long FreeBytes(string folder) => new DriveInfo(folder).AvailableFreeSpace;

    private static class Posix
    {
        [DllImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
        public static extern int FDataSync(SafeFileHandle file);

        [DllImport("libc", EntryPoint = "open", SetLastError = true)]
        public static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

        [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
        public static extern int FSync(int descriptor);

        [DllImport("libc", EntryPoint = "close", SetLastError = true)]
        public static extern int Close(int descriptor);
    }
}
