using System.Collections.Frozen;
using System.Net.Http.Headers;
using System.Text;
using Gateway.Core;
using Gateway.Core.Errors;
using Microsoft.Extensions.Primitives;

namespace Gateway.Edge.Forwarding;

/// <summary>
/// Which headers cross the Edge. Allow-lists in both directions: what is not named stays outside, so no spelling of an
/// internal, credential or hop-by-hop header has to be known.
/// </summary>
internal static class ForwardedHeaders
{
    /// <summary>Request headers that mean something behind the Edge. The content type is written anew, never copied.</summary>
    private static readonly string[] Inbound = ["Accept", "OpenAI-Beta", "Idempotency-Key", "anthropic-version", "anthropic-beta", GatewayHeaders.Session];

    private static readonly FrozenSet<string> Outbound = new[]
    {
        "Content-Type", "Content-Length", "Content-Language", "Content-Disposition", "Cache-Control", "ETag", "Last-Modified",
        "Retry-After", "Retry-After-Ms", "X-Should-Retry", "X-Request-Id", "OpenAI-Processing-Ms", "OpenAI-Version", "OpenAI-Model",
        "Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    // The Edge's own word on these; what the inner service says of them would only contradict it.
    private static readonly FrozenSet<string> WrittenByEdge = new[]
    {
        GatewayHeaders.Context, GatewayHeaders.RequestId, GatewayHeaders.ConfigGeneration, GatewayHeaders.Tokens,
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <returns>The error for a value that cannot be sent on; null when all can.</returns>
    public static GatewayError? Check(IHeaderDictionary headers)
    {
        foreach (var name in Inbound)
        {
            if (headers.TryGetValue(name, out var values))
            {
                foreach (var value in values)
                {
                    if (!Ascii.IsValid(value))
                    {
                        return new GatewayError(GatewayErrorKind.InvalidRequest, $"The header '{name}' must consist of ASCII characters.", name);
                    }
                }
            }
        }

        return null;
    }

    public static void CopyRequest(IHeaderDictionary from, HttpRequestHeaders to)
    {
        var connection = from.Connection;
        foreach (var name in Inbound)
        {
            if (from.TryGetValue(name, out var values) && values.Count > 0 && !(connection.Count > 0 && IsListed(connection, name)))
            {
                to.TryAddWithoutValidation(name, values.ToString());
            }
        }
    }

    /// <summary>What the Connection header lists is meant for us alone (RFC 9110, 7.6.1).</summary>
    private static bool IsListed(StringValues connection, string name)
    {
        foreach (var value in connection)
        {
            foreach (var part in value.AsSpan().Split(','))
            {
                if (value.AsSpan()[part].Trim().Equals(name, StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }
        }

        return false;
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

    // Both the Edge and the Router may be degraded, or have something to warn of.
    private static bool IsShared(string name) => name.Equals(GatewayHeaders.Degraded, StringComparison.OrdinalIgnoreCase) || name.Equals(GatewayHeaders.Warning, StringComparison.OrdinalIgnoreCase);

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

            if (values.Count == 1 && !IsShared(name))
            {
                to.Headers[name] = values.ToString();
                continue;
            }

            // Added to what is there.
            foreach (var value in values)
            {
                to.Headers.Append(name, value);
            }
        }
    }
}
