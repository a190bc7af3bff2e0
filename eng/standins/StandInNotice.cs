using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.StandIns;

/// <summary>Says once, when the host starts, that an assembly stands in for a package that the feed does not have.</summary>
/// <remarks>Compiled into each stand-in: a shared assembly would be one more thing that the real packages do not have.</remarks>
internal sealed class StandInNotice(ILoggerFactory loggers) : IHostedService
{
    // One assembly stands for one package (or one family), so the assembly's name is the category of the real one.
    private static readonly string Package = typeof(StandInNotice).Assembly.GetName().Name!;
    private static int _said;

    public static void Register(IServiceCollection services) =>
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, StandInNotice>());

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _said, 1) == 0)
        {
            loggers.CreateLogger(Package).LogInformation("A stand-in takes the place of {Package}, which this package feed does not have.", Package);
        }
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
