using Microsoft.Extensions.Hosting;

namespace Gateway.ServiceDefaults.Serving;

/// <summary>Between the signal to stop and the closing of the listeners: /ready already says no, requests are still served.</summary>
/// <remarks>
/// The host calls this before it stops any service, the server included. Being told to stop cancels no request; whatever is in
/// flight may run until the host's shutdown timeout.
/// </remarks>
internal sealed class ShutdownGrace(TimeSpan grace, IHostApplicationLifetime lifetime, TimeProvider time) : IHostedLifecycleService
{
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        // A signal has raised ApplicationStopping by now; the host's own StopAsync raises it only after this method.
        lifetime.StopApplication();
        await Task.Delay(grace, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
