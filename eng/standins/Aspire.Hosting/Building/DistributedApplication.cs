using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Publishing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

/// <summary>Stands in for the real one: runs the resources as child processes, or writes the manifest.</summary>
public class DistributedApplication : IHost, IAsyncDisposable
{
    private readonly IHost _host;
    private readonly TestHook? _hook;

    internal DistributedApplication(IHost host, TestHook? hook)
    {
        _host = host;
        _hook = hook;
    }

    public IServiceProvider Services => _host.Services;

    public ResourceNotificationService ResourceNotifications => Services.GetRequiredService<ResourceNotificationService>();

    public static IDistributedApplicationBuilder CreateBuilder() => CreateBuilder([]);

    public static IDistributedApplicationBuilder CreateBuilder(string[] args) => CreateBuilder(new DistributedApplicationOptions { Args = args });

    public static IDistributedApplicationBuilder CreateBuilder(DistributedApplicationOptions options) => new DistributedApplicationBuilder(options);

    public virtual Task StartAsync(CancellationToken cancellationToken = default) => _host.StartAsync(cancellationToken);

    public virtual Task StopAsync(CancellationToken cancellationToken = default) => _host.StopAsync(cancellationToken);

    public void Run() => RunAsync().GetAwaiter().GetResult();

    public virtual async Task RunAsync(CancellationToken cancellationToken = default)
    {
        if (Services.GetService<ManifestWriter>() is { } manifest)
        {
            await manifest.WriteAsync(cancellationToken).ConfigureAwait(false);
            return;
        }
        if (_hook is not null)
        {
            // Under test the entry point only describes the application; the test starts and stops it.
            await _hook.Disposed.WaitAsync(cancellationToken).ConfigureAwait(false);
            return;
        }
        await HostingAbstractionsHostExtensions.RunAsync(_host, cancellationToken).ConfigureAwait(false);
    }

    public virtual void Dispose()
    {
        _hook?.Dispose();
        _host.Dispose();
        GC.SuppressFinalize(this);
    }

    public virtual async ValueTask DisposeAsync()
    {
        await _host.StopAsync().ConfigureAwait(false);
        _hook?.Dispose();
        await ((IAsyncDisposable)_host).DisposeAsync().ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }
}
