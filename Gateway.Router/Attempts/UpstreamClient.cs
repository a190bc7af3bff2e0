using System.Net;
using System.Net.Sockets;
using Gateway.Core.Configuration;
using Gateway.Core.Http;
using Gateway.Router.Credentials;
using Gateway.Router.Protocols;

namespace Gateway.Router.Attempts;

/// <summary>
/// The bare HTTP client of one provider: returns at the head, buffers nothing, follows nothing, retries nothing. Thread-safe.
/// </summary>
/// <remarks>
/// Replaced, not disposed, when the configuration changes: running requests end on the old connections, idle ones close
/// after a minute, and the rest is the collector's.
/// </remarks>
internal sealed class UpstreamClient
{
    private const int MaxHeadKiB = 64;

    private readonly HttpMessageInvoker _invoker;

    /// <param name="before">The client of the same provider before the change, whose connections are kept if nothing of them changed.</param>
    /// <param name="protocol">What speaks to it; null for the adapter of its protocol.</param>
    public UpstreamClient(ProviderConfig provider, UpstreamClient? before = null, IUpstreamProtocol? protocol = null)
    {
        Provider = provider;
        Protocol = protocol ?? ProtocolAdapters.For(provider);
        Credentials = before is not null && provider.Keys.SequenceEqual(before.Provider.Keys) && provider.Limits == before.Provider.Limits && provider.Protocol == before.Provider.Protocol
            ? before.Credentials
            : new CredentialPool(provider.Name, [.. provider.Keys.Select((key, index) => new Credential(index, $"{provider.Name}#{index + 1}", Protocol.CredentialFor(key.Secret), key))]);
        _invoker = before is not null && SameConnections(provider, before.Provider) ? before._invoker : Connect(provider);
    }

    public ProviderConfig Provider { get; }

    public IUpstreamProtocol Protocol { get; }

    /// <summary>The provider's keys.</summary>
    public CredentialPool Credentials { get; }

    /// <summary>Sends a request and returns at the head of the answer.</summary>
    /// <exception cref="InvalidOperationException">The request would carry the provider's credential to another origin.</exception>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        request.RequestUri is { } uri && UpstreamAddress.IsSameOrigin(uri, Provider.BaseUrl)
            ? _invoker.SendAsync(request, cancellationToken)
            : throw new InvalidOperationException("A request may not leave the origin of its provider.");

    private static bool SameConnections(ProviderConfig now, ProviderConfig before) =>
        now.BaseUrl == before.BaseUrl && now.Internal == before.Internal && now.Timeouts.Connect == before.Timeouts.Connect;

    private static HttpMessageInvoker Connect(ProviderConfig provider)
    {
        var mayBePrivate = provider.Internal;
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            AutomaticDecompression = DecompressionMethods.None,
            MeterFactory = UnlistenedMeters.Instance,
            ConnectTimeout = provider.Timeouts.Connect,
            MaxResponseHeadersLength = MaxHeadKiB,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),    // so that a changed DNS record is seen
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),

            // An answer that nobody wants is cut at once: reading it to its end would keep the upstream generating, and charging.
            MaxResponseDrainSize = 0,
            ResponseDrainTimeout = TimeSpan.Zero,

            // No trace headers: internal ids are none of the provider's business. Attempts have their own span.
            ActivityHeadersPropagator = null,
            ConnectCallback = (context, cancellationToken) => OpenAsync(context.DnsEndPoint, mayBePrivate, cancellationToken),
        };
        return new HttpMessageInvoker(handler, disposeHandler: true);
    }

    private static async ValueTask<Stream> OpenAsync(DnsEndPoint endpoint, bool mayBePrivate, CancellationToken cancellationToken)
    {
        var addresses = await Dns.GetHostAddressesAsync(endpoint.Host, cancellationToken);
        Exception failure = new UpstreamAddressRefusedException();
        foreach (var address in addresses)
        {
            if (!mayBePrivate && !UpstreamAddress.IsPublic(address))
            {
                continue;
            }

            // Connect to the very address that was checked: a second look-up could answer another one.
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(new IPEndPoint(address, endpoint.Port), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (SocketException exception)
            {
                socket.Dispose();
                failure = exception;
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        throw failure;
    }
}
