using System.Net;
using System.Net.Sockets;

namespace Gateway.Rig;

/// <summary>
/// Ports for servers that start later. From below the range out of which systems take ports for outgoing connections: between the choice
/// and the start, or while a server is down, a connection could else get its port, or a client connect to itself.
/// </summary>
internal static class FreePorts
{
    private const int First = 16_000;
    private const int Count = 16_000;

    // Each process begins elsewhere, so that tests that run side by side do not try the same ports.
    private static int s_next = (int)((uint)Environment.ProcessId * 2_654_435_761 % Count);

    /// <summary>A port that nobody listens on now, and neither on the one after it; no other call of this process gets either.</summary>
    public static int Next()
    {
        while (true)
        {
            var port = First + ((Interlocked.Add(ref s_next, 2) & int.MaxValue) % Count);
            if (IsFree(port) && IsFree(port + 1))
            {
                return port;
            }
        }
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
