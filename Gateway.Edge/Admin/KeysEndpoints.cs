using Gateway.Edge.Admin;
using Gateway.Edge.Endpoints;

namespace Microsoft.Extensions.Hosting;

internal static class KeysEndpoints
{
    private const string One = KeysAdmin.Path + "/{id}";

    public static IServiceCollection AddKeysAdmin(this IServiceCollection services)
    {
        services.AddSingleton<KeyChanger>();
        services.AddSingleton<KeysAdmin>();
        return services;
    }

    /// <summary>Virtual keys, for operators.</summary>
    public static void MapKeysAdmin(this WebApplication app)
    {
        var keys = app.Services.GetRequiredService<KeysAdmin>();
        var policy = new EdgePolicy(EdgeAccess.Admin);
        app.MapGet(KeysAdmin.Path, (RequestDelegate)keys.ListAsync).WithMetadata(policy);
        app.MapPost(KeysAdmin.Path, (RequestDelegate)keys.CreateAsync).WithMetadata(policy);
        app.MapGet(One, (RequestDelegate)keys.ShowAsync).WithMetadata(policy);
        app.MapPatch(One, (RequestDelegate)keys.UpdateAsync).WithMetadata(policy);
        app.MapDelete(One, (RequestDelegate)keys.DeleteAsync).WithMetadata(policy);
        app.MapPost(One + "/rotate", (RequestDelegate)keys.RotateAsync).WithMetadata(policy);
    }
}
