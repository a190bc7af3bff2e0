using System.Net;
using System.Net.Sockets;

namespace Gateway.Bench.Processes;

internal static class Ports
{
    /// <summary>Different ports that were free a moment ago. All are held until the last is found, so no port comes twice.</summary>
    public static int[] Free(int count)
    {
        var sockets = Enumerable.Range(0, count).Select(static _ =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            return socket;
        }).ToArray();
        var ports = sockets.Select(static socket => ((IPEndPoint)socket.LocalEndPoint!).Port).ToArray();
        Array.ForEach(sockets, static socket => socket.Dispose());
        return ports;
    }

    /// <summary>Waits until something listens there.</summary>
    public static async Task WaitAsync(ChildProcess process, int port, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < 100 && !process.HasExited; attempt++)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(50, cancellationToken);
            }
        }

        throw new BenchException($"{process.Name} does not listen on its port. Its last words:\n{process.LogTail()}");
    }
}
