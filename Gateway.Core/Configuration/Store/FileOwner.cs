using System.Runtime.InteropServices;

namespace Gateway.Core.Configuration.Store;

/// <summary>Mode and owner of files.</summary>
internal static class FileOwner
{
    private const int CurrentFolder = -100;
    private const uint OwnerAndGroup = 0x18;
    private const int UserOffset = 20;
    private const int GroupOffset = 24;

    /// <summary>Gives one file the mode of another and, on Linux, its owner and group.</summary>
    /// <exception cref="IOException">This process may not give it away.</exception>
    public static void Copy(string from, string to)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        if (OperatingSystem.IsLinux() && (Read(from), Read(to)) is var (wanted, own) && wanted != own && Posix.ChangeOwner(to, wanted.User, wanted.Group) != 0)
        {
            throw new IOException($"chown failed with errno {Marshal.GetLastPInvokeError()}.");
        }

        // After it: another owner takes away set-user-id.
        File.SetUnixFileMode(to, File.GetUnixFileMode(from));
    }

    private static (uint User, uint Group) Read(string path)
    {
        // struct statx, which is the same on every machine; the framework does not tell owners.
        var answer = new byte[256];
        return Posix.Stat(CurrentFolder, path, flags: 0, OwnerAndGroup, answer) == 0
            ? (Unsigned(answer, UserOffset), Unsigned(answer, GroupOffset))
            : throw new IOException($"statx failed with errno {Marshal.GetLastPInvokeError()}.");
    }

    private static uint Unsigned(byte[] bytes, int offset) => MemoryMarshal.Read<uint>(bytes.AsSpan(offset));

    private static class Posix
    {
        [DllImport("libc", EntryPoint = "statx", SetLastError = true)]
        public static extern int Stat(int folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mask, [Out] byte[] answer);

        [DllImport("libc", EntryPoint = "chown", SetLastError = true)]
        public static extern int ChangeOwner([MarshalAs(UnmanagedType.LPUTF8Str)] string path, uint user, uint group);
    }
}
