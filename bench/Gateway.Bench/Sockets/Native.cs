using System.Runtime.InteropServices;

namespace Gateway.Bench.Sockets;

/// <summary>The few system calls that the event loops use directly. Linux only, as are /proc and the figures.</summary>
internal static unsafe partial class Native
{
    internal const int Again = 11;
    internal const int Interrupted = 4;
    internal const int TermSignal = 15;
    internal const int KillSignal = 9;

    private const int DontWait = 0x40;
    private const int NoSignal = 0x4000;
    private const int NonBlockCloseOnExec = 0x800 | 0x80000;
    private const int Tcp = 6;
    private const int TcpNoDelay = 1;
    private const int SetTimerSlack = 29;

    /// <summary>Bytes read; 0 at the end of the stream; -1 with nothing there or on failure (see <see cref="LastError"/>).</summary>
    internal static int Receive(int fd, byte* buffer, int length) => (int)recv(fd, buffer, (nuint)length, DontWait);

    /// <summary>Bytes taken by the kernel, -1 on failure or a full buffer (see <see cref="LastError"/>).</summary>
    internal static int Send(int fd, byte* data, int length) => (int)send(fd, data, (nuint)length, DontWait | NoSignal);

    internal static int LastError => Marshal.GetLastPInvokeError();

    /// <summary>Takes one waiting connection, non-blocking and without Nagle's delay; -1 when there is none.</summary>
    internal static int Accept(int listener)
    {
        var fd = accept4(listener, null, null, NonBlockCloseOnExec);
        if (fd >= 0)
        {
            var on = 1;
            _ = setsockopt(fd, Tcp, TcpNoDelay, &on, sizeof(int));
        }

        return fd;
    }

    internal static void Close(int fd) => _ = close(fd);

    internal static int ParentProcess => getppid();

    internal static void Signal(int pid, int signal) => _ = kill(pid, signal);

    /// <summary>The kernel may delay a thread's timers by 50 µs to gather them; that would be measured as latency.</summary>
    internal static void UseExactTimersOnThisThread() => _ = prctl(SetTimerSlack, 1, 0, 0, 0);

#pragma warning disable IDE1006 // These names are the C library's.
    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recv(int fd, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint send(int fd, byte* data, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int accept4(int fd, void* address, void* length, int flags);

    [LibraryImport("libc")]
    private static partial int setsockopt(int fd, int level, int option, void* value, int length);

    [LibraryImport("libc")]
    private static partial int close(int fd);

    [LibraryImport("libc")]
    private static partial int getppid();

    [LibraryImport("libc")]
    private static partial int kill(int pid, int signal);

    [LibraryImport("libc")]
    private static partial int prctl(int option, nuint a, nuint b, nuint c, nuint d);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int epoll_ctl(int epoll, int operation, int fd, byte* entry);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int epoll_pwait2(int epoll, byte* entries, int count, long* timeout, void* signals);
#pragma warning restore IDE1006
}
