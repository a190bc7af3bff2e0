using System.Net;
using Gateway.Router.Catalog;
using Gateway.Router.Pipeline;
using Gateway.Router.Protocols;

namespace Gateway.Router.Attempts;

/// <summary>Builds the request for an upstream.</summary>
internal static class UpstreamRequest
{
    public static async ValueTask<HttpRequestMessage> CreateAsync(LlmExchange exchange, Deployment deployment, UpstreamCall call, CancellationToken cancellationToken)
    {
        var protocol = deployment.Protocol;
        call.Content.Headers.TryAddWithoutValidation("Content-Type", exchange.Form is { } form ? form.ContentType : "application/json");
        var request = new HttpRequestMessage(HttpMethod.Post, deployment.UriFor(call.Operation, exchange.Facts.Stream))
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = call.Content,
        };
        ForwardedHeaders.Add(request, exchange, "accept");
        protocol.AddHeaders(request, exchange);

        foreach (var (name, value) in deployment.Provider.Headers)
        {
            // The operator's word replaces the client's.
            request.Headers.Remove(name);
            request.Headers.TryAddWithoutValidation(name, value);
        }

        if (deployment.Upstream.NextCredential() is { } credential)
        {
            await protocol.AuthorizeAsync(request, credential, protocol.SignsBody ? call.Bytes : default, cancellationToken);
        }

        return request;
    }
}
