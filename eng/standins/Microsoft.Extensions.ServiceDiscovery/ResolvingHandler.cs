using System.Collections.Concurrent;
using System.Net;

namespace Microsoft.Extensions.ServiceDiscovery;

/// <summary>Sends each request to the next address of the service that its URI names.</summary>
internal sealed class ResolvingHandler(ServiceEndpointResolver resolver) : DelegatingHandler
{
    private readonly ConcurrentDictionary<string, Turn> _turns = new();

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var asked = request.RequestUri ?? throw new InvalidOperationException("A request without a URI names no service.");
        var service = asked.GetLeftPart(UriPartial.Authority);
        var source = await resolver.GetEndpointsAsync(service, cancellationToken);
        var turn = _turns.GetOrAdd(service, static _ => new Turn()).Next();
        request.RequestUri = At(asked, source.Endpoints[(int)(turn % (uint)source.Endpoints.Count)].EndPoint);
        try
        {
            return await base.SendAsync(request, cancellationToken);
        }
        finally
        {
            // A retry outside of this handler must find the name again, not the address of the last attempt.
            request.RequestUri = asked;
        }
    }

    private static Uri At(Uri asked, EndPoint endPoint)
    {
        if (endPoint is UriEndPoint { Uri: var uri })
        {
            var whole = new UriBuilder(asked) { Scheme = uri.Scheme, Host = uri.Host, Port = uri.Port };
            if (uri.AbsolutePath.Length > 1)
            {
                whole.Path = $"{uri.AbsolutePath.TrimEnd('/')}/{asked.AbsolutePath.TrimStart('/')}";
            }
            return whole.Uri;
        }

        var (host, port) = endPoint switch
        {
            IPEndPoint ip => (ip.Address.ToString(), ip.Port),
            DnsEndPoint dns => (dns.Host, dns.Port),
            _ => throw new InvalidOperationException($"Endpoints of type {endPoint.GetType()} are not supported."),
        };
        return new UriBuilder(asked) { Scheme = asked.Scheme.Split('+')[0], Host = host, Port = port > 0 ? port : -1 }.Uri;
    }

    private sealed class Turn
    {
        private uint _count = uint.MaxValue;

        public uint Next() => Interlocked.Increment(ref _count);
    }
}
