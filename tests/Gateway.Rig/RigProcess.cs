using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Gateway.Rig;

/// <summary>One process under test: started, killed, stopped and started again with the same arguments and port.</summary>
public sealed partial class RigProcess : IAsyncDisposable
{
    private const int SigTerm = 15;
    private const int SigKill = 9;
    private const int SigStop = 19;
    private const int SigCont = 18;
    private const int MaxOutputLines = 4000;

    private readonly Func<ProcessStartInfo> _start;
    private readonly ConcurrentQueue<string> _output = new();
    private Process? _process;

    public RigProcess(string name, int port, Func<ProcessStartInfo> start)
    {
        Name = name;
        Port = port;
        _start = start;
    }

    public string Name { get; }

    public int Port { get; }

    public Uri Url => new($"http://127.0.0.1:{Port}");

    public int ProcessId => _process?.Id ?? throw new InvalidOperationException($"{Name} is not running.");

    public bool IsRunning => _process is { HasExited: false };

    /// <summary>Exit code of the last run; meaningful after the process ended.</summary>
    public int ExitCode => _process!.ExitCode;

    /// <summary>What all runs of the process printed.</summary>
    public string Output => string.Join('\n', _output);

    /// <summary>A loopback port that was free a moment ago.</summary>
    public static int FreePort() => FreePorts.Next();

    /// <summary>A service of the gateway, from its build output.</summary>
    /// <param name="environment">Asked at each start, when all addresses are known.</param>
    public static RigProcess Service(string project, string name, Func<IReadOnlyDictionary<string, string?>> environment, int port) =>
        Of(project, name, ["--urls", $"http://127.0.0.1:{port}"], environment, port);

    /// <summary>A service of the gateway that does what its argument says instead of serving.</summary>
    public static RigProcess Command(string project, string verb, Func<IReadOnlyDictionary<string, string?>> environment) => Of(project, verb, [verb], environment, port: 0);

    private static RigProcess Of(string project, string name, string[] arguments, Func<IReadOnlyDictionary<string, string?>> environment, int port)
    {
        return new RigProcess(name, port, () =>
        {
            var info = new ProcessStartInfo("dotnet", [RigPaths.ServiceAssembly(project), .. arguments]);
            // Nothing of the developer's own environment may steer a test.
            foreach (var variable in new[] { "OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "OLLAMA_HOST", "GATEWAY_CONFIG", "GATEWAY_DATA", "OTEL_EXPORTER_OTLP_ENDPOINT" })
            {
                info.Environment.Remove(variable);
            }

            foreach (var (key, value) in environment())
            {
                info.Environment[key] = value;
            }

            return info;
        });
    }

    public void Start()
    {
        var info = _start();
        info.RedirectStandardOutput = true;
        info.RedirectStandardError = true;
        info.UseShellExecute = false;
        var process = new Process { StartInfo = info };
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _process = process;
    }

    /// <summary>Waits until <paramref name="path"/> answers 200.</summary>
    /// <exception cref="TimeoutException">It did not; the message holds what the process printed.</exception>
    public async Task WaitForAsync(string path = "/health", TimeSpan? limit = null)
    {
        using var deadline = new CancellationTokenSource(limit ?? TimeSpan.FromSeconds(60));
        using var client = new HttpClient { BaseAddress = Url, Timeout = TimeSpan.FromSeconds(5) };
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (IsRunning)
        {
            try
            {
                using var response = await client.GetAsync(path, deadline.Token);
                if (response.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                // Not listening yet.
            }

            if (deadline.IsCancellationRequested)
            {
                break;
            }

            try
            {
                await tick.WaitForNextTickAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }

        throw new TimeoutException($"{Name} does not answer {path}{(IsRunning ? "" : $" (exit code {ExitCode})")}. It printed:\n{Output}");
    }

    public async Task StartAndWaitAsync(string path = "/health")
    {
        Start();
        await WaitForAsync(path);
    }

    /// <summary>SIGKILL: no handler runs.</summary>
    public Task KillAsync() => SignalAndWaitAsync(SigKill);

    /// <summary>SIGTERM, as an orchestrator stops a service.</summary>
    public Task StopAsync() => SignalAndWaitAsync(SigTerm);

    /// <summary>SIGSTOP: the process is there, accepts connections through its backlog, and does nothing.</summary>
    public void Freeze() => Signal(SigStop);

    public void Thaw() => Signal(SigCont);

    public async Task WaitForExitAsync(TimeSpan limit)
    {
        using var deadline = new CancellationTokenSource(limit);
        await _process!.WaitForExitAsync(deadline.Token);
    }

    public async ValueTask DisposeAsync()
    {
        if (IsRunning)
        {
            await SignalAndWaitAsync(SigKill);
        }

        _process?.Dispose();
        _process = null;
    }

    private async Task SignalAndWaitAsync(int signal)
    {
        if (IsRunning)
        {
            Signal(signal);
            await WaitForExitAsync(TimeSpan.FromSeconds(60));
        }
    }

    private void Signal(int signal)
    {
        if (IsRunning && Kill(ProcessId, signal) != 0)
        {
            throw new InvalidOperationException($"Signal {signal} to {Name} failed: errno {Marshal.GetLastPInvokeError()}.");
        }
    }

    private void Keep(string? line)
    {
        if (line is null)
        {
            return;
        }

        _output.Enqueue(line);
        while (_output.Count > MaxOutputLines)
        {
            _output.TryDequeue(out _);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int processId, int signal);
}
