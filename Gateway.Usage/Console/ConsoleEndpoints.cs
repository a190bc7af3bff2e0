using Gateway.Core.Context;
using Gateway.Core.Errors;
using Gateway.Usage.Access;
using Gateway.Usage.Console.Configuration;
using Gateway.Usage.Console.Explanations;
using Gateway.Usage.Console.Keys;
using Gateway.Usage.Console.Models;
using Gateway.Usage.Console.Overview;
using Gateway.Usage.Console.Playground;
using Gateway.Usage.Console.Requests;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Gateway.Usage.Console;

/// <summary>The operators' pages, rendered here and kept fresh by their scripts. Who may see them the Edge decides; what they change goes through the admin API alone.</summary>
internal static class ConsoleEndpoints
{
    public const string Root = "/console";

    // Everything comes from this origin, nothing is inline, nobody may frame it.
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    public static WebApplicationBuilder AddConsole(this WebApplicationBuilder builder)
    {
        builder.Services.AddRazorComponents();
        builder.Services.TryAddSingleton(new ConsoleAssets(typeof(ConsoleAssets).Assembly));
        builder.Services.AddSingleton<OverviewReader>();
        builder.Services.AddSingleton<RequestsReader>();
        return builder;
    }

    public static void MapConsole(this WebApplication app)
    {
        Page<SignInPage>(app, Root + "/sign-in", role: null, static _ => []);
        Page<OverviewPage>(app, Root, ContextRole.Admin, static context => new() { [nameof(OverviewPage.Span)] = Text(context, "span") });
        Page<RequestsPage>(app, Root + "/requests", ContextRole.Admin, static _ => []);
        Page<OneRequestPage>(app, Root + "/requests/{id}", ContextRole.Admin, static context => new() { [nameof(OneRequestPage.Id)] = context.Request.RouteValues["id"] as string });
        Page<ModelsPage>(app, Root + "/models", ContextRole.Admin, static _ => []);
        Page<KeysPage>(app, Root + "/keys", ContextRole.Admin, static _ => []);
        Page<ExplainPage>(app, Root + "/explain", ContextRole.Admin, static _ => []);
        Page<PlaygroundPage>(app, Root + "/playground", ContextRole.Admin, static _ => []);
        Page<ConfigurationPage>(app, Root + "/configuration", ContextRole.Admin, static _ => []);
        MapAssets(app);
    }

    private static void Page<TPage>(WebApplication app, string path, ContextRole? role, Func<HttpContext, Dictionary<string, object?>> parameters)
        where TPage : IComponent
    {
        var guard = app.Services.GetRequiredService<ContextGuard>();
        app.MapGet(path, (RequestDelegate)(async context =>
        {
            if (!await guard.AdmitAsync(context, role))
            {
                return;
            }

            Protect(context.Response, "no-store");
            await new RazorComponentResult<TPage>(parameters(context)) { PreventStreamingRendering = true }.ExecuteAsync(context);
        }));
    }

    private static void MapAssets(WebApplication app)
    {
        var guard = app.Services.GetRequiredService<ContextGuard>();
        var assets = app.Services.GetRequiredService<ConsoleAssets>();
        if (!assets.AreThere)
        {
            app.Services.GetRequiredService<ILogger<ConsoleAssets>>().ConsoleIsBare();
        }

        app.MapGet(Root + "/assets/{name}", (RequestDelegate)(async context =>
        {
            if (!await guard.AdmitAsync(context, role: null))
            {
                return;
            }

            if (assets.Find((string)context.Request.RouteValues["name"]!) is not { } asset)
            {
                await OpenAIErrorWriter.WriteAsync(context, new GatewayError(GatewayErrorKind.EndpointNotFound, "The console has no file of this name."));
                return;
            }

            // Only an address that names these very contents may be kept.
            Protect(context.Response, context.Request.Query["v"] == assets.Version ? "public, max-age=31536000, immutable" : "no-cache");
            context.Response.ContentType = asset.Type;
            context.Response.ContentLength = asset.Bytes.Length;
            await context.Response.BodyWriter.WriteAsync(asset.Bytes, context.RequestAborted);
        }));
    }

    private static void Protect(HttpResponse response, string caching)
    {
        var headers = response.Headers;
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "same-origin";
        headers.CacheControl = caching;
    }

    private static string? Text(HttpContext context, string name) => context.Request.Query[name] is [{ Length: > 0 } only] ? only : null;
}
