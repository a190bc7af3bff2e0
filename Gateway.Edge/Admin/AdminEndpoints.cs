using Gateway.Edge.Abuse;
using Gateway.Edge.Admin;
using Gateway.Edge.Admin.Audit;
using Gateway.Edge.Endpoints;

namespace Microsoft.Extensions.Hosting;

internal static class AdminEndpoints
{
    public static IHostApplicationBuilder AddAdmin(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<AdminLockout>();
        builder.Services.AddSingleton<AdminKeyCheck>();
        var data = builder.Configuration["GATEWAY_DATA"] is { Length: > 0 } folder ? folder : ".data";
        builder.Services.AddSingleton(services => new AuditFile(
            Path.Combine(data, "edge"), services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILogger<AuditFile>>()));
        builder.Services.AddHostedService(static services => services.GetRequiredService<AuditFile>());
        builder.Services.AddSingleton<UsageProxy>();
        builder.Services.AddSingleton<RouterReports>();
        builder.Services.AddSingleton<DeploymentsProxy>();
        builder.Services.AddSingleton<ExplainProxy>();
        builder.Services.AddSingleton<ProvidersHealthCheck>();
        builder.AddConfigAdmin();
        builder.Services.AddSingleton<OpenApiDocument>();
        builder.Services.AddKeysAdmin();
        builder.Services.AddConsoleDoor();
        builder.Services.AddHealthChecks().AddCheck<ProvidersHealthCheck>(ProvidersHealthCheck.Name);

        // Bare, and to addresses that are already looked up: each Router is asked once.
        builder.Services.AddHttpClient(RouterReports.Client, static http => http.MaxResponseContentBufferSize = RouterReports.MaxBytes)
            .ConfigurePrimaryHttpMessageHandler(static () => new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseCookies = false,
                UseProxy = false,
                ConnectTimeout = TimeSpan.FromSeconds(1),
                PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            })
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan);
        return builder;
    }

    /// <summary>Reports for operators, and the console.</summary>
    public static void MapAdmin(this WebApplication app)
    {
        var usage = app.Services.GetRequiredService<UsageProxy>();
        var deployments = app.Services.GetRequiredService<DeploymentsProxy>();
        app.MapGet(DeploymentsProxy.Path, (RequestDelegate)deployments.AnswerAsync).WithMetadata(new EdgePolicy(EdgeAccess.Admin));
        app.MapPost(ExplainProxy.Path, app.Services.GetRequiredService<ExplainProxy>().AnswerAsync).WithMetadata(new EdgePolicy(EdgeAccess.Admin));
        app.MapConfigAdmin();
        app.MapKeysAdmin();
        foreach (var path in (ReadOnlySpan<string>)["/admin/v1/usage", "/admin/v1/requests", "/admin/v1/requests/{id}"])
        {
            app.MapGet(path, (RequestDelegate)usage.AdminAsync).WithMetadata(new EdgePolicy(EdgeAccess.Admin));
        }

        app.MapGet(UsageProxy.ContentPath, (RequestDelegate)usage.ContentAsync).WithMetadata(new EdgePolicy(EdgeAccess.Admin));
        app.MapGet("/admin/v1/requests/stream", (RequestDelegate)usage.FollowAsync).WithMetadata(new EdgePolicy(EdgeAccess.Admin));
        app.MapGet(OpenApiDocument.Path, (RequestDelegate)app.Services.GetRequiredService<OpenApiDocument>().AnswerAsync).WithMetadata(new EdgePolicy(EdgeAccess.Admin));

        // Whatever else Usage has; it says what it has not.
        app.MapGet("/admin/v1/{**path}", (RequestDelegate)usage.AdminAsync).WithMetadata(new EdgePolicy(EdgeAccess.Admin));
        app.MapConsoleDoor();
    }
}
