using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;

namespace Gateway.Router.Connections;

/// <summary>Asks a SOCKS proxy for a connection: version 5 (RFC 1928, 1929) by name, version 4 by address, 4a by name.</summary>
internal static class SocksTunnel
{
    private const byte Version4 = 4;
    private const byte Version5 = 5;
    private const byte Connect = 1;
    private const byte NoAuthentication = 0;
    private const byte UserPassword = 2;
    private const byte AddressV4 = 1;
    private const byte Name = 3;
    private const byte AddressV6 = 4;
    private const byte Granted4 = 90;
    private const int MaxText = 255;

    /// <param name="credential"><c>user:password</c>, or null.</param>
    /// <exception cref="UpstreamProxyException">The proxy refused, or is none.</exception>
    public static async ValueTask OpenV5Async(Stream proxy, DnsEndPoint upstream, string? credential, CancellationToken cancellationToken)
    {
        try
        {
            await WriteAsync(proxy, credential is null ? [Version5, 1, NoAuthentication] : [Version5, 2, NoAuthentication, UserPassword], cancellationToken);
            var method = await ReadAsync(proxy, 2, cancellationToken);
            if (method[0] != Version5 || (method[1] != NoAuthentication && (method[1] != UserPassword || credential is null)))
            {
                throw new UpstreamProxyException("The SOCKS proxy wants another credential, or is none.");
            }

            if (method[1] == UserPassword)
            {
                await LogInAsync(proxy, credential!, cancellationToken);
            }

            await WriteAsync(proxy, [Version5, Connect, 0, .. AddressOf(upstream.Host), .. PortOf(upstream.Port)], cancellationToken);
            var answer = await ReadAsync(proxy, 5, cancellationToken);
            if (answer[0] != Version5 || answer[1] != 0)
            {
                throw Refused(answer[1]);
            }

            // The address that it connected from, of which the first byte is already read: nobody needs it, and the upstream's bytes follow.
            var rest = answer[3] switch { AddressV4 => 3, AddressV6 => 15, Name => answer[4], _ => throw Refused(answer[3]) };
            await ReadAsync(proxy, rest + 2, cancellationToken);
        }
        catch (EndOfStreamException)
        {
            throw new UpstreamProxyException("The SOCKS proxy closed the connection.");
        }
    }

    /// <param name="credential">Its user is sent; version 4 has no passwords.</param>
    /// <exception cref="UpstreamProxyException">The proxy refused, or is none.</exception>
    public static ValueTask OpenV4Async(Stream proxy, IPEndPoint upstream, string? credential, CancellationToken cancellationToken) =>
        OpenV4Async(proxy, upstream.Port, upstream.Address.GetAddressBytes(), [], credential, cancellationToken);

    /// <summary>Version 4a: by name.</summary>
    /// <param name="credential">As above.</param>
    /// <exception cref="UpstreamProxyException">The proxy refused, or is none.</exception>
    public static ValueTask OpenV4Async(Stream proxy, DnsEndPoint upstream, string? credential, CancellationToken cancellationToken) =>
        OpenV4Async(proxy, upstream.Port, [0, 0, 0, 1], [.. Text(upstream.Host), 0], credential, cancellationToken);    // an address that cannot be says that a name follows

    private static async ValueTask OpenV4Async(Stream proxy, int port, byte[] address, byte[] name, string? credential, CancellationToken cancellationToken)
    {
        try
        {
            var user = credential is null ? [] : Encoding.UTF8.GetBytes(credential.Split(':')[0]);
            await WriteAsync(proxy, [Version4, Connect, .. PortOf(port), .. address, .. user, 0, .. name], cancellationToken);
            var answer = await ReadAsync(proxy, 8, cancellationToken);
            if (answer[1] != Granted4)
            {
                throw Refused(answer[1]);
            }
        }
        catch (EndOfStreamException)
        {
            throw new UpstreamProxyException("The SOCKS proxy closed the connection.");
        }
    }

    private static async ValueTask LogInAsync(Stream proxy, string credential, CancellationToken cancellationToken)
    {
        var colon = credential.IndexOf(':', StringComparison.Ordinal);
        var user = Text(colon < 0 ? credential : credential[..colon]);
        var password = Text(colon < 0 ? "" : credential[(colon + 1)..]);
        await WriteAsync(proxy, [1, (byte)user.Length, .. user, (byte)password.Length, .. password], cancellationToken);
        if ((await ReadAsync(proxy, 2, cancellationToken))[1] != 0)
        {
            throw new UpstreamProxyException("The SOCKS proxy refused its credential.");
        }
    }

    private static byte[] AddressOf(string host)
    {
        if (IPAddress.TryParse(host, out var address))
        {
            var bytes = address.GetAddressBytes();
            return [bytes.Length == 4 ? AddressV4 : AddressV6, .. bytes];
        }

        var name = Text(host);
        return [Name, (byte)name.Length, .. name];
    }

    private static byte[] PortOf(int port)
    {
        var bytes = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)port);
        return bytes;
    }

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text) is { Length: <= MaxText } bytes
        ? bytes : throw new UpstreamProxyException("SOCKS has no room for names, users and passwords of more than 255 bytes.");

    private static ValueTask WriteAsync(Stream proxy, byte[] bytes, CancellationToken cancellationToken) => proxy.WriteAsync(bytes, cancellationToken);

    private static async ValueTask<byte[]> ReadAsync(Stream proxy, int length, CancellationToken cancellationToken)
    {
        var bytes = new byte[length];
        await proxy.ReadExactlyAsync(bytes, cancellationToken);
        return bytes;
    }

    private static UpstreamProxyException Refused(byte code) => new(string.Create(CultureInfo.InvariantCulture, $"The SOCKS proxy refused the connection (code {code})."));
}
