using System.Net;
using Gateway.Core.Http;

namespace Gateway.Router.Attempts;

/// <summary>Where the gateway may connect to on behalf of a request.</summary>
internal static class UpstreamAddress
{
    /// <summary>The URL of an endpoint below a base URL.</summary>
    /// <param name="path">Path with its query, escaped.</param>
    /// <exception cref="ArgumentException">The result would leave the base URL's origin or path.</exception>
    public static Uri Build(Uri baseUrl, string path)
    {
        var expected = baseUrl.AbsolutePath.TrimEnd('/') + path;
        var uri = new Uri(baseUrl.GetLeftPart(UriPartial.Path).TrimEnd('/') + path);
        return IsSameOrigin(uri, baseUrl) && string.Equals(uri.PathAndQuery, expected, StringComparison.Ordinal) && uri.Fragment.Length == 0
            ? uri : throw new ArgumentException("The endpoint leaves the base URL of its provider.", nameof(path));
    }

    public static bool IsSameOrigin(Uri uri, Uri baseUrl) =>
        uri.Port == baseUrl.Port && string.Equals(uri.Scheme, baseUrl.Scheme, StringComparison.Ordinal)
        && string.Equals(uri.Host, baseUrl.Host, StringComparison.OrdinalIgnoreCase) && uri.UserInfo.Length == 0;

    /// <summary>Whether an address is on the public internet. Everything else needs <c>internal: true</c>.</summary>
    public static bool IsPublic(IPAddress address) => PublicAddress.IsPublic(address);
}

/// <summary>The name of an upstream leads to an address that its configuration does not permit.</summary>
internal sealed class UpstreamAddressRefusedException()
    : IOException("The upstream's name resolves only to loopback, private or link-local addresses. If that is meant, set internal: true on the provider.");
