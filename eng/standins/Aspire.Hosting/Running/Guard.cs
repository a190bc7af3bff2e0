using System.Diagnostics;
using System.Globalization;

namespace Aspire.Hosting.Running;

/// <summary>
/// Ends the children when this process dies without the chance to do so itself (SIGKILL, a crash). A shell in a session of
/// its own holds the read end of a pipe; the kernel closes our end whatever kills us, and the shell then terminates
/// whom it was told of. A parent-death signal (prctl) would not do: it follows the thread that forked, and the
/// runtime's threads come and go.
/// </summary>
internal sealed class Guard : IDisposable
{
    private const string Script = """
        pids=
        while read -r what pid; do
          case $what in
            add) pids="$pids $pid" ;;
            gone) rest=; for p in $pids; do [ "$p" = "$pid" ] || rest="$rest $p"; done; pids=$rest ;;
          esac
        done
        [ -n "$pids" ] || exit 0
        kill -TERM $pids 2>/dev/null
        i=0
        while [ $i -lt 10 ]; do
          left=; for p in $pids; do kill -0 "$p" 2>/dev/null && left="$left $p"; done; pids=$left
          [ -n "$pids" ] || exit 0
          sleep 1
          i=$((i + 1))
        done
        kill -KILL $pids 2>/dev/null
        """;

    private readonly Process? _shell;

    public Guard()
    {
        if (OperatingSystem.IsWindows()) { return; }
        var start = Child.InOwnSession("/bin/sh", ["-c", Script]);
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        _shell = Process.Start(start);
    }

    public void Add(int processId) => Tell("add", processId);

    public void Remove(int processId) => Tell("gone", processId);

    public void Dispose()
    {
        _shell?.StandardInput.Dispose();
        _shell?.Dispose();
    }

    private void Tell(string what, int processId)
    {
        if (_shell is null) { return; }
        lock (_shell)
        {
            try
            {
                _shell.StandardInput.Write(string.Create(CultureInfo.InvariantCulture, $"{what} {processId}\n"));
                _shell.StandardInput.Flush();
            }
            catch (Exception closed) when (closed is IOException or ObjectDisposedException)
            {
                // The guard is the second line only; without it the children still stop with us in every orderly end.
            }
        }
    }
}
