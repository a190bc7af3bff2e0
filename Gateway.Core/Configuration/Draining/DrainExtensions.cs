using Gateway.Core.Configuration.Draining;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Gateway.Core.Configuration;

public static class DrainExtensions
{
    /// <summary>Ends the service by <c>server.drain</c>: see <see cref="Drain"/>. Needs the service defaults and the gateway's configuration.</summary>
    public static TBuilder AddDrain<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        var grace = builder.Configuration.GetValue(Drain.GraceSetting, TimeSpan.Zero);
        builder.Services.AddSingleton(services => new Drain(
            grace, services.GetRequiredService<IConfigStore>(), services.GetRequiredService<IHostApplicationLifetime>(), services.GetRequiredService<TimeProvider>()));
        if (builder.Configuration["shutdownTimeoutSeconds"] is null)
        {
            // The host reads the value when it stops, so it follows the document.
            builder.Services.AddOptions<HostOptions>().PostConfigure<IConfigStore>((options, store) =>
                store.OnChange(config => options.ShutdownTimeout = grace + config.Config.Server.Drain + Drain.UntilEnd));
        }

        var server = builder.Services.Last(static service => service.ServiceType == typeof(IServer));
        builder.Services.Remove(server);
        builder.Services.AddSingleton(server.ImplementationType!);
        builder.Services.AddSingleton<IServer>(services => new DrainingServer(
            (IServer)services.GetRequiredService(server.ImplementationType!), services.GetRequiredService<Drain>()));
        return builder;
    }
}
