using Gateway.Core.Configuration;

namespace Gateway.Router.Connections;

/// <summary>All that decides how a provider's connections are made. Equal settings can share open connections.</summary>
internal sealed record ConnectionSettings
{
    private ConnectionSettings(Uri origin, TlsMaterial tls, ConnectionConfig connection) => (Origin, Tls, Connection) = (origin, tls, connection);

    /// <summary>Scheme, host and port of the provider; the path is no matter of connections.</summary>
    public Uri Origin { get; }

    public TlsMaterial Tls { get; }

    public ConnectionConfig Connection { get; }

    /// <summary>Permits loopback and private addresses.</summary>
    public bool Internal { get; private init; }

    /// <summary>For all of it: name, address, proxy, TLS.</summary>
    public TimeSpan ConnectTimeout { get; private init; }

    public bool IsTls => Origin.Scheme == Uri.UriSchemeHttps;

    /// <exception cref="GatewayConfigurationException">A file cannot be used, or the proxy is of an unknown kind.</exception>
    public static ConnectionSettings Of(ProviderConfig provider)
    {
        var connection = provider.Connection;
        if (connection.Proxy is { } proxy && !UpstreamProxy.Knows(proxy.Scheme))
        {
            throw new GatewayConfigurationException($"providers.{provider.Name}.connection.proxy: it must be an http, https, socks4, socks4a or socks5 URL.");
        }

        return new ConnectionSettings(new Uri(provider.BaseUrl.GetLeftPart(UriPartial.Authority)), TlsMaterial.Read(provider.Name, connection), connection)
        {
            Internal = provider.Internal,
            ConnectTimeout = provider.Timeouts.Connect,
        };
    }
}
