using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Gateway.ServiceDefaults.Serving;

internal static class ShutdownExtensions
{
    private const string GraceSetting = "Gateway:ShutdownGrace";

    // For services that do not set it by server.drain: 5 s for the probes to notice, a minute for requests, 5 s for the rest.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(70);
    private static readonly TimeSpan ProbesNotice = TimeSpan.FromSeconds(5);

    public static void AddShutdownDefaults(this IHostApplicationBuilder builder)
    {
        // The host's own setting of this name is respected.
        if (builder.Configuration["shutdownTimeoutSeconds"] is null)
        {
            builder.Services.Configure<HostOptions>(static options => options.ShutdownTimeout = Limit);
        }

        // Nobody balances load over a developer's machine, and there Ctrl-C should not wait.
        var grace = builder.Configuration.GetValue(GraceSetting, builder.Environment.IsDevelopment() ? TimeSpan.Zero : ProbesNotice);

        // Others count from its end (server.drain), so they must see the default too.
        builder.Configuration[GraceSetting] = grace.ToString();
        if (grace > TimeSpan.Zero)
        {
            builder.Services.AddHostedService(services => new ShutdownGrace(
                grace, services.GetRequiredService<IHostApplicationLifetime>(), services.GetRequiredService<TimeProvider>()));
        }
    }
}
