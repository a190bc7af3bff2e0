using System.Text.Json;
using Gateway.Core;
using Gateway.Core.Context;
using Gateway.Core.Errors;

namespace Gateway.Router.Cooldowns;

internal static class DeploymentEndpoint
{
    /// <summary>Path of the internal report.</summary>
    public const string Path = "/internal/deployments";

    /// <summary>For operators, through the Edge: what this Router knows of each deployment.</summary>
    public static IEndpointRouteBuilder MapDeployments(this IEndpointRouteBuilder routes)
    {
        var tokens = routes.ServiceProvider.GetRequiredService<ContextToken>();
        var report = ActivatorUtilities.CreateInstance<DeploymentReport>(routes.ServiceProvider);
        routes.MapGet(Path, context => AnswerAsync(context, tokens, report)).WithName("deployments");
        return routes;
    }

    private static async Task AnswerAsync(HttpContext context, ContextToken tokens, DeploymentReport report)
    {
        var values = context.Request.Headers[GatewayHeaders.Context];
        if (values.Count != 1 || tokens.Verify(values[0], ContextAudience.Router, Path) is not { Role: ContextRole.Admin })
        {
            await OpenAIErrorWriter.WriteAsync(context, new GatewayError(GatewayErrorKind.ContextRejected, "This is an internal endpoint of the gateway."));
            return;
        }

        context.Response.ContentType = "application/json";
        using (var json = new Utf8JsonWriter(context.Response.BodyWriter))
        {
            report.Write(json);
        }

        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }
}
