namespace Microsoft.Extensions.ServiceDiscovery;

/// <summary>A parsed <c>[scheme[+scheme...]://][_endpoint.]service[:port]</c>.</summary>
internal sealed record Query(string[] Schemes, string? Endpoint, string Service, int Port)
{
    public static Query Parse(string text)
    {
        var bare = !text.Contains("://", StringComparison.Ordinal);
        if (!Uri.TryCreate(bare ? $"fakescheme://{text}" : text, UriKind.Absolute, out var uri) || uri.Host.Length == 0)
        {
            throw new InvalidOperationException($"'{text}' is not a service name; expected [scheme[+scheme]://][_endpoint.]service.");
        }

        var host = uri.Host;
        string? endpoint = null;
        var dot = host.IndexOf('.');
        if (host.StartsWith('_') && dot > 1 && !host.EndsWith('.'))
        {
            endpoint = host[1..dot];
            host = host[(dot + 1)..];
        }
        return new(bare ? [] : uri.Scheme.Split('+'), endpoint, host, Math.Max(uri.Port, 0));
    }
}
