using System.Net;
using System.Net.Sockets;
using Gateway.Router.Attempts;

namespace Gateway.Router.Connections;

/// <summary>Opens a TCP connection to a name, at an address that is permitted. Thread-safe.</summary>
/// <param name="mayBePrivate">Permits loopback, private and link-local addresses.</param>
/// <param name="limit">How long the caller will wait for all of it.</param>
internal sealed class AddressDialer(bool mayBePrivate, TimeSpan limit, TimeProvider time)
{
    /// <summary>Of a long list the first address still gets a third of the time: one that is only far away must not look dead.</summary>
    private const int MostShares = 3;

    public Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; init; } = Dns.GetHostAddressesAsync;

    /// <exception cref="UpstreamAddressRefusedException">The name leads nowhere that is permitted.</exception>
    /// <exception cref="SocketException">None of its addresses answers; the failure of the last.</exception>
    public ValueTask<Socket> ConnectAsync(string host, int port, CancellationToken cancellationToken) => ConnectAsync(host, port, AddressFamily.Unspecified, cancellationToken);

    /// <param name="family">Only addresses of this family.</param>
    public async ValueTask<Socket> ConnectAsync(string host, int port, AddressFamily family, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var addresses = await PermittedAsync(host, family, cancellationToken);
        for (var i = 0; ; i++)
        {
            try
            {
                // Connect to the very address that was checked: a second look-up could answer another one.
                var share = (limit - time.GetElapsedTime(started)) / Math.Min(addresses.Length - i, MostShares);
                return await ConnectAsync(new IPEndPoint(addresses[i], port), i == addresses.Length - 1 ? Timeout.InfiniteTimeSpan : share, cancellationToken);
            }
            catch (SocketException) when (i < addresses.Length - 1)
            {
                // The next one.
            }
        }
    }

    /// <returns>At least one.</returns>
    public async ValueTask<IPAddress[]> PermittedAsync(string host, AddressFamily family, CancellationToken cancellationToken)
    {
        var addresses = await Resolve(host, cancellationToken);
        var permitted = Array.FindAll(addresses, address =>
            (mayBePrivate || UpstreamAddress.IsPublic(address)) && (family == AddressFamily.Unspecified || family == address.AddressFamily));
        return permitted.Length > 0 ? permitted : throw new UpstreamAddressRefusedException();
    }

    /// <param name="share">The caller's own limit ends the last attempt.</param>
    private async ValueTask<Socket> ConnectAsync(IPEndPoint address, TimeSpan share, CancellationToken cancellationToken)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (share == Timeout.InfiniteTimeSpan)
            {
                await socket.ConnectAsync(address, cancellationToken);
            }
            else
            {
                await ConnectAsync(socket, address, share > TimeSpan.Zero ? share : TimeSpan.Zero, cancellationToken);
            }

            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async ValueTask ConnectAsync(Socket socket, IPEndPoint address, TimeSpan share, CancellationToken cancellationToken)
    {
        using var over = new CancellationTokenSource(share, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancellationToken);
        try
        {
            await socket.ConnectAsync(address, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new SocketException((int)SocketError.TimedOut);
        }
    }
}
