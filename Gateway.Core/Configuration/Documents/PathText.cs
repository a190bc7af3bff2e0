using System.Buffers;

namespace Gateway.Core.Configuration.Documents;

/// <summary>Paths that the document gives. Nothing in them may lead to another place than it says: no dots, no escapes.</summary>
internal static class PathText
{
    public const string Model = "{model}";

    private const int MaxLength = 256;

    private static readonly SearchValues<char> Upstream = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/");

    private static readonly SearchValues<char> Route = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._/");

    /// <summary>Endings of a route that are the endpoints' own: clients have them in their base URL.</summary>
    private static readonly string[] Versions = ["/v1beta", "/v1"];

    /// <returns>Null when it can be appended to a base URL, a query included, else what is wrong.</returns>
    public static string? CheckUpstream(string text)
    {
        if (text.Length is < 2 or > MaxLength || text[0] != '/')
        {
            return $"must begin with / and have 2 to {MaxLength} characters";
        }

        if (text.Contains('#', StringComparison.Ordinal))
        {
            return "must have no fragment";
        }

        var bare = text.Replace(Model, "m", StringComparison.Ordinal);
        if (bare.AsSpan().ContainsAny('{', '}'))
        {
            return $"must have no braces but those of {Model}";
        }

        var query = bare.IndexOf('?', StringComparison.Ordinal);
        var path = query < 0 ? bare : bare[..query];
        if (query >= 0 && bare.AsSpan(query + 1).ContainsAnyExcept(Upstream))
        {
            return "must have a query of letters, digits and -._~!$&'()*+,;=:@/ only";
        }

        return path.AsSpan().ContainsAnyExcept(Upstream) ? "must consist of letters, digits and -._~!$&'()*+,;=:@/" : Segments(path);
    }

    /// <returns>Null when it can be a route's path, else what is wrong.</returns>
    public static string? CheckRoute(string text) =>
        text.Length is < 2 or > MaxLength || text[0] != '/' ? $"must begin with / and have 2 to {MaxLength} characters"
        : text.AsSpan().ContainsAnyExcept(Route) ? "must consist of segments of letters, digits, -, _ and ."
        : Segments(text);

    /// <summary>A route's path without what the endpoints bring themselves: a trailing slash and their version.</summary>
    public static string RouteBase(string text)
    {
        var path = text.TrimEnd('/');
        foreach (var version in Versions)
        {
            if (path.EndsWith(version, StringComparison.Ordinal))
            {
                return path[..^version.Length];
            }
        }

        return path;
    }

    private static string? Segments(string path)
    {
        if (path.Contains("//", StringComparison.Ordinal))
        {
            return "must have no empty segment (//)";
        }

        foreach (var segment in path.Split('/'))
        {
            if (segment is "." or "..")
            {
                return "must have no segment . or ..";
            }
        }

        return null;
    }
}
