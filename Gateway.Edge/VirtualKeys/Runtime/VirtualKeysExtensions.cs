using Gateway.Core.Journal;
using Gateway.Edge.VirtualKeys;
using Gateway.Edge.VirtualKeys.Runtime;
using Gateway.Edge.VirtualKeys.Store;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.Hosting;

internal static class VirtualKeysExtensions
{
    /// <summary>How keys are recognised, and those made at run time: in PostgreSQL where it is configured, else in a file of the data folder.</summary>
    /// <exception cref="KeyConfigurationException">The pepper or the connection string cannot be used.</exception>
    public static IHostApplicationBuilder AddVirtualKeys(this IHostApplicationBuilder builder)
    {
        // Made here: what is wrong with it is told before anything starts.
        builder.Services.AddSingleton(new KeyPepper(builder.Configuration[KeyPepper.Variable]));
        var data = builder.Configuration["GATEWAY_DATA"] is { Length: > 0 } folder ? folder : ".data";
        if (builder.Configuration.GetConnectionString(PostgresKeyStore.ConnectionName) is { Length: > 0 } connection)
        {
            builder.Services.TryAddSingleton<IKeyStore>(services => PostgresKeyStore.Connect(connection, services.GetRequiredService<TimeProvider>()));
        }
        else
        {
            builder.Services.TryAddSingleton<IKeyStore>(services => new FileKeyStore(Path.Combine(data, "edge"), services.GetRequiredService<TimeProvider>(), JournalDisk.Real));
        }

        builder.Services.AddSingleton<SecretDigests>();
        builder.Services.AddSingleton<RuntimeKeys>();
        builder.Services.AddSingleton<KeyNotices>();
        builder.Services.AddHostedService<RuntimeKeysRefresher>();
        builder.Services.AddHealthChecks().AddCheck<KeyStoreHealthCheck>(KeyStoreHealthCheck.Name);
        return builder;
    }
}
