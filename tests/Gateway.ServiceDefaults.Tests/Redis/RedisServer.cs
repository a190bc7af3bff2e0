using System.Diagnostics;

namespace Gateway.ServiceDefaults.Tests.Redis;

/// <summary>A real redis-server on the loopback, in memory only.</summary>
internal sealed class RedisServer : IDisposable
{
    private readonly Process _process;

    private RedisServer(Process process) => _process = process;

    public static RedisServer Start(int port)
    {
        var start = new ProcessStartInfo("redis-server") { RedirectStandardOutput = true };
        foreach (var argument in new[] { "--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", Path.GetTempPath() })
        {
            start.ArgumentList.Add(argument);
        }
        var process = Process.Start(start)!;
        while (process.StandardOutput.ReadLine() is { } line && !line.Contains("Ready to accept connections", StringComparison.Ordinal))
        {
        }
        // Drained, or the server would block on a full pipe.
        _ = process.StandardOutput.ReadToEndAsync();
        return new(process);
    }

    public static int FreePort() => Gateway.Rig.FreePorts.Next();

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
