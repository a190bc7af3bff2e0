using Gateway.StandIns;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Microsoft.Extensions.DependencyInjection;

public static class OpenTelemetryServicesExtensions
{
    public static OpenTelemetryBuilder AddOpenTelemetry(this IServiceCollection services)
    {
        if (!services.Any(static service => service.ImplementationType == typeof(TelemetryHostedService)))
        {
            // First, so that what other hosted services do at start is already seen.
            services.Insert(0, ServiceDescriptor.Singleton<IHostedService, TelemetryHostedService>());
            StandInNotice.Register(services, "OpenTelemetry.Extensions.Hosting");
        }
        return new(services);
    }

    /// <summary>Builds the providers, which listen from then on until the container disposes them.</summary>
    private sealed class TelemetryHostedService(IServiceProvider services) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            _ = services.GetService<MeterProvider>();
            _ = services.GetService<TracerProvider>();
            _ = services.GetService<LoggerProvider>();
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
