using System.Diagnostics.CodeAnalysis;
using System.Net;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Microsoft.Extensions.ServiceDiscovery;

/// <summary>One address of a service.</summary>
public abstract class ServiceEndpoint
{
    /// <summary>A <see cref="UriEndPoint"/> for a configured URI, else a <see cref="DnsEndPoint"/> or <see cref="IPEndPoint"/>.</summary>
    public abstract EndPoint EndPoint { get; }

    public abstract IFeatureCollection Features { get; }

    public static ServiceEndpoint Create(EndPoint endPoint, IFeatureCollection? features = null) => new Plain(endPoint, features);

    public static bool TryParse([NotNullWhen(true)] string? value, [NotNullWhen(true)] out ServiceEndpoint? serviceEndpoint)
    {
        serviceEndpoint = null;
        if (string.IsNullOrWhiteSpace(value))
        {
            return false;
        }

        // "host:port" would parse as a URI of scheme "host", hence the borrowed scheme.
        if (!value.Contains("://", StringComparison.Ordinal) && Uri.TryCreate($"fakescheme://{value}", default, out var bare))
        {
            serviceEndpoint = Create(EndPoints.From(bare.Host, Math.Max(bare.Port, 0)));
        }
        else if (Uri.TryCreate(value, default, out var uri))
        {
            serviceEndpoint = Create(new UriEndPoint(uri));
        }
        return serviceEndpoint is not null;
    }

    private sealed class Plain(EndPoint endPoint, IFeatureCollection? features) : ServiceEndpoint
    {
        public override EndPoint EndPoint { get; } = endPoint;

        public override IFeatureCollection Features { get; } = features ?? new FeatureCollection();

        public override string? ToString() => EndPoint.ToString();
    }
}

/// <summary>An address that is a whole URI.</summary>
public class UriEndPoint(Uri uri) : EndPoint
{
    public Uri Uri { get; } = uri;

    public override bool Equals(object? obj) => obj is UriEndPoint other && Uri.Equals(other.Uri);

    public override int GetHashCode() => Uri.GetHashCode();

    public override string? ToString() => Uri.ToString();
}

/// <summary>The addresses of a service as of one reading of the configuration.</summary>
public sealed class ServiceEndpointSource(List<ServiceEndpoint>? endpoints, IChangeToken changeToken, IFeatureCollection features)
{
    public IReadOnlyList<ServiceEndpoint> Endpoints { get; } = endpoints ?? [];

    /// <summary>Fires when the addresses must be asked for again.</summary>
    public IChangeToken ChangeToken { get; } = changeToken;

    public IFeatureCollection Features { get; } = features;
}

internal static class EndPoints
{
    public static EndPoint From(string host, int port) =>
        IPAddress.TryParse(host, out var address) ? new IPEndPoint(address, port) : new DnsEndPoint(host, port);
}
