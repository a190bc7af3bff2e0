using System.Collections.Frozen;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Gateway.Simulator.Protocols.Gemini;

internal static class GeminiEndpoints
{
    public static WebApplicationBuilder AddGemini(this WebApplicationBuilder builder)
    {
        builder.Services.TryAddSingleton<GeminiProvider>();
        builder.Services.TryAddSingleton<VertexProvider>();
        builder.Services.TryAddSingleton<GeminiCatalog>();
        return builder;
    }

    public static IEndpointRouteBuilder MapGemini(this IEndpointRouteBuilder routes)
    {
        var gemini = routes.ServiceProvider.GetRequiredService<GeminiProvider>();
        var vertex = routes.ServiceProvider.GetRequiredService<VertexProvider>();
        var models = routes.ServiceProvider.GetRequiredService<GeminiCatalog>();

        // GET /v1/models belongs to OpenAI; only the methods of a model are told apart by their colon.
        foreach (var version in (string[])["v1beta", "v1", "v1alpha"])
        {
            MapMethods(routes, $"/{version}/models/{{**call}}", gemini, new Dictionary<string, Operation>
            {
                ["generateContent"] = new GenerateOperation(gemini, stream: false),
                ["streamGenerateContent"] = new GenerateOperation(gemini, stream: true),
                ["countTokens"] = new CountTokensOperation(gemini),
                ["embedContent"] = new EmbedOperation(gemini, batch: false),
                ["batchEmbedContents"] = new EmbedOperation(gemini, batch: true),
            });
        }

        foreach (var version in (string[])["v1", "v1beta1"])
        {
            MapMethods(routes, $"/{version}/projects/{{project}}/locations/{{location}}/publishers/google/models/{{**call}}", vertex, new Dictionary<string, Operation>
            {
                ["generateContent"] = new GenerateOperation(vertex, stream: false),
                ["streamGenerateContent"] = new GenerateOperation(vertex, stream: true),
                ["countTokens"] = new CountTokensOperation(vertex),
                ["predict"] = new PredictOperation(vertex),
            });
        }

        routes.MapGet("/v1beta/models", models.ListAsync);
        routes.MapGet("/v1beta/models/{**id}", models.GetAsync);
        return routes;
    }

    private static void MapMethods(IEndpointRouteBuilder routes, string path, GeminiProvider provider, IReadOnlyDictionary<string, Operation> operations)
    {
        var door = routes.ServiceProvider.GetRequiredService<ProviderDoor>();
        var byName = operations.ToFrozenDictionary(StringComparer.Ordinal);
        routes.MapPost(path, context =>
        {
            // A model may have colons and slashes of its own; a slash may arrive escaped.
            var call = ((string?)context.Request.RouteValues["call"] ?? "").Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
            var colon = call.LastIndexOf(':');
            if (colon <= 0 || !byName.TryGetValue(call[(colon + 1)..], out var operation))
            {
                return door.GuardAsync(context, provider, () => throw GoogleError.NoMethod(context.Request.Path.Value!));
            }

            GeminiOperation.SetModel(context, call[..colon]);
            return door.InvokeAsync(context, operation);
        });
    }
}
