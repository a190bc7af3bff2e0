using System.Net;
using System.Net.Http.Headers;
using Gateway.Core;
using Gateway.Core.Http;

namespace Gateway.Edge.Forwarding;

/// <summary>Sends a call to a service and hands back the head of its answer. Thread-safe.</summary>
internal sealed class ServiceClient(TimeProvider time) : IDisposable
{
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);

    /// <summary>How long an address that accepted nothing is asked last. Else every request would wait for it once more.</summary>
    public static readonly TimeSpan Away = TimeSpan.FromSeconds(2);

    // Bare: no cookies, redirects, proxy, decompression or repeats. The default propagator writes traceparent, so that the
    // traces of the services connect.
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        MeterFactory = UnlistenedMeters.Instance,
        AutomaticDecompression = DecompressionMethods.None,
        MaxConnectionsPerServer = int.MaxValue,
        ConnectTimeout = ConnectTimeout,
        PooledConnectionLifetime = TimeSpan.FromMinutes(15),
        // An answer that nobody reads to the end is cut, not read on for two seconds in the hope of saving the connection: its
        // upstream may be generating tokens.
        ResponseDrainTimeout = TimeSpan.Zero,
    });

    /// <returns>The answer, read to the end of its headers; null when no address could be reached.</returns>
    /// <exception cref="HttpRequestException">The connection broke after something was written: nobody knows what was done.</exception>
    public async Task<HttpResponseMessage?> SendAsync(ForwardedCall call, HttpContext client, CancellationToken cancellationToken)
    {
        var addresses = await call.Service.GetAsync(cancellationToken);
        var first = call.Service.NextTurn();
        var now = time.GetTimestamp();

        var tried = 0UL;
        for (var round = 0; round < 2; round++)
        {
            for (var i = 0u; i < addresses.Length; i++)
            {
                // First those that are not known to be away; then the others, since what is known may be old. (Of more than 64
                // addresses some are not asked when all are away.)
                var index = (first + i) % (uint)addresses.Length;
                var address = addresses[index];
                var bit = 1UL << (int)(index % 64);
                if ((tried & bit) != 0 || (round == 0 && address.AwayUntil > now))
                {
                    continue;
                }

                tried |= bit;
                if (await TryAsync(call, address, client, cancellationToken) is { } answer)
                {
                    return answer;
                }
            }
        }

        return null;
    }

    public void Dispose() => _http.Dispose();

    private async ValueTask<HttpResponseMessage?> TryAsync(ForwardedCall call, ServiceAddress address, HttpContext client, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await _http.SendAsync(Make(call, address, client), cancellationToken);
            call.Service.NoteReached();
            if (address.AwayUntil != 0)
            {
                address.AwayUntil = 0;
            }

            return answer;
        }
        catch (HttpRequestException failure) when (failure.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError)
        {
            // No byte has left, so another instance may be asked. Any other failure may have cost somebody money already.
            NoteAway(call.Service, address, failure.HttpRequestError.ToString());
        }
        catch (OperationCanceledException failure) when (failure.InnerException is TimeoutException && !cancellationToken.IsCancellationRequested)
        {
            // The connect time-out is the only one of the handler's own: nothing was written here either.
            NoteAway(call.Service, address, "ConnectTimeout");
        }

        return null;
    }

    private void NoteAway(ServiceEndpoints service, ServiceAddress address, string error)
    {
        address.AwayUntil = time.GetTimestamp() + (long)(Away.TotalSeconds * time.TimestampFrequency);
        service.NoteUnreachable(error);
    }

    private static HttpRequestMessage Make(in ForwardedCall call, ServiceAddress address, HttpContext client)
    {
        var request = new HttpRequestMessage(call.Method, address.At(call.PathAndQuery))
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        if (call.Body is { } body)
        {
            request.Content = call.Held is { } held ? new HandedOverContent(body.Memory, held) : new ReadOnlyMemoryContent(body.Memory);
            if (call.FormType is { } form)
            {
                request.Content.Headers.TryAddWithoutValidation("Content-Type", form);
            }
            else
            {
                request.Content.Headers.ContentType = Json;
            }
        }

        ForwardedHeaders.CopyRequest(client.Request.Headers, request.Headers);

        // Last, so that nothing above can stand in its place.
        request.Headers.TryAddWithoutValidation(GatewayHeaders.Context, call.Token);
        return request;
    }
}
