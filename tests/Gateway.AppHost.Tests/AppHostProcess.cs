using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Gateway.AppHost.Tests;

/// <summary>The AppHost as its user starts it.</summary>
internal sealed partial class AppHostProcess : IAsyncDisposable
{
    public const int Interrupt = 2;
    public const int SigKill = 9;
    public const int Stop = 19;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);

    private readonly Process _process;
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];
    private readonly List<(Func<string, bool> Wanted, TaskCompletionSource<string> Seen)> _waiting = [];

    private AppHostProcess(ProcessStartInfo start)
    {
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => OnLine(line.Data);
        _process.ErrorDataReceived += (_, line) => OnLine(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Output
    {
        get { lock (_lock) { return string.Join('\n', _lines); } }
    }

    public static string Assembly { get; } = Path.Combine(Projects.Gateway_AppHost.ProjectPath, "bin",
        typeof(AppHostProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(static a => a.Key == "Configuration").Value!, "net10.0", "Gateway.AppHost.dll");

    public static AppHostProcess Start(DataFolder data, IReadOnlyDictionary<string, string>? environment = null, params string[] arguments)
    {
        // As from a terminal: jobs in the background of a script inherit an ignored SIGINT, and would hand it on.
        var start = new ProcessStartInfo("env", ["--default-signal=INT", "dotnet", Assembly, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var name in start.Environment.Keys.Where(static n => n.StartsWith("GATEWAY_", StringComparison.Ordinal) || n.EndsWith("_API_KEY", StringComparison.Ordinal) || n == "OLLAMA_HOST").ToList())
        {
            start.Environment.Remove(name);
        }
        start.Environment["ASPIRE_ALLOW_UNSECURED_TRANSPORT"] = "true";
        start.Environment["GATEWAY_DATA"] = data.Path;
        start.Environment["GATEWAY_REDIS"] = "none";
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) { start.Environment[name] = value; }
        return new AppHostProcess(start);
    }

    /// <summary>A port that is free, and so is the one after it.</summary>
    public static int FreePort() => Gateway.Rig.FreePorts.Next();

    public Task<string> LineAsync(string part)
    {
        lock (_lock)
        {
            if (_lines.FirstOrDefault(line => line.Contains(part, StringComparison.Ordinal)) is { } before) { return Task.FromResult(before); }
            var seen = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((line => line.Contains(part, StringComparison.Ordinal), seen));
            return WithPatienceAsync(seen.Task, $"A line with '{part}'");
        }
    }

    public async Task<int> ExitCodeAsync()
    {
        await WithPatienceAsync(_process.WaitForExitAsync().ContinueWith(static _ => 0, TaskScheduler.Default), "The end of the AppHost");
        return _process.ExitCode;
    }

    public void Signal(int signal) => Signal(_process.Id, signal);

    public static void Signal(int processId, int signal) => _ = SendSignal(processId, signal);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            // Twice: the second one kills what is left.
            Signal(Interrupt);
            await Task.WhenAny(_process.WaitForExitAsync(), Task.Delay(TimeSpan.FromSeconds(30)));
            if (!_process.HasExited) { Signal(Interrupt); }
            await Task.WhenAny(_process.WaitForExitAsync(), Task.Delay(TimeSpan.FromSeconds(5)));
            if (!_process.HasExited) { _process.Kill(entireProcessTree: true); }
        }
        _process.Dispose();
    }

    private async Task<T> WithPatienceAsync<T>(Task<T> task, string what)
    {
        try
        {
            return await task.WaitAsync(s_patience);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"{what} did not come within {s_patience.TotalSeconds} s. The output so far:\n{Output}");
        }
    }

    private void OnLine(string? line)
    {
        if (line is null) { return; }
        lock (_lock)
        {
            _lines.Add(line);
            foreach (var (wanted, seen) in _waiting)
            {
                if (wanted(line)) { seen.TrySetResult(line); }
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int processId, int signal);
}
