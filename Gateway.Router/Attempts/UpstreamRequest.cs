using System.Net;
using Gateway.Router.Catalog;
using Gateway.Router.Pipeline;
using Gateway.Router.Protocols;

namespace Gateway.Router.Attempts;

/// <summary>Builds the request for an upstream.</summary>
internal static class UpstreamRequest
{
    /// <summary>
    /// What of the client's head goes on. A list of what may pass, not of what may not: credentials, cookies, internal and
    /// hop-by-hop headers, trace ids and addresses stay here because nothing names them.
    /// </summary>
    private static readonly string[] Forwarded = ["accept", "openai-beta"];

    public static HttpRequestMessage Create(LlmExchange exchange, Deployment deployment, SplicedBody content)
    {
        content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        var request = new HttpRequestMessage(HttpMethod.Post, deployment.UriFor(exchange.Endpoint.Operation))
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        var incoming = exchange.Http.Request.Headers;
        foreach (var name in Forwarded)
        {
            var values = incoming[name];
            if (values.Count > 0)
            {
                request.Headers.TryAddWithoutValidation(name, values[0]);
            }
        }

        foreach (var (name, value) in deployment.Provider.Headers)
        {
            // The operator's word replaces the client's.
            request.Headers.Remove(name);
            request.Headers.TryAddWithoutValidation(name, value);
        }

        if (deployment.Upstream.NextCredential() is { } credential)
        {
            deployment.Adapter.Authorize(request, credential);
        }

        return request;
    }
}
