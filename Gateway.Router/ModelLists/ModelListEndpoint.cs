using System.Text.Json;
using Gateway.Core;
using Gateway.Core.Context;
using Gateway.Core.Errors;

namespace Gateway.Router.ModelLists;

internal static class ModelListEndpoint
{
    /// <summary>Path of the internal list.</summary>
    public const string Path = "/internal/models";

    public static WebApplicationBuilder AddModelLists(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<ProviderModels>();
        builder.Services.AddHostedService<ModelListRefresher>();
        return builder;
    }

    /// <summary>For the Edge: <c>{"providers":{"NAME":["model", ...]}}</c>.</summary>
    public static IEndpointRouteBuilder MapModelLists(this IEndpointRouteBuilder routes)
    {
        var tokens = routes.ServiceProvider.GetRequiredService<ContextToken>();
        var models = routes.ServiceProvider.GetRequiredService<ProviderModels>();
        routes.MapGet(Path, context => AnswerAsync(context, tokens, models)).WithName("models");
        return routes;
    }

    private static async Task AnswerAsync(HttpContext context, ContextToken tokens, ProviderModels models)
    {
        var values = context.Request.Headers[GatewayHeaders.Context];
        if (values.Count != 1 || tokens.Verify(values[0], ContextAudience.Router, Path) is not { Role: ContextRole.Service })
        {
            await OpenAIErrorWriter.WriteAsync(context, new GatewayError(GatewayErrorKind.ContextRejected, "This is an internal endpoint of the gateway."));
            return;
        }

        context.Response.ContentType = "application/json";
        using (var json = new Utf8JsonWriter(context.Response.BodyWriter))
        {
            json.WriteStartObject();
            json.WriteStartObject("providers"u8);
            foreach (var (provider, names) in models.Lists)
            {
                json.WriteStartArray(provider);
                foreach (var name in names)
                {
                    json.WriteStringValue(name);
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }
}
