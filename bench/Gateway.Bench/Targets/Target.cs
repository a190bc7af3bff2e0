using Gateway.Bench.Load;
using Gateway.Bench.Processes;

namespace Gateway.Bench.Targets;

/// <summary>Where the load goes: nothing, a proxy chain or the gateway, in front of the same mock.</summary>
internal abstract class Target(string name) : IAsyncDisposable
{
    private readonly List<ChildProcess> _counted = [];
    private readonly List<ChildProcess> _beside = [];

    public string Name { get; } = name;

    /// <summary>Where the generator sends. Set by the start.</summary>
    public int Port { get; protected set; }

    public string Model { get; protected init; } = "bench-model";

    public string Key { get; protected init; } = "bench-key";

    /// <summary>The processes whose CPU and memory are the target's figures.</summary>
    public virtual IReadOnlyList<ChildProcess> Counted => _counted;

    /// <summary>Processes that serve the counted ones; reported apart.</summary>
    public virtual IReadOnlyList<ChildProcess> Beside => _beside;

    /// <summary>Whether its code is compiled while it runs, so that it must be warm before it is measured.</summary>
    public bool Compiles { get; protected init; }

    /// <summary>The plan with this target as its aim.</summary>
    public LoadPlan Aim(LoadPlan plan) => plan with { Port = Port, Key = Key, Model = Model };

    public abstract Task StartAsync(int mockPort, string folder, CancellationToken cancellationToken);

    public async ValueTask DisposeAsync()
    {
        // First who takes requests, then who serves those: nobody loses its partner while it finishes.
        await Task.WhenAll(_counted.Select(static process => process.DisposeAsync().AsTask()));
        await Task.WhenAll(_beside.Select(static process => process.DisposeAsync().AsTask()));
        _counted.Clear();
        _beside.Clear();
    }

    protected ChildProcess Count(ChildProcess process)
    {
        _counted.Add(process);
        return process;
    }

    protected ChildProcess Serve(ChildProcess process)
    {
        _beside.Add(process);
        return process;
    }
}

internal sealed class DirectTarget() : Target("direct")
{
    public override Task StartAsync(int mockPort, string folder, CancellationToken cancellationToken)
    {
        Port = mockPort;
        return Task.CompletedTask;
    }
}
