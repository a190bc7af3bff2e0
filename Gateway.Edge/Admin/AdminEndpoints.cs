using Gateway.Edge.Admin;
using Gateway.Edge.Endpoints;

namespace Microsoft.Extensions.Hosting;

internal static class AdminEndpoints
{
    public static IHostApplicationBuilder AddAdmin(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<UsageProxy>();
        return builder;
    }

    /// <summary>Reports for operators, and the console, which asks its reader for the admin key itself.</summary>
    public static void MapAdmin(this WebApplication app)
    {
        var usage = app.Services.GetRequiredService<UsageProxy>();
        app.MapGet("/admin/v1/{**path}", usage.AdminAsync).WithMetadata(new EdgePolicy(EdgeAccess.Admin));
        app.MapGet("/console/{**path}", usage.ConsoleAsync).WithMetadata(new EdgePolicy(EdgeAccess.Public));
    }
}
