using System.Diagnostics;
using Gateway.Bench.Measuring;
using Gateway.Bench.Sockets;

namespace Gateway.Bench.Processes;

/// <summary>A process that the bench started: its log lies in a file, and it ends, with all its descendants, when the bench says so.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(10);

    private readonly Process _process;
    private readonly string _log;

    private ChildProcess(string name, Process process, string log)
    {
        Name = name;
        _process = process;
        _log = log;
    }

    public string Name { get; }

    public int Pid => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>The process and its descendants as of now; the pids to measure.</summary>
    public IReadOnlyList<int> Tree => ProcessFigures.TreeOf(Pid);

    /// <summary>Starts it. <paramref name="environment"/> is added to the bench's own; a null value removes.</summary>
    public static ChildProcess Start(string name, string folder, IReadOnlyDictionary<string, string?> environment, string file, params IEnumerable<string> arguments)
    {
        // The shell only redirects and becomes the program: output must not cost the generator CPU.
        var log = Path.Combine(folder, $"{name}.log");
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec \"$@\" >>\"$0\" 2>&1 </dev/null", log, file, .. arguments])
        {
            UseShellExecute = false,
            WorkingDirectory = folder,
        };
        foreach (var (key, value) in environment)
        {
            start.Environment[key] = value;
        }

        return new ChildProcess(name, Process.Start(start) ?? throw new BenchException($"{name} did not start."), log);
    }

    /// <summary>The end of the log, to tell why a process did not do what it should: an unhandled exception from its start, or the last lines.</summary>
    public string LogTail(int lines = 6)
    {
        var log = File.Exists(_log) ? File.ReadAllLines(_log) : [];
        var exception = Array.FindLastIndex(log, static line => line.StartsWith("Unhandled exception", StringComparison.Ordinal));
        return string.Join('\n', exception >= 0 ? log.Skip(exception).Take(lines) : log.TakeLast(lines));
    }

    /// <summary>Waits for the process to end by itself and returns its exit code.</summary>
    public async Task<int> WaitAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            var tree = Tree;
            Native.Signal(Pid, Native.TermSignal);
            try
            {
                await _process.WaitForExitAsync().WaitAsync(_patience);
            }
            catch (TimeoutException)
            {
                foreach (var pid in tree)
                {
                    Native.Signal(pid, Native.KillSignal);
                }

                await _process.WaitForExitAsync().WaitAsync(_patience);
            }
        }

        _process.Dispose();
    }
}
