using Gateway.Core.Requests;

namespace Gateway.Edge.Endpoints;

/// <summary>Finds out what a path of Gemini asks for; the request then goes the way of all others.</summary>
internal sealed class GeminiProxy
{
    private readonly EdgeErrors _errors;
    private readonly LlmProxy[] _proxies;

    /// <param name="errors">Answers paths that name no method.</param>
    /// <param name="create">Makes the handler of one endpoint.</param>
    public GeminiProxy(EdgeErrors errors, Func<LlmEndpoint, LlmProxy> create)
    {
        _errors = errors;
        _proxies = [.. LlmEndpoint.Gemini.Select(create)];
    }

    public Task InvokeAsync(HttpContext context)
    {
        if (GeminiPath.TryParse(UnknownPaths.BelowModels(context.Request), asArray: !LlmQuery.WantsEvents(context.Request), out var path))
        {
            for (var i = 0; i < _proxies.Length; i++)
            {
                if (LlmEndpoint.Gemini[i].Operation == path.Operation)
                {
                    return _proxies[i].InvokeAsync(context, path);
                }
            }
        }

        return _errors.WriteAsync(context, UnknownPaths.Describe(context.Request));
    }
}
