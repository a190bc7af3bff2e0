using Gateway.Router.Pipeline;

namespace Gateway.Router.Protocols;

/// <summary>
/// What of the client's head goes on, by name: credentials, cookies, internal and hop-by-hop headers, trace ids and addresses stay here
/// because nobody names them.
/// </summary>
internal static class ForwardedHeaders
{
    /// <summary>Passes one header of the client on, if it was sent. Of several values the first.</summary>
    public static void Add(HttpRequestMessage request, LlmExchange exchange, string name)
    {
        var values = exchange.Http.Request.Headers[name];
        if (values.Count > 0)
        {
            request.Headers.TryAddWithoutValidation(name, values[0]);
        }
    }
}
