using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Gateway.Core.Configuration;
using Gateway.Core.Http;
using Gateway.Router.Attempts;

namespace Gateway.Router.Connections;

/// <summary>
/// One pool of connections to an upstream. Sends and returns at the head: buffers nothing, follows nothing, and repeats only what the
/// upstream has said it did not look at. Thread-safe.
/// </summary>
/// <remarks>
/// Replaced, not disposed, when the configuration changes: running requests end on the old connections, idle ones close
/// after a minute, and the rest is the collector's.
/// </remarks>
internal sealed class UpstreamConnection
{
    private const int MaxHeadKiB = 64;

    /// <summary>Of one HTTP/2 stream at first; the handler lets it grow with the bandwidth.</summary>
    private const int StreamWindow = 256 * 1024;

    private static readonly List<SslApplicationProtocol> Http2Only = [SslApplicationProtocol.Http2];
    private static readonly List<SslApplicationProtocol> Http2OrHttp1 = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11];

    private readonly ConnectionSettings _settings;
    private readonly HttpMessageInvoker _invoker;
    private readonly AddressDialer _dialer;
    private readonly UpstreamProxy? _proxy;
    private readonly TlsClient? _tls;
    private readonly Version _version;
    private readonly HttpVersionPolicy _policy;

    /// <summary>The server was offered HTTP/2 and did not want it. The handler then takes what comes for HTTP/1.1, so it must not be offered again.</summary>
    private volatile bool _declinedHttp2;

    public UpstreamConnection(ConnectionSettings settings, TimeProvider time)
    {
        _settings = settings;
        _dialer = new AddressDialer(settings.Internal, settings.ConnectTimeout, time);
        _proxy = settings.Connection.Proxy is { } proxy ? new UpstreamProxy(proxy, settings, time) : null;
        _tls = settings.IsTls ? new TlsClient(settings.Tls.Trust, settings.Tls.Certificate) : null;
        (_version, _policy) = settings.Connection.Http switch
        {
            HttpVersionChoice.Http2 => (HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact),
            HttpVersionChoice.Auto when settings.IsTls => (HttpVersion.Version20, HttpVersionPolicy.RequestVersionOrLower),
            _ => (HttpVersion.Version11, HttpVersionPolicy.RequestVersionExact),
        };
        _invoker = Connect(settings);
    }

    /// <summary>Sends a request in the version of HTTP that the document says.</summary>
    /// <exception cref="InvalidOperationException">The request would carry the provider's credential to another origin.</exception>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.RequestUri is not { } uri || !UpstreamAddress.IsSameOrigin(uri, _settings.Origin))
        {
            throw new InvalidOperationException("A request may not leave the origin of its provider.");
        }

        request.Version = _version;
        request.VersionPolicy = _policy;
        return _invoker.SendAsync(request, cancellationToken);
    }

    private HttpMessageInvoker Connect(ConnectionSettings settings) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,    // never the environment's; ours is behind the callback
        AutomaticDecompression = DecompressionMethods.None,
        MeterFactory = UnlistenedMeters.Instance,
        ConnectTimeout = settings.ConnectTimeout,
        MaxResponseHeadersLength = MaxHeadKiB,
        MaxConnectionsPerServer = settings.Connection.MaxConnections ?? int.MaxValue,
        PooledConnectionLifetime = settings.Connection.Lifetime,    // so that a changed DNS record is seen
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),

        // The handler's limit counts connections of HTTP/1.1 only. More than one of HTTP/2 is needed past the server's limit of streams.
        EnableMultipleHttp2Connections = settings.Connection.MaxConnections != 1,
        InitialHttp2StreamWindowSize = StreamWindow,
        KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
        KeepAlivePingDelay = TimeSpan.FromSeconds(30),
        KeepAlivePingTimeout = TimeSpan.FromSeconds(20),

        // An answer that nobody wants is cut at once: reading it to its end would keep the upstream generating, and charging.
        MaxResponseDrainSize = 0,
        ResponseDrainTimeout = TimeSpan.Zero,

        // No trace headers: internal ids are none of the provider's business. Attempts have their own span.
        ActivityHeadersPropagator = null,
        ConnectCallback = OpenAsync,
    });

    private async ValueTask<Stream> OpenAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var upstream = context.DnsEndPoint;
        var stream = _proxy is not null
            ? await _proxy.OpenAsync(upstream, cancellationToken)
            : new NetworkStream(await _dialer.ConnectAsync(upstream.Host, upstream.Port, cancellationToken), ownsSocket: true);
        if (_tls is null)
        {
            return stream;
        }

        // Ours, not the handler's: that one knows no other name than the URL's, and would take a proxy's TLS for the upstream's.
        var offered = context.InitialRequestMessage.Version.Major < 2 || _declinedHttp2 ? null
            : _policy == HttpVersionPolicy.RequestVersionExact ? Http2Only : Http2OrHttp1;
        var secured = await _tls.SecureAsync(stream, _settings.Connection.TlsServerName ?? upstream.Host, offered, cancellationToken);
        _declinedHttp2 |= offered == Http2OrHttp1 && secured.NegotiatedApplicationProtocol != SslApplicationProtocol.Http2;
        return secured;
    }
}
