using System.Net;
using System.Net.Sockets;
using Gateway.Router.Attempts;

namespace Gateway.Router.Connections;

/// <summary>
/// Opens connections through the operator's proxy: always a tunnel, also for plain http, so that the proxy sees neither requests nor
/// credentials, and nothing about HTTP depends on it. Thread-safe.
/// </summary>
/// <remarks>
/// The proxy's own address is the operator's word and not checked. The upstream's name is resolved by the proxy (by us only for socks4,
/// which has no names): whether it leads to a private address cannot be known here. A literal address and <c>localhost</c> still are refused.
/// </remarks>
internal sealed class UpstreamProxy
{
    private readonly Uri _proxy;
    private readonly string? _credential;
    private readonly bool _mayBePrivate;
    private readonly TlsClient _tls;
    private readonly AddressDialer _toProxy;
    private readonly AddressDialer _toUpstream;

    public UpstreamProxy(Uri proxy, ConnectionSettings settings, TimeProvider time)
    {
        _proxy = proxy;
        _credential = settings.Connection.ProxyCredential;
        _mayBePrivate = settings.Internal;
        _tls = new TlsClient(settings.Tls.Trust, certificate: null);    // who we are is the upstream's to know
        _toProxy = new AddressDialer(mayBePrivate: true, settings.ConnectTimeout, time);
        _toUpstream = new AddressDialer(settings.Internal, settings.ConnectTimeout, time);
    }

    public static bool Knows(string scheme) => scheme is "http" or "https" or "socks4" or "socks4a" or "socks5";

    /// <exception cref="UpstreamProxyException">The proxy refused, or is none.</exception>
    /// <exception cref="UpstreamAddressRefusedException">The upstream's URL leads where it may not.</exception>
    public async ValueTask<Stream> OpenAsync(DnsEndPoint upstream, CancellationToken cancellationToken)
    {
        if (!_mayBePrivate && IsPrivateByItself(upstream.Host))
        {
            throw new UpstreamAddressRefusedException();
        }

        Stream stream = new NetworkStream(await _toProxy.ConnectAsync(_proxy.IdnHost, _proxy.Port, cancellationToken), ownsSocket: true);
        try
        {
            switch (_proxy.Scheme)
            {
                case "socks5":
                    await SocksTunnel.OpenV5Async(stream, upstream, _credential, cancellationToken);
                    break;
                case "socks4":
                    var addresses = await _toUpstream.PermittedAsync(upstream.Host, AddressFamily.InterNetwork, cancellationToken);
                    await SocksTunnel.OpenV4Async(stream, new IPEndPoint(addresses[0], upstream.Port), _credential, cancellationToken);
                    break;
                case "socks4a":
                    await SocksTunnel.OpenV4Async(stream, upstream, _credential, cancellationToken);
                    break;
                default:
                    stream = _proxy.Scheme == Uri.UriSchemeHttps ? await _tls.SecureAsync(stream, _proxy.IdnHost, protocols: null, cancellationToken) : stream;
                    await HttpTunnel.OpenAsync(stream, upstream, _credential, cancellationToken);
                    break;
            }

            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    private static bool IsPrivateByItself(string host) =>
        IPAddress.TryParse(host, out var address) ? !UpstreamAddress.IsPublic(address)
        : host.TrimEnd('.') is var name && (name.Equals("localhost", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase));
}

/// <summary>The proxy did not open the way to the upstream.</summary>
internal sealed class UpstreamProxyException(string message) : IOException(message);
