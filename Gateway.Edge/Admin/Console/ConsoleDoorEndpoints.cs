using Gateway.Edge.Admin.Console;
using Gateway.Edge.Endpoints;

namespace Microsoft.Extensions.Hosting;

internal static class ConsoleDoorEndpoints
{
    public static IServiceCollection AddConsoleDoor(this IServiceCollection services)
    {
        services.AddSingleton<AdminSessions>();
        services.AddSingleton<ConsoleDoor>();
        return services;
    }

    /// <summary>The operators' console. Its pages are made by Usage; who may see them is decided here.</summary>
    public static void MapConsoleDoor(this WebApplication app)
    {
        var door = app.Services.GetRequiredService<ConsoleDoor>();
        var policy = new EdgePolicy(EdgeAccess.Public);
        app.MapPost(ConsoleDoor.SignInPath, (RequestDelegate)door.SignInAsync).WithMetadata(policy);
        app.MapPost(ConsoleDoor.SignOutPath, (RequestDelegate)door.SignOutAsync).WithMetadata(policy);
        app.MapGet(ConsoleDoor.SessionPath, (RequestDelegate)door.SessionAsync).WithMetadata(policy);
        app.MapGet(ConsoleDoor.Root + "/{**path}", (RequestDelegate)door.PageAsync).WithMetadata(policy);
    }
}
