using System.Diagnostics;
using System.Net.Sockets;

namespace Gateway.Rig;

/// <summary>A real redis-server of the test's own: no persistence, loopback only.</summary>
public static class RedisServer
{
    /// <param name="folder">Where it writes, if it does.</param>
    /// <param name="arguments">How it persists; null for not at all.</param>
    public static RigProcess Create(string folder, IReadOnlyList<string>? arguments = null)
    {
        var port = RigProcess.FreePort();
        return new RigProcess("redis", port, () => new ProcessStartInfo(
            "redis-server",
            ["--port", $"{port}", "--bind", "127.0.0.1", "--dir", folder, .. arguments ?? ["--save", "", "--appendonly", "no"]]));
    }

    /// <summary>Waits until it answers PING.</summary>
    public static async Task WaitAsync(RigProcess redis)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (true)
        {
            try
            {
                using var socket = new TcpClient();
                await socket.ConnectAsync("127.0.0.1", redis.Port, deadline.Token);
                await socket.GetStream().WriteAsync("PING\r\n"u8.ToArray(), deadline.Token);
                var answer = new byte[7];
                await socket.GetStream().ReadExactlyAsync(answer, deadline.Token);
                return;
            }
            catch (Exception e) when (e is SocketException or IOException && redis.IsRunning)
            {
                await tick.WaitForNextTickAsync(deadline.Token);
            }
        }
    }
}
