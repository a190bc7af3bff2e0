using Gateway.Router.Catalog;
using Gateway.Router.Credentials;
using Gateway.Router.Pipeline;
using Gateway.Router.Protocols;

namespace Gateway.Router.Attempts;

/// <summary>Builds the request for an upstream.</summary>
internal static class UpstreamRequest
{
    public static async ValueTask<HttpRequestMessage> CreateAsync(LlmExchange exchange, Deployment deployment, Credential? chosen, UpstreamCall call, CancellationToken cancellationToken)
    {
        var protocol = deployment.Protocol;
        call.Content.Headers.TryAddWithoutValidation("Content-Type", exchange.Form is { } form ? form.ContentType : "application/json");
        var request = new HttpRequestMessage(MethodOf(exchange), UriOf(exchange, deployment, call))
        {
            Content = exchange.Files is { HasBody: false } ? null : call.Content,
        };
        ForwardedHeaders.Add(request, exchange, "accept");
        protocol.AddHeaders(request, exchange);

        foreach (var (name, value) in deployment.Provider.Headers)
        {
            // The operator's word replaces the client's.
            request.Headers.Remove(name);
            request.Headers.TryAddWithoutValidation(name, value);
        }

        if (chosen?.Header is { } credential)
        {
            await protocol.AuthorizeAsync(request, credential, protocol.SignsBody ? call.Bytes : default, cancellationToken);
        }

        return request;
    }

    private static HttpMethod MethodOf(LlmExchange exchange) => exchange.Files is { } files ? new HttpMethod(files.Method) : HttpMethod.Post;

    private static Uri UriOf(LlmExchange exchange, Deployment deployment, UpstreamCall call)
    {
        if (exchange.Files is not { } files)
        {
            return deployment.UriFor(call.Operation, exchange.Facts.Stream);
        }

        // Each file has a path of its own: not one to keep. The query of the endpoint, such as a version, goes behind the client's.
        var path = deployment.PathFor(call.Operation, stream: false);
        var query = path.IndexOf('?', StringComparison.Ordinal);
        var whole = query < 0 ? path + files.Below
            : $"{path.AsSpan(0, query)}{files.Below}{(files.Below.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{path.AsSpan(query + 1)}";
        return UpstreamAddress.Build(deployment.Provider.BaseUrl, whole);
    }
}
