using System.Collections.Frozen;
using System.Net;
using Microsoft.Extensions.ServiceDiscovery;

namespace Gateway.Edge.Forwarding;

/// <summary>One address of a service, with the URIs of the fixed paths made once.</summary>
internal sealed class ServiceAddress
{
    private readonly FrozenDictionary<string, Uri> _known;
    private long _awayUntil;

    public ServiceAddress(Uri root, IEnumerable<string> paths)
    {
        Root = root;
        _known = paths.ToFrozenDictionary(static path => path, path => new Uri(root, path), StringComparer.Ordinal);
    }

    public Uri Root { get; }

    /// <summary>Timestamp until which nobody should ask first here, since nobody listened. 0 for none.</summary>
    public long AwayUntil { get => Volatile.Read(ref _awayUntil); set => Volatile.Write(ref _awayUntil, value); }

    /// <param name="pathAndQuery">Escaped, and below the service's root.</param>
    public Uri At(string pathAndQuery) => _known.TryGetValue(pathAndQuery, out var uri) ? uri : new Uri(Root, pathAndQuery);

    /// <summary>The root of what service discovery found.</summary>
    public static Uri RootOf(EndPoint endPoint) => endPoint switch
    {
        UriEndPoint { Uri: var uri } => new Uri(uri.GetLeftPart(UriPartial.Authority)),
        DnsEndPoint dns => Make(dns.Host, dns.Port),
        IPEndPoint ip => Make(ip.Address.ToString(), ip.Port),
        _ => throw new InvalidOperationException($"Service discovery gave an address of type {endPoint.GetType().Name}, which has no URI."),
    };

    private static Uri Make(string host, int port) => new UriBuilder(Uri.UriSchemeHttp, host, port > 0 ? port : -1).Uri;
}
