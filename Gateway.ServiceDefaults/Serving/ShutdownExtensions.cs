using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Gateway.ServiceDefaults.Serving;

internal static class ShutdownExtensions
{
    // 5 s for the probes to notice, a minute for streams in flight, 5 s for journals and telemetry.
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
        var grace = builder.Configuration.GetValue("Gateway:ShutdownGrace", builder.Environment.IsDevelopment() ? TimeSpan.Zero : ProbesNotice);
        if (grace > TimeSpan.Zero)
        {
            builder.Services.AddHostedService(services => new ShutdownGrace(
                grace, services.GetRequiredService<IHostApplicationLifetime>(), services.GetRequiredService<TimeProvider>()));
        }
    }
}
