using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Knows the state of every resource and tells who asks. Thread-safe.</summary>
public class ResourceNotificationService
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ResourceEvent> _latest = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<Channel<ResourceEvent>> _watchers = [];
    private readonly CancellationToken _stopping;
    private readonly WaitBehavior _defaultWait;

    public ResourceNotificationService(IHostApplicationLifetime hostApplicationLifetime, DistributedApplicationOptions options)
    {
        _stopping = hostApplicationLifetime.ApplicationStopping;
        // Somebody in front of a dashboard can start a failed resource again; a test cannot, so it must not wait for it.
        _defaultWait = options.DisableDashboard ? WaitBehavior.StopOnResourceUnavailable : WaitBehavior.WaitOnResourceUnavailable;
    }

    public Task PublishUpdateAsync(IResource resource, Func<CustomResourceSnapshot, CustomResourceSnapshot> stateFactory) =>
        PublishUpdateAsync(resource, resource.Name, stateFactory);

    public Task PublishUpdateAsync(IResource resource, string resourceId, Func<CustomResourceSnapshot, CustomResourceSnapshot> stateFactory)
    {
        lock (_lock)
        {
            var before = _latest.TryGetValue(resourceId, out var latest) ? latest.Snapshot : new CustomResourceSnapshot { ResourceType = resource.GetType().Name };
            var next = new ResourceEvent(resource, resourceId, stateFactory(before));
            _latest[resourceId] = next;
            foreach (var watcher in _watchers) { watcher.Writer.TryWrite(next); }
        }
        return Task.CompletedTask;
    }

    public bool TryGetCurrentState(string resourceId, out ResourceEvent? resourceEvent)
    {
        lock (_lock) { return _latest.TryGetValue(resourceId, out resourceEvent); }
    }

    public Task WaitForResourceAsync(string resourceName, string? targetState = null, CancellationToken cancellationToken = default) =>
        WaitForResourceAsync(resourceName, e => e.Snapshot.State?.Text == (targetState ?? KnownResourceStates.Running), cancellationToken);

    public async Task<string> WaitForResourceAsync(string resourceName, IEnumerable<string> targetStates, CancellationToken cancellationToken = default)
    {
        var wanted = targetStates.ToHashSet(StringComparer.OrdinalIgnoreCase);
        var found = await WaitForResourceAsync(resourceName, e => wanted.Contains(e.Snapshot.State?.Text ?? ""), cancellationToken).ConfigureAwait(false);
        return found.Snapshot.State!.Text;
    }

    public async Task<ResourceEvent> WaitForResourceAsync(string resourceName, Func<ResourceEvent, bool> predicate, CancellationToken cancellationToken = default)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping);
        await foreach (var change in WatchAsync(either.Token).ConfigureAwait(false))
        {
            if (string.Equals(change.Resource.Name, resourceName, StringComparison.OrdinalIgnoreCase) && predicate(change)) { return change; }
        }
        throw new OperationCanceledException($"The operation was cancelled before the resource met the predicate condition: '{resourceName}'", either.Token);
    }

    public Task<ResourceEvent> WaitForResourceHealthyAsync(string resourceName, CancellationToken cancellationToken = default) =>
        WaitForResourceHealthyAsync(resourceName, _defaultWait, cancellationToken);

    public async Task<ResourceEvent> WaitForResourceHealthyAsync(string resourceName, WaitBehavior waitBehavior, CancellationToken cancellationToken = default)
    {
        var change = await WaitForResourceAsync(
            resourceName,
            e => e.Snapshot.HealthStatus == HealthStatus.Healthy || (waitBehavior == WaitBehavior.StopOnResourceUnavailable && IsOver(e)),
            cancellationToken).ConfigureAwait(false);
        return change.Snapshot.HealthStatus == HealthStatus.Healthy
            ? change
            : throw new DistributedApplicationException($"Stopped waiting for resource '{resourceName}' to become healthy because it failed to start.");
    }

    public async IAsyncEnumerable<ResourceEvent> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var changes = Channel.CreateUnbounded<ResourceEvent>();
        lock (_lock)
        {
            foreach (var latest in _latest.Values) { changes.Writer.TryWrite(latest); }
            _watchers.Add(changes);
        }
        try
        {
            await foreach (var change in changes.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false)) { yield return change; }
        }
        finally
        {
            lock (_lock) { _watchers.Remove(changes); }
        }
    }

    private static bool IsOver(ResourceEvent e) => KnownResourceStates.TerminalStates.Contains(e.Snapshot.State?.Text ?? "");
}
