using Gateway.Usage.Access;

namespace Gateway.Usage.Console;

internal static class ConsoleEndpoints
{
    // Everything comes from this origin, nothing is inline, nobody may frame it: the page holds the admin key.
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>The operator's page: static, it holds no data; its script asks for the admin key and then for the reports.</summary>
    public static void MapConsole(this WebApplication app)
    {
        app.MapGet("/console", Asset(app, "console.html", "text/html; charset=utf-8"));
        app.MapGet("/console/console.css", Asset(app, "console.css", "text/css; charset=utf-8"));
        app.MapGet("/console/console.js", Asset(app, "console.js", "text/javascript; charset=utf-8"));
        app.MapGet("/console/icon.svg", Asset(app, "icon.svg", "image/svg+xml"));
    }

    private static RequestDelegate Asset(WebApplication app, string name, string contentType)
    {
        var guard = app.Services.GetRequiredService<ContextGuard>();
        var body = Read(name);
        return async context =>
        {
            if (!await guard.AdmitAsync(context, role: null))
            {
                return;
            }

            var headers = context.Response.Headers;
            headers.ContentSecurityPolicy = ContentSecurityPolicy;
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = "no-referrer";
            headers.CacheControl = "no-cache";
            context.Response.ContentType = contentType;
            context.Response.ContentLength = body.Length;
            await context.Response.BodyWriter.WriteAsync(body, context.RequestAborted);
        };
    }

    private static byte[] Read(string name)
    {
        using var stream = typeof(ConsoleEndpoints).Assembly.GetManifestResourceStream("console/" + name)
            ?? throw new InvalidOperationException($"The console's {name} is not in the assembly.");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
