using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.ServiceDefaults.Startup;

/// <summary>Keeps the host from logging the stack of a failed start: the failure is thrown anyway and reported once, by its kind.</summary>
internal sealed class StartupPhase : IHostedLifecycleService
{
    private volatile bool _started;

    public static void AddTo(IServiceCollection services)
    {
        var phase = new StartupPhase();
        services.AddSingleton<IHostedService>(phase);
        services.Configure<LoggerFilterOptions>(options => options.Rules.Insert(0, new LoggerFilterRule(
            providerName: null, "Microsoft.Extensions.Hosting.Internal.Host", logLevel: null, phase.MayLog)));
    }

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        _started = true;
        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // A background service that dies while the others start is still said: that one is Critical.
    private bool MayLog(string? provider, string? category, LogLevel level) => level >= (_started ? LogLevel.Information : LogLevel.Critical);
}
