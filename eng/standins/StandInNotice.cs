using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.StandIns;

/// <summary>Says once, when the host starts, that an assembly stands in for a package that the feed does not have.</summary>
/// <remarks>Compiled into each stand-in: a shared assembly would be one more thing that the real packages do not have.</remarks>
internal sealed class StandInNotice(ILoggerFactory loggers) : IHostedService
{
    private static string _package = "";
    private static int _said;

    /// <param name="services">Of the host that shall say it.</param>
    /// <param name="package">The missing package, which is also the category of the log line.</param>
    public static void Register(IServiceCollection services, string package)
    {
        _package = package;
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, StandInNotice>());
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _said, 1) == 0)
        {
            loggers.CreateLogger(_package).LogInformation("A stand-in takes the place of {Package}, which this package feed does not have.", _package);
        }
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
