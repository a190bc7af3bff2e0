using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Running;

/// <summary>Gives every endpoint its ports: the fixed one and those after it, or free ones of the loopback interface.</summary>
internal static class Ports
{
    public static void Allocate(IEnumerable<IResource> resources, bool randomize)
    {
        // All are held until all are chosen, so that no two endpoints get the same one.
        var held = new List<Socket>();
        try
        {
            foreach (var resource in resources)
            {
                var replicas = Instance.Of(resource).Count();
                foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>())
                {
                    var wanted = randomize ? null : endpoint.Port ?? (endpoint.IsProxied ? null : endpoint.TargetPort);
                    endpoint.ReplicaPorts = [.. Enumerable.Range(0, replicas).Select(n => wanted is { } port ? Fixed(resource, endpoint, port, n, held) : Free(held))];
                }
            }
        }
        finally
        {
            held.ForEach(static socket => socket.Dispose());
        }
    }

    public static int[] TakeFree(int count)
    {
        var held = new List<Socket>();
        try
        {
            return [.. Enumerable.Range(0, count).Select(_ => Free(held))];
        }
        finally
        {
            held.ForEach(static socket => socket.Dispose());
        }
    }

    private static int Fixed(IResource resource, EndpointAnnotation endpoint, int first, int replica, List<Socket> held)
    {
        var port = first + replica;
        if (!TryHold(port, held))
        {
            var which = replica == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" of replica {replica} ({first} + {replica}; this host has no proxy, so replicas listen side by side)");
            throw new DistributedApplicationException(string.Create(CultureInfo.InvariantCulture,
                $"Port {port} is in use. It is the fixed port for endpoint '{endpoint.Name}' of resource '{resource.Name}'{which}. Free it, or choose another."));
        }
        return port;
    }

    private static int Free(List<Socket> held)
    {
        // Not from the range of outgoing connections: one of them could take the port before the service that waits for others starts.
        const int First = 20_000;
        const int Count = 12_000;
        for (var attempt = 0; attempt < 200; attempt++)
        {
            var port = First + RandomNumberGenerator.GetInt32(Count);
            if (TryHold(port, held)) { return port; }
        }
        throw new DistributedApplicationException("No free port was found on the loopback interface.");
    }

    // "localhost" is both loopback addresses, and a service listens on both.
    private static bool TryHold(int port, List<Socket> held) =>
        TryHold(IPAddress.Loopback, port, held) && (!Socket.OSSupportsIPv6 || TryHold(IPAddress.IPv6Loopback, port, held));

    private static bool TryHold(IPAddress address, int port, List<Socket> held)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen(1);
            held.Add(socket);
            return true;
        }
        catch (SocketException trouble)
        {
            socket.Dispose();
            // A machine without ::1 on its loopback interface is no obstacle.
            return trouble.SocketErrorCode == SocketError.AddressNotAvailable;
        }
    }
}
