using System.Diagnostics;
using System.Runtime.InteropServices;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Running;

/// <summary>Starts everything in the model, and stops it again: whoever depends on something goes before it.</summary>
internal sealed class Orchestrator(DistributedApplicationBuilder builder, DistributedApplicationOptions options, ResourceNotificationService notifications,
    ChildEnvironment environment) : IHostedService, IDisposable
{
    private static readonly TimeSpan s_sameInterrupt = TimeSpan.FromMilliseconds(500);

    private readonly Guard _guard = new();
    private readonly HealthMonitor _health = new(notifications);
    private readonly List<Supervisor> _supervisors = [];
    private readonly Dashboard _dashboard = new();
    private PosixSignalRegistration? _interrupt;
    private long _firstInterrupt;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        HostConsole.Host("This process stands in for Aspire.Hosting, which the package feed lacks (docs/closed-networks.md).");
        if (builder.Resources.OfType<ContainerResource>().FirstOrDefault() is { } container)
        {
            throw new DistributedApplicationException(
                $"Resource '{container.Name}' is a container, and the stand-in for Aspire.Hosting runs no containers. Give the AppHost an executable or a connection string for it.");
        }
        Ports.Allocate(builder.Resources, builder.Configuration.GetValue("DcpPublisher:RandomizePorts", false));
        if (TestHook.Current is null) { _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnInterrupt); }
        if (!options.DisableDashboard)
        {
            environment.Otlp = await _dashboard.StartAsync(builder, _guard, cancellationToken).ConfigureAwait(false);
        }

        var commands = new CommandLines(environment, builder.AppHostAssembly!);
        var context = new SupervisorContext(notifications, _health, commands, _guard, builder.Configuration["STANDIN_OUTPUT"] == "all");
        var instances = builder.Resources.SelectMany(Instance.Of).ToList();
        HostConsole.Table([.. instances.Where(static i => i.IsProcess)]);
        _supervisors.AddRange(instances.Select(instance => new Supervisor(instance, context)));
        _supervisors.ForEach(static supervisor => supervisor.Start());
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        // Not bound by the token: each step has its own limit, and to leave in the middle would leave processes behind.
        foreach (var layer in _supervisors.GroupBy(s => Depth(s.Instance.Resource)).OrderByDescending(static layer => layer.Key))
        {
            await Task.WhenAll(layer.Select(static supervisor => supervisor.StopAsync())).ConfigureAwait(false);
        }
        await _dashboard.StopAsync().ConfigureAwait(false);
    }

    public void Dispose()
    {
        _interrupt?.Dispose();
        _supervisors.ForEach(static supervisor => supervisor.Dispose());
        _dashboard.Dispose();
        _health.Dispose();
        _guard.Dispose();
    }

    private static int Depth(IResource resource) =>
        resource.Annotations.OfType<WaitAnnotation>().Select(static wait => Depth(wait.Resource) + 1).DefaultIfEmpty(0).Max();

    // The first one stops everything in order (the host's own handler sees to that); whoever presses again means now. Two in
    // the same moment are one: tools that end a process group tell the process and the group.
    private void OnInterrupt(PosixSignalContext signal)
    {
        signal.Cancel = true;
        var first = Interlocked.CompareExchange(ref _firstInterrupt, Stopwatch.GetTimestamp(), 0);
        if (first == 0 || Stopwatch.GetElapsedTime(first) < s_sameInterrupt) { return; }
        HostConsole.Host("Killed.");
        _supervisors.ForEach(static supervisor => supervisor.Kill());
        _dashboard.Kill();
        Environment.Exit(130);
    }
}
