using System.Net;
using System.Net.Sockets;

namespace Gateway.Core.Configuration.Documents;

/// <summary>Base URLs of upstreams.</summary>
internal static class BaseUrl
{
    /// <returns>Null when it is good, else what is wrong. The text is never shown: it may hold a credential.</returns>
    public static string? Read(string text, out Uri? url)
    {
        if (CheckOrigin(text, "https://api.openai.com/v1", out url) is { } problem)
        {
            return problem;
        }

        if (url!.UserInfo.Length > 0 || text.Contains('@', StringComparison.Ordinal))
        {
            return "must have no user or password; credentials belong into keys";
        }

        if (text.Contains('?', StringComparison.Ordinal) || text.Contains('#', StringComparison.Ordinal))
        {
            return "must have no query and no fragment";
        }

        if (CheckCharacters(text) is { } character)
        {
            return character;
        }

        // Paths are appended as text: one slash between, whatever the operator wrote.
        url = new Uri(url.AbsoluteUri.TrimEnd('/'), UriKind.Absolute);
        return null;
    }

    /// <summary>A URL that is called as it is: a query is part of it.</summary>
    /// <returns>Null when it is good, else what is wrong. The text is never shown: it may hold a secret.</returns>
    public static string? ReadAddress(string text, out Uri? url) =>
        CheckOrigin(text, "https://hooks.example.com/gateway", out url)
        ?? (url!.UserInfo.Length > 0 ? "must have no user or password" : null)
        ?? (text.Contains('#', StringComparison.Ordinal) ? "must have no fragment" : null)
        ?? CheckCharacters(text)
        ?? (text.Length > 2048 ? "must have at most 2048 characters" : null);

    private static string? CheckOrigin(string text, string example, out Uri? url)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out url) || url.Host.Length == 0)
        {
            return $"must be an absolute URL such as {example}";
        }

        return url.Scheme is "http" or "https" ? null : "must begin with http:// or https://";
    }

    private static string? CheckCharacters(string text)
    {
        foreach (var character in text)
        {
            if (character is <= ' ' or > '~' or '\\')
            {
                return "must have no spaces, backslashes or special characters";
            }
        }

        return null;
    }

    /// <summary>
    /// The URL below which the protocol's paths begin. Vendors' documents and SDKs write some base URLs without the version segment,
    /// and Ollama's with the one of its OpenAI-like endpoints.
    /// </summary>
    public static Uri WithVersion(Uri url, ProviderProtocol protocol)
    {
        var path = url.AbsolutePath.TrimEnd('/');
        var last = path[(path.LastIndexOf('/') + 1)..];
        var hasVersion = last.Length > 1 && last[0] == 'v' && char.IsAsciiDigit(last[1]);
        return protocol switch
        {
            ProviderProtocol.Anthropic when !hasVersion => At("/v1"),
            ProviderProtocol.Gemini when !hasVersion => At("/v1beta"),
            ProviderProtocol.Ollama when last is "v1" or "api" => new Uri(url.GetLeftPart(UriPartial.Authority) + path[..^(last.Length + 1)]),
            _ => url,
        };

        Uri At(string version) => new(url.GetLeftPart(UriPartial.Authority) + path + version);
    }

    /// <summary>Whether the URL says by itself, without a look-up, that it leads to this machine or a private network.</summary>
    public static bool IsInternal(Uri url)
    {
        var host = url.IdnHost.TrimEnd('.');
        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        if (!IPAddress.TryParse(host, out var address))
        {
            return false;
        }

        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        if (IPAddress.IsLoopback(address) || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
        {
            return true;
        }

        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            return address.IsIPv6LinkLocal || address.IsIPv6SiteLocal || address.IsIPv6UniqueLocal;
        }

        Span<byte> bytes = stackalloc byte[4];
        address.TryWriteBytes(bytes, out _);
        return bytes is [0 or 10 or 127, ..] or [169, 254, ..] or [192, 168, ..] or [172, >= 16 and <= 31, ..] or [100, >= 64 and <= 127, ..];
    }
}
