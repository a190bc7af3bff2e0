using Gateway.Core.Journal;
using Gateway.Edge.Admin;
using Gateway.Edge.Admin.ConfigVersions;
using Gateway.Edge.Endpoints;
using Gateway.Edge.VirtualKeys.Store;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.Hosting;

internal static class ConfigVersionsEndpoints
{
    /// <summary>The document's versions: in PostgreSQL where it is configured, else in a folder of the data folder.</summary>
    public static void AddConfigAdmin(this IHostApplicationBuilder builder)
    {
        var data = builder.Configuration["GATEWAY_DATA"] is { Length: > 0 } folder ? folder : ".data";
        if (builder.Configuration.GetConnectionString(PostgresKeyStore.ConnectionName) is { Length: > 0 } connection)
        {
            builder.Services.TryAddSingleton<IConfigVersionStore>(services => PostgresConfigVersionStore.Connect(connection, services.GetRequiredService<TimeProvider>()));
        }
        else
        {
            builder.Services.TryAddSingleton<IConfigVersionStore>(services => new FileConfigVersionStore(
                Path.Combine(data, "edge", "config-versions"), services.GetRequiredService<TimeProvider>(), JournalDisk.Real));
        }

        builder.Services.AddSingleton<ConfigVersionRecorder>();
        builder.Services.AddHostedService(static services => services.GetRequiredService<ConfigVersionRecorder>());
        builder.Services.AddSingleton<ConfigChanger>();
        builder.Services.AddSingleton<ConfigAdmin>();
        builder.Services.AddSingleton<ConfigVersionsAdmin>();
    }

    public static void MapConfigAdmin(this WebApplication app)
    {
        var config = app.Services.GetRequiredService<ConfigAdmin>();
        var versions = app.Services.GetRequiredService<ConfigVersionsAdmin>();
        var policy = new EdgePolicy(EdgeAccess.Admin);
        app.MapGet(ConfigAdmin.Path, (RequestDelegate)config.ShowAsync).WithMetadata(policy);
        app.MapPut(ConfigAdmin.Path, (RequestDelegate)versions.PutAsync).WithMetadata(policy);
        app.MapPost(ConfigAdmin.ValidatePath, (RequestDelegate)config.ValidateAsync).WithMetadata(policy);
        app.MapGet(ConfigVersionsAdmin.Path, (RequestDelegate)versions.ListAsync).WithMetadata(policy);
        app.MapGet(ConfigVersionsAdmin.One, (RequestDelegate)versions.ShowAsync).WithMetadata(policy);
        app.MapGet(ConfigVersionsAdmin.One + "/diff", (RequestDelegate)versions.CompareAsync).WithMetadata(policy);
        app.MapPost(ConfigVersionsAdmin.One + "/restore", (RequestDelegate)versions.RestoreAsync).WithMetadata(policy);
    }
}
