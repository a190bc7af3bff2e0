using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Running;

/// <summary>Runs one instance once: waits for what it needs, starts it, reports its states, and stops it when told.</summary>
internal sealed class Supervisor : IDisposable
{
    /// <summary>How long a service may take to finish what it has begun, before it is killed. The services give themselves 70 s; what they do last must fit in too.</summary>
    public static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(90);

    private readonly SupervisorContext _context;
    private readonly OutputFilter _output;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();
    private Child? _child;
    private Task _run = Task.CompletedTask;

    public Supervisor(Instance instance, SupervisorContext context)
    {
        Instance = instance;
        _context = context;
        _output = new OutputFilter(context.ShowAllOutput);
    }

    public Instance Instance { get; }

    public void Start() => _run = Task.Run(RunAsync);

    public async Task StopAsync()
    {
        Child? child;
        lock (_lock)
        {
            _stopping.Cancel();
            child = _child;
        }
        if (child is not null && !_run.IsCompleted)
        {
            await PublishAsync(KnownResourceStates.Stopping).ConfigureAwait(false);
            child.Terminate();
            if (await Task.WhenAny(_run, Task.Delay(DrainTime)).ConfigureAwait(false) != _run)
            {
                HostConsole.Host($"{Instance.Id} did not end within {DrainTime.TotalSeconds:0} s of being asked to; it is killed.");
                child.Kill();
            }
        }
        await _run.ConfigureAwait(false);
    }

    public void Kill()
    {
        lock (_lock)
        {
            _stopping.Cancel();
            _child?.Kill();
        }
    }

    public void Dispose()
    {
        _child?.Dispose();
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            await WaitForDependenciesAsync().ConfigureAwait(false);
            if (!Instance.IsProcess)
            {
                await PublishAsync(KnownResourceStates.Running).ConfigureAwait(false);
                _context.Health.Report(Instance, healthy: true);
                return;
            }
            await PublishAsync(KnownResourceStates.Starting).ConfigureAwait(false);
            var start = await _context.Commands.ForAsync(Instance, _stopping.Token).ConfigureAwait(false);
            lock (_lock)
            {
                _stopping.Token.ThrowIfCancellationRequested();
                _child = Child.Start(start, _context.Guard, OnLine);
            }
            await WatchAsync(_child).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The host stops, and this one never ran.
        }
        catch (Exception trouble)
        {
            HostConsole.Host($"{Instance.Id} could not be started: {trouble.Message}");
            await PublishAsync(KnownResourceStates.FailedToStart).ConfigureAwait(false);
        }
    }

    private async Task WaitForDependenciesAsync()
    {
        var waits = Instance.Resource.Annotations.OfType<WaitAnnotation>().ToList();
        if (waits.Count == 0) { return; }
        await PublishAsync(KnownResourceStates.Waiting).ConfigureAwait(false);
        await Task.WhenAll(waits.Select(wait => wait.UntilHealthy
            ? _context.Notifications.WaitForResourceHealthyAsync(wait.Resource.Name, WaitBehavior.WaitOnResourceUnavailable, _stopping.Token)
            : _context.Notifications.WaitForResourceAsync(wait.Resource.Name, KnownResourceStates.Running, _stopping.Token))).ConfigureAwait(false);
    }

    private async Task WatchAsync(Child child)
    {
        await PublishAsync(KnownResourceStates.Running).ConfigureAwait(false);
        // Once it is told to stop, its health is no news.
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        var health = _context.Health.WatchAsync(Instance, ended.Token);
        var exitCode = await child.ExitedAsync().ConfigureAwait(false);
        await ended.CancelAsync().ConfigureAwait(false);
        await health.ConfigureAwait(false);

        if (!_stopping.IsCancellationRequested) { ExplainEnd(exitCode); }
        await _context.Notifications.PublishUpdateAsync(Instance.Resource, Instance.Id,
            s => s with { State = KnownResourceStates.Finished, ExitCode = exitCode, HealthStatus = null }).ConfigureAwait(false);
    }

    // Like the real host, this one does not start it again: a service that dies has something to say, and it should be read.
    private void ExplainEnd(int exitCode)
    {
        lock (_output)
        {
            if (!_context.ShowAllOutput)
            {
                foreach (var line in _output.Recent) { HostConsole.Write(Instance.Id, line); }
            }
        }
        HostConsole.Host($"{Instance.Id} ended by itself with exit code {exitCode}; what it said last is above. It is not started again.");
    }

    private void OnLine(string line)
    {
        // Two readers: standard output and standard error.
        lock (_output)
        {
            if (_output.Shows(line)) { HostConsole.Write(Instance.Id, line); }
        }
    }

    private Task PublishAsync(string state)
    {
        // Parameters and connection strings have states for those who wait; nobody wants to read them.
        if (Instance.IsProcess) { HostConsole.Host($"{Instance.Id}: {state}"); }
        return _context.Notifications.PublishUpdateAsync(Instance.Resource, Instance.Id, s => s with { State = state });
    }
}

/// <summary>What all supervisors share.</summary>
internal sealed record SupervisorContext(ResourceNotificationService Notifications, HealthMonitor Health, CommandLines Commands, Guard Guard, bool ShowAllOutput);
