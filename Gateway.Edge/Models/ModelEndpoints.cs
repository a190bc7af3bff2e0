using Gateway.Core.Requests;
using Gateway.Edge.Endpoints;

namespace Gateway.Edge.Models;

/// <summary>The lists of models below <c>/v1</c> and <c>/v1beta</c>.</summary>
internal sealed class ModelEndpoints(ModelList models, EdgeErrors errors)
{
    private const string AnyName = "/{first}/{**rest}";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var endpoints = routes.ServiceProvider.GetRequiredService<ModelEndpoints>();
        var access = new EdgePolicy(EdgeAccess.VirtualKey);
        routes.MapGet(UnknownPaths.ModelsPath, endpoints.ListAsync).WithMetadata(access);
        routes.MapGet(UnknownPaths.ModelsPath + AnyName, endpoints.GetAsync).WithMetadata(access);
        routes.MapGet(UnknownPaths.GeminiModelsPath, endpoints.ListGeminiAsync).WithMetadata(access);
        routes.MapGet(UnknownPaths.GeminiModelsPath + AnyName, endpoints.GetGeminiAsync).WithMetadata(access);
    }

    private Task ListAsync(HttpContext context)
    {
        if (models.List(context.Request, out var all) is { } refused)
        {
            return errors.WriteAsync(context, refused);
        }

        if (ClientProtocols.Of(context) != LlmProtocol.Anthropic)
        {
            return JsonAnswer.WriteAsync(context, all, static (json, list) => ModelShapes.WriteOpenAI(json, list));
        }

        return ModelPage.ReadAnthropic(context.Request.Query, all, out var page) is { } wrong
            ? errors.WriteAsync(context, wrong) : JsonAnswer.WriteAsync(context, page, static (json, page) => ModelShapes.WriteAnthropic(json, page));
    }

    private Task GetAsync(HttpContext context)
    {
        if (models.Find(context.Request, IdOf(context), tagged: false, out var model) is { } refused)
        {
            return errors.WriteAsync(context, refused);
        }

        return ClientProtocols.Of(context) == LlmProtocol.Anthropic
            ? JsonAnswer.WriteAsync(context, model!, static (json, model) => ModelShapes.WriteAnthropic(json, model))
            : JsonAnswer.WriteAsync(context, model!, static (json, model) => ModelShapes.WriteOpenAI(json, model));
    }

    private Task ListGeminiAsync(HttpContext context)
    {
        if (models.List(context.Request, out var all) is { } refused)
        {
            return errors.WriteAsync(context, refused);
        }

        return ModelPage.ReadGemini(context.Request.Query, all, out var page) is { } wrong
            ? errors.WriteAsync(context, wrong) : JsonAnswer.WriteAsync(context, page, static (json, page) => ModelShapes.WriteGemini(json, page));
    }

    private Task GetGeminiAsync(HttpContext context) => models.Find(context.Request, IdOf(context), tagged: false, out var model) is { } refused
        ? errors.WriteAsync(context, refused) : JsonAnswer.WriteAsync(context, model!, static (json, model) => ModelShapes.WriteGemini(json, model));

    /// <summary>Names of the form provider/model hold slashes; clients that escape them are understood too (the server leaves %2F as it is).</summary>
    private static string IdOf(HttpContext context) =>
        UnknownPaths.BelowModels(context.Request).ToString().Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
}
