using System.Net;
using System.Net.Sockets;
using Gateway.Core.Http;

namespace Gateway.Edge.Jwt;

/// <summary>Fetches key sets. Bare: no redirects, cookies or proxy; connects only to addresses that the issuer may have. Thread-safe.</summary>
internal sealed class JwksClient : IDisposable
{
    public const int MaxBytes = 1024 * 1024;

    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly HttpClient _public = Make(mayBePrivate: false);
    private readonly HttpClient _internal = Make(mayBePrivate: true);

    /// <exception cref="HttpRequestException">No answer, or another than 200; its message has no address.</exception>
    public async Task<byte[]> FetchAsync(Uri url, bool isInternal, CancellationToken cancellationToken)
    {
        using var answer = await (isInternal ? _internal : _public).GetAsync(url, cancellationToken);
        return answer.StatusCode == HttpStatusCode.OK
            ? await answer.Content.ReadAsByteArrayAsync(cancellationToken)
            : throw new HttpRequestException(HttpRequestError.InvalidResponse, statusCode: answer.StatusCode);
    }

    public void Dispose()
    {
        _public.Dispose();
        _internal.Dispose();
    }

    private static HttpClient Make(bool mayBePrivate) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        AutomaticDecompression = DecompressionMethods.None,
        MaxConnectionsPerServer = 2,
        MaxResponseHeadersLength = 64,
        PooledConnectionLifetime = TimeSpan.FromMinutes(1),
        MeterFactory = UnlistenedMeters.Instance,
        ConnectCallback = (context, cancellationToken) => ConnectAsync(context.DnsEndPoint, mayBePrivate, cancellationToken),
    })
    {
        MaxResponseContentBufferSize = MaxBytes,
        Timeout = Patience,
        DefaultRequestHeaders = { Accept = { new("application/json") } },
    };

    private static async ValueTask<Stream> ConnectAsync(DnsEndPoint endpoint, bool mayBePrivate, CancellationToken cancellationToken)
    {
        // Connects to the very addresses that were checked: a second look-up could answer others.
        var addresses = await Dns.GetHostAddressesAsync(endpoint.Host, cancellationToken);
        var permitted = Array.FindAll(addresses, address => mayBePrivate || PublicAddress.IsPublic(address));
        if (permitted.Length == 0)
        {
            throw new HttpRequestException("The name leads only to private addresses; internal: true permits them.");
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(permitted, endpoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
