using System.Net.Http.Headers;
using Gateway.Core;

namespace Gateway.Edge.Forwarding;

/// <summary>
/// Which headers cross the Edge. Allow-lists in both directions: what is not named stays outside, so no spelling of an
/// internal, credential or hop-by-hop header has to be known.
/// </summary>
internal static class ForwardedHeaders
{
    /// <summary>Request headers that mean something behind the Edge. The content type is written anew, never copied.</summary>
    private static readonly string[] Inbound = ["Accept", "OpenAI-Beta", "Idempotency-Key"];

    private static readonly HashSet<string> Outbound = new(StringComparer.OrdinalIgnoreCase)
    {
        "Content-Type", "Content-Length", "Content-Language", "Content-Disposition", "Cache-Control", "ETag", "Last-Modified",
        "Retry-After", "Retry-After-Ms", "X-Should-Retry", "X-Request-Id", "OpenAI-Processing-Ms", "OpenAI-Version", "OpenAI-Model",
        "Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy",
    };

    // The Edge's own word on these; what the inner service says of them would only contradict it.
    private static readonly HashSet<string> WrittenByEdge = new(StringComparer.OrdinalIgnoreCase)
    {
        GatewayHeaders.Context, GatewayHeaders.RequestId, GatewayHeaders.ConfigGeneration,
    };

    public static void CopyRequest(IHeaderDictionary from, HttpRequestHeaders to)
    {
        foreach (var name in Inbound)
        {
            if (from.TryGetValue(name, out var values) && values.Count > 0)
            {
                to.TryAddWithoutValidation(name, values.ToString());
            }
        }
    }

    /// <summary>Copies what may cross. Values are passed on as they are, unparsed.</summary>
    public static void CopyResponse(HttpResponseMessage from, HttpResponse to)
    {
        Copy(from.Headers.NonValidated, to);
        Copy(from.Content.Headers.NonValidated, to);
    }

    /// <summary>Takes back what <see cref="CopyResponse"/> wrote, when another answer takes its place.</summary>
    public static void RemoveCopied(HttpResponseMessage from, HttpResponse to)
    {
        foreach (var (name, _) in from.Headers.NonValidated)
        {
            Remove(name, to);
        }

        foreach (var (name, _) in from.Content.Headers.NonValidated)
        {
            Remove(name, to);
        }
    }

    /// <summary>Whether a response header of an inner service may reach the client.</summary>
    internal static bool MayLeave(string name) => name.StartsWith(GatewayHeaders.Prefix, StringComparison.OrdinalIgnoreCase)
        ? !WrittenByEdge.Contains(name)
        : Outbound.Contains(name);

    private static void Remove(string name, HttpResponse to)
    {
        if (MayLeave(name))
        {
            to.Headers.Remove(name);
        }
    }

    private static void Copy(HttpHeadersNonValidated from, HttpResponse to)
    {
        foreach (var (name, values) in from)
        {
            if (!MayLeave(name))
            {
                continue;
            }

            // Added to what is there: both the Edge and the Router may be degraded.
            foreach (var value in values)
            {
                to.Headers.Append(name, value);
            }
        }
    }
}
