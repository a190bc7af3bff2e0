using System.Globalization;
using System.Net;
using System.Text;

namespace Gateway.Router.Connections;

/// <summary>Asks an HTTP proxy for a connection (CONNECT, RFC 9110 section 9.3.6).</summary>
internal static class HttpTunnel
{
    private const int MaxHead = 8 * 1024;

    /// <param name="credential"><c>user:password</c>, or null. Sent at once: proxies need not ask.</param>
    /// <exception cref="UpstreamProxyException">The proxy refused, or is none.</exception>
    public static async ValueTask OpenAsync(Stream proxy, DnsEndPoint upstream, string? credential, CancellationToken cancellationToken)
    {
        var target = string.Create(CultureInfo.InvariantCulture, $"{(upstream.Host.Contains(':', StringComparison.Ordinal) ? $"[{upstream.Host}]" : upstream.Host)}:{upstream.Port}");
        var authorization = credential is null ? "" : $"Proxy-Authorization: Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes(credential))}\r\n";
        await proxy.WriteAsync(Encoding.ASCII.GetBytes($"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{authorization}\r\n"), cancellationToken);
        await proxy.FlushAsync(cancellationToken);

        var head = await ReadHeadAsync(proxy, cancellationToken);
        if (!head.StartsWith("HTTP/1.", StringComparison.Ordinal) || head.Length < 12 || !int.TryParse(head.AsSpan(9, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var status))
        {
            throw new UpstreamProxyException("What answers at the proxy's address is no HTTP proxy.");
        }

        if (status is < 200 or >= 300)
        {
            throw new UpstreamProxyException(string.Create(CultureInfo.InvariantCulture, $"The proxy refused the connection with status {status}."));
        }
    }

    private static async ValueTask<string> ReadHeadAsync(Stream proxy, CancellationToken cancellationToken)
    {
        // Byte by byte, once a connection: what follows the head is the upstream's, and some upstreams speak first.
        var head = new byte[MaxHead];
        for (var length = 0; length < MaxHead;)
        {
            if (await proxy.ReadAsync(head.AsMemory(length, 1), cancellationToken) == 0)
            {
                break;
            }

            length++;
            if (head.AsSpan(0, length).EndsWith("\r\n\r\n"u8))
            {
                return Encoding.Latin1.GetString(head, 0, length);
            }
        }

        throw new UpstreamProxyException("The proxy did not answer as an HTTP proxy.");
    }
}
