using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Gateway.Bench.Sockets;

/// <summary>One epoll set, level-triggered, with timeouts in nanoseconds (Linux 5.11, glibc 2.35). For one thread.</summary>
internal sealed unsafe class Poller : IDisposable
{
    private const int Capacity = 256;
    private const uint In = 0x001;
    private const uint Out = 0x004;
    private const int AddOperation = 1;
    private const int ModifyOperation = 3;

    // The kernel packs struct epoll_event on x86-64 only.
    private static readonly int _stride = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private static readonly int _keyOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;

    private readonly int _epoll;
    private readonly byte* _entries;

    public Poller()
    {
        _epoll = Native.epoll_create1(0x80000);
        if (_epoll < 0)
        {
            throw new Win32Exception(Native.LastError);
        }

        _entries = (byte*)NativeMemory.AllocZeroed((nuint)(Capacity * 16));
    }

    /// <summary>Watches for input. <paramref name="key"/> comes back from <see cref="Key"/>.</summary>
    public void Add(int fd, int key) => Control(AddOperation, fd, key, In);

    /// <summary>Watches for room to write, or again only for input.</summary>
    public void WatchOutput(int fd, int key, bool watch) => Control(ModifyOperation, fd, key, watch ? In | Out : In);

    /// <summary>Waits at most <paramref name="nanoseconds"/>; 0 and below only looks.</summary>
    public int Wait(long nanoseconds)
    {
        nanoseconds = Math.Max(nanoseconds, 0);
        var timeout = stackalloc long[2];
        timeout[0] = nanoseconds / 1_000_000_000;
        timeout[1] = nanoseconds % 1_000_000_000;
        var count = Native.epoll_pwait2(_epoll, _entries, Capacity, timeout, null);
        return count >= 0 ? count
            : Native.LastError == Native.Interrupted ? 0
            : throw new Win32Exception(Native.LastError);
    }

    public int Key(int index) => Unsafe.ReadUnaligned<int>(_entries + (index * _stride) + _keyOffset);

    public bool CanWrite(int index) => (Unsafe.ReadUnaligned<uint>(_entries + (index * _stride)) & Out) != 0;

    public bool CanRead(int index) => (Unsafe.ReadUnaligned<uint>(_entries + (index * _stride)) & ~Out) != 0;

    public void Dispose()
    {
        Native.Close(_epoll);
        NativeMemory.Free(_entries);
    }

    private void Control(int operation, int fd, int key, uint interest)
    {
        var entry = stackalloc byte[16];
        Unsafe.WriteUnaligned(entry, interest);
        Unsafe.WriteUnaligned(entry + _keyOffset, (long)key);
        if (Native.epoll_ctl(_epoll, operation, fd, entry) < 0)
        {
            throw new Win32Exception(Native.LastError);
        }
    }
}
