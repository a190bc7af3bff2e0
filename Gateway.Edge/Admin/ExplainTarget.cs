using Gateway.Core.Configuration.Documents;
using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Edge.Endpoints;
using Gateway.Edge.Forwarding;
using Gateway.Edge.Routes;

namespace Gateway.Edge.Admin;

/// <summary>Where a request that is explained would go: an endpoint, below a path route or not.</summary>
internal sealed record ExplainTarget
{
    private static readonly string[] Known = [.. LlmEndpoint.Routed.Where(static endpoint => !endpoint.IsForm).Select(static endpoint => endpoint.Path)];

    /// <summary>The request without its body, as the endpoint would see it.</summary>
    public required HttpContext Context { get; init; }

    public required LlmEndpoint Endpoint { get; init; }

    /// <summary>What the path says, where it names the model.</summary>
    public GeminiPath? Path { get; init; }

    /// <summary>The client's own deadline; null for none.</summary>
    public TimeSpan? Wanted { get; init; }

    public PathRoute? Route => PathRoute.Of(Context);

    /// <summary>Path and query at the Router.</summary>
    public string Sent => Path?.ToTarget() ?? Endpoint.Path;

    /// <exception cref="GatewayException">There is no such endpoint, or a header is wrong.</exception>
    public static ExplainTarget Of(ExplainRequest asked, EdgeSnapshot snapshot, string requestId)
    {
        var context = new DefaultHttpContext { TraceIdentifier = requestId };
        var request = context.Request;
        var query = asked.Endpoint.IndexOf('?', StringComparison.Ordinal);
        var path = query < 0 ? asked.Endpoint : asked.Endpoint[..query];
        if (!path.StartsWith('/'))
        {
            throw Unknown(asked.Endpoint);
        }

        request.Method = HttpMethods.Post;
        request.Path = PathString.FromUriComponent(path);
        request.QueryString = new QueryString(query < 0 ? "" : asked.Endpoint[query..]);
        foreach (var (name, value) in asked.Headers)
        {
            request.Headers[name] = value;
        }

        PathRouteMiddleware.Apply(snapshot.Routes, context);
        var (endpoint, gemini) = Find(asked.Endpoint, request);
        if (LlmQuery.Check(request, endpoint.Protocol) is { } wrongQuery)
        {
            throw new GatewayException(wrongQuery with { Param = "endpoint" });
        }

        if ((RequestDeadline.Read(request.Headers, out var wanted) ?? ForwardedHeaders.Check(request.Headers)) is { } wrongHeader)
        {
            throw new GatewayException(wrongHeader with { Param = $"headers.{wrongHeader.Param}" });
        }

        return new ExplainTarget { Context = context, Endpoint = endpoint, Path = gemini, Wanted = wanted };
    }

    private static (LlmEndpoint Endpoint, GeminiPath? Path) Find(string asked, HttpRequest request)
    {
        foreach (var endpoint in LlmEndpoint.Routed)
        {
            if (request.Path.Equals(endpoint.Path, StringComparison.OrdinalIgnoreCase))
            {
                return endpoint.IsForm ? throw Wrong($"'{endpoint.Path}' takes a form, and only JSON requests can be explained.") : (endpoint, null);
            }
        }

        var isModels = request.Path.StartsWithSegments(UnknownPaths.GeminiModelsPath) || request.Path.StartsWithSegments(UnknownPaths.ModelsPath);
        return isModels && GeminiPath.TryParse(UnknownPaths.BelowModels(request), asArray: !LlmQuery.WantsEvents(request), out var path)
            ? (LlmEndpoint.Gemini.First(endpoint => endpoint.Operation == path.Operation), path) : throw Unknown(asked);
    }

    private static GatewayException Unknown(string asked) => Wrong(
        $"There is no endpoint at '{(asked.Length <= 80 ? asked : asked[..80] + "...")}' that asks a model. {(Nearest.Of(asked, Known) is { } near ? $"Did you mean '{near}'?" : "Give one such as '/v1/chat/completions', below a route of the document or not.")}");

    private static GatewayException Wrong(string message) => new(GatewayErrorKind.InvalidRequest, message, "endpoint");
}
