namespace Gateway.Core.Configuration.Documents;

/// <summary>URLs of proxies.</summary>
internal static class ProxyUrl
{
    /// <returns>Null when it is good, else what is wrong. The text is never shown: it may hold a credential.</returns>
    public static string? Read(string text, out Uri? url)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out url) || url.Host.Length == 0)
        {
            return "must be an absolute URL such as http://proxy.example.com:3128";
        }

        if (url.Scheme is not ("http" or "https" or "socks4" or "socks4a" or "socks5"))
        {
            return "must begin with http://, https://, socks4://, socks4a:// or socks5://";
        }

        if (url.UserInfo.Length > 0 || text.Contains('@', StringComparison.Ordinal))
        {
            return "must have no user or password; they belong into proxy_credential";
        }

        if (url.AbsolutePath is not ("" or "/") || text.AsSpan().ContainsAny('?', '#', '\\') || text.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            return "must be scheme, host and port only";
        }

        // http and https have a port of their own, SOCKS has none that .NET would know.
        return url.Port > 0 ? null : "must have a port, e.g. socks5://proxy.example.com:1080";
    }
}
