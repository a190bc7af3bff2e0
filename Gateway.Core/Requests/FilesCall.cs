using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Gateway.Core.Requests;

/// <summary>
/// A call of the files endpoints: method, path and query in the one form that the Edge signs and the Router forwards. Nothing in it needs an
/// escape, so that it means the same to everybody.
/// </summary>
/// <param name="Method">GET, POST or DELETE.</param>
/// <param name="Below">What follows <see cref="Root"/>, such as <c>/file-1/content</c> or <c>?limit=2</c>; empty for the list itself.</param>
public readonly record struct FilesCall(string Method, string Below)
{
    public const string Root = "/v1/files";
    public const string OnePattern = Root + "/{id}";
    public const string ContentPattern = Root + "/{id}/content";

    private const int MaxWordLength = 128;
    private const string Content = "/content";

    private static readonly SearchValues<char> Word = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

    /// <summary>The parameters of the list.</summary>
    private static readonly string[] Parameters = ["after", "limit", "order", "purpose"];

    public bool HasBody => Method == "POST";

    /// <summary>Path and query at the Router.</summary>
    public string Target => Root + Below;

    /// <summary>What the context is good for: the same path with another method is another deed.</summary>
    public string ToClaim() => $"{Method} {Target}";

    /// <summary>Whether the list has such a query parameter.</summary>
    public static bool IsParameter(string name) => Array.IndexOf(Parameters, name) >= 0;

    /// <summary>Whether an id, or the value of a parameter, is one word of letters, digits, underscore and dash.</summary>
    public static bool IsWord([NotNullWhen(true)] string? value) => value is { Length: > 0 and <= MaxWordLength } && !value.AsSpan().ContainsAnyExcept(Word);

    /// <param name="method">HTTP method.</param>
    /// <param name="below">As <see cref="Below"/>.</param>
    /// <param name="call">The call read.</param>
    /// <returns>False for anything that is not exactly a call of one of the endpoints.</returns>
    public static bool TryParse(string method, string below, out FilesCall call)
    {
        call = new FilesCall(method, below);
        if (below.Length == 0)
        {
            return method is "GET" or "POST";
        }

        if (below[0] == '?')
        {
            return method == "GET" && IsQuery(below.AsSpan(1));
        }

        var isContent = below.Length > Content.Length && below.EndsWith(Content, StringComparison.Ordinal);
        return below[0] == '/' && IsWord(isContent ? below[1..^Content.Length] : below[1..]) && (method == "GET" || (method == "DELETE" && !isContent));
    }

    /// <summary>Reads what <see cref="ToClaim"/> wrote.</summary>
    public static bool TryParseClaim(string claim, out FilesCall call)
    {
        call = default;
        var space = claim.IndexOf(' ', StringComparison.Ordinal);
        return space > 0 && claim.AsSpan(space + 1).StartsWith(Root, StringComparison.Ordinal) && TryParse(claim[..space], claim[(space + 1 + Root.Length)..], out call);
    }

    private static bool IsQuery(ReadOnlySpan<char> query)
    {
        foreach (var range in query.Split('&'))
        {
            var pair = query[range];
            var equals = pair.IndexOf('=');
            if (equals < 0 || !IsParameter(pair[..equals].ToString()) || !IsWord(pair[(equals + 1)..].ToString()))
            {
                return false;
            }
        }

        return true;
    }
}
