using System.Globalization;
using System.Text;

namespace Gateway.Core.Configuration;

/// <summary>One credential of a provider.</summary>
public sealed record ProviderKeyConfig
{
    public required string Secret { get; init; }

    /// <summary>Share of the traffic relative to the provider's other keys.</summary>
    public int Weight { get; init; } = 1;

    /// <summary>What this key may be used for.</summary>
    public UpstreamLimits Limits { get; init; } = UpstreamLimits.None;

    private bool PrintMembers(StringBuilder text)
    {
        text.Append(CultureInfo.InvariantCulture, $"Secret = {SecretText.Hidden}, Weight = {Weight}, Limits = {Limits}");
        return true;
    }
}

/// <summary>
/// How much may be sent upstream. Each Router holds its share: the limit divided by the number of Routers that are alive. Null is no limit.
/// </summary>
public sealed record UpstreamLimits
{
    public static UpstreamLimits None { get; } = new();

    public long? RequestsPerMinute { get; init; }

    /// <summary>Input and output tokens; estimated when sent, corrected when the answer is known.</summary>
    public long? TokensPerMinute { get; init; }

    /// <summary>Requests at the same time.</summary>
    public long? Concurrency { get; init; }

    /// <summary>Different sessions in any five minutes.</summary>
    public long? SessionsPer5Minutes { get; init; }

    /// <summary>Different sessions in any hour.</summary>
    public long? SessionsPerHour { get; init; }

    /// <summary>Different sessions in any day.</summary>
    public long? SessionsPerDay { get; init; }

    public bool IsEmpty => this == None;
}

/// <summary>How connections to an upstream are made.</summary>
public sealed record ConnectionConfig
{
    public static ConnectionConfig Standard { get; } = new();

    public HttpVersionChoice Http { get; init; } = HttpVersionChoice.Http1;

    /// <summary>HTTP proxy (http, https, socks4, socks5 URL) or null for none. Never taken from the environment.</summary>
    public Uri? Proxy { get; init; }

    /// <summary><c>user:password</c> for the proxy, or null.</summary>
    public string? ProxyCredential { get; init; }

    /// <summary>Connections at the same time per deployment; null for no limit.</summary>
    public int? MaxConnections { get; init; }

    /// <summary>After this a connection takes no new requests, so that a changed DNS record is seen.</summary>
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>PEM file with the certificate authorities that are trusted instead of the system's, or null.</summary>
    public string? TlsAuthorities { get; init; }

    /// <summary>PEM file with the client certificate and its key, or null.</summary>
    public string? TlsCertificate { get; init; }

    /// <summary>Name that the server's certificate must carry, where it is not the host of the URL; null for that.</summary>
    public string? TlsServerName { get; init; }

    private bool PrintMembers(StringBuilder text)
    {
        text.Append(CultureInfo.InvariantCulture, $"Http = {Http}, Proxy = {Proxy}, ProxyCredential = {SecretText.Of(ProxyCredential)}, MaxConnections = {MaxConnections}, Lifetime = {Lifetime}, ");
        text.Append(CultureInfo.InvariantCulture, $"TlsAuthorities = {TlsAuthorities}, TlsCertificate = {TlsCertificate}, TlsServerName = {TlsServerName}");
        return true;
    }
}

/// <summary>Which HTTP an upstream is spoken to in.</summary>
public enum HttpVersionChoice
{
    /// <summary>HTTP/1.1, one connection for each request at a time.</summary>
    Http1,

    /// <summary>HTTP/2 where the server agrees to it by TLS, else HTTP/1.1.</summary>
    Auto,

    /// <summary>HTTP/2 only, also without TLS.</summary>
    Http2,
}

/// <summary>Looks after an upstream between requests.</summary>
public sealed record ProbeConfig
{
    /// <summary>Path below the base URL that is asked with GET and a credential; anything below 500 but 401, 403 and 429 is healthy.</summary>
    public required string Path { get; init; }

    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);
}

/// <summary>A stream that is alive and too slow counts as a failure of its deployment; the stream itself goes on.</summary>
public sealed record SlowStreamConfig
{
    /// <summary>Least events with content in a second, averaged over <see cref="Window"/>.</summary>
    public required double EventsPerSecond { get; init; }

    public TimeSpan Window { get; init; } = TimeSpan.FromSeconds(10);
}
