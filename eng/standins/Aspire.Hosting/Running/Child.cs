using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Aspire.Hosting.Running;

/// <summary>A child process, from its start to its reaped end.</summary>
internal sealed partial class Child : IDisposable
{
    private static readonly string? s_setsid = OnPath("setsid");

    private readonly Process _process;
    private readonly Guard _guard;
    private readonly Task _output;

    private Child(Process process, Guard guard, Action<string> line)
    {
        _process = process;
        _guard = guard;
        guard.Add(process.Id);
        process.StandardInput.Close();
        _output = Task.WhenAll(ReadAsync(process.StandardOutput, line), ReadAsync(process.StandardError, line));
    }

    public int Id => _process.Id;

    public static Child Start(ProcessStartInfo start, Guard guard, Action<string> line)
    {
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        return new Child(Process.Start(start) ?? throw new InvalidOperationException("No process was started."), guard, line);
    }

    /// <summary>
    /// A session of its own keeps the terminal's Ctrl-C from the child: it stops when the host says so, in its turn, and not
    /// at the same moment as the services that it still needs. setsid(1) becomes the command, so the process id is the child's.
    /// </summary>
    public static ProcessStartInfo InOwnSession(string command, IEnumerable<string> arguments) => s_setsid is null
        ? new ProcessStartInfo(command, arguments)
        : new ProcessStartInfo(s_setsid, [command, .. arguments]);

    public static string? OnPath(string command) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Select(folder => Path.Combine(folder, command))
        .FirstOrDefault(File.Exists);

    public async Task<int> ExitedAsync()
    {
        await _process.WaitForExitAsync().ConfigureAwait(false);
        _guard.Remove(_process.Id);
        // A grandchild may hold the pipes open for ever; what it has to say is not worth waiting for.
        await Task.WhenAny(_output, Task.Delay(TimeSpan.FromSeconds(1))).ConfigureAwait(false);
        return _process.ExitCode;
    }

    public void Terminate()
    {
        if (OperatingSystem.IsWindows()) { Kill(); }
        else if (!_process.HasExited) { _ = SendSignal(_process.Id, 15); }
    }

    public void Kill()
    {
        try { _process.Kill(entireProcessTree: true); }
        catch (InvalidOperationException)
        {
            // It was faster.
        }
    }

    public void Dispose() => _process.Dispose();

    private static async Task ReadAsync(StreamReader output, Action<string> line)
    {
        while (await output.ReadLineAsync().ConfigureAwait(false) is { } text) { line(text); }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int processId, int signal);
}
