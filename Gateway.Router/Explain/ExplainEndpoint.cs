using System.Text.Json;
using Gateway.Core;
using Gateway.Core.Context;
using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Router.Pipeline;

namespace Gateway.Router.Explain;

/// <summary>
/// For operators, through the Edge: what would become of a request. The path is <see cref="Root"/> and then the request's own; the body is the request's.
/// The context carries what the Edge would sign for the request, in the name of an operator and for this path: no other endpoint accepts it, and no client's context is accepted here.
/// </summary>
internal static class ExplainEndpoint
{
    public const string Root = "/internal/explain";

    private static readonly GatewayError Rejected = new(GatewayErrorKind.ContextRejected, "This is an internal endpoint of the gateway.");

    public static IEndpointRouteBuilder MapExplain(this IEndpointRouteBuilder routes)
    {
        var tokens = routes.ServiceProvider.GetRequiredService<ContextToken>();
        var explainer = ActivatorUtilities.CreateInstance<RouteExplainer>(routes.ServiceProvider);
        var writer = ActivatorUtilities.CreateInstance<ExplanationWriter>(routes.ServiceProvider);
        routes.MapPost(Root + "/{**endpoint}", context => AnswerAsync(context, tokens, explainer, writer)).WithName("explain");
        return routes;
    }

    private static async Task AnswerAsync(HttpContext context, ContextToken tokens, RouteExplainer explainer, ExplanationWriter writer)
    {
        var values = context.Request.Headers[GatewayHeaders.Context];
        var path = LlmEndpoints.TargetOf(context);
        if (values.Count != 1 || tokens.Verify(values[0], ContextAudience.Router, path) is not { Role: ContextRole.Admin } claims || Find(path[Root.Length..]) is not { } endpoint)
        {
            await OpenAIErrorWriter.WriteAsync(context, Rejected);
            return;
        }

        using var output = new MemoryStream();
        await explainer.ExplainAsync(Inner(context), endpoint, claims with { Path = path[Root.Length..] }, explanation =>
        {
            using var json = new Utf8JsonWriter(output);
            writer.Write(json, explanation);
        });
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = output.Length;
        await context.Response.Body.WriteAsync(output.GetBuffer().AsMemory(0, (int)output.Length), context.RequestAborted);
    }

    private static LlmEndpoint? Find(string target)
    {
        if (GeminiPath.TryParseTarget(target, out var path))
        {
            return LlmEndpoint.Gemini.First(endpoint => endpoint.Operation == path.Operation);
        }

        return LlmEndpoint.Routed.FirstOrDefault(endpoint => !endpoint.IsForm && string.Equals(endpoint.Path, target, StringComparison.Ordinal));
    }

    /// <summary>The request by itself: what the stages answer to it goes nowhere.</summary>
    private static DefaultHttpContext Inner(HttpContext context)
    {
        var inner = new DefaultHttpContext { RequestServices = context.RequestServices, RequestAborted = context.RequestAborted };
        inner.Request.Method = context.Request.Method;
        inner.Request.Body = context.Request.Body;
        foreach (var (name, value) in context.Request.Headers)
        {
            inner.Request.Headers[name] = value;
        }

        return inner;
    }
}
