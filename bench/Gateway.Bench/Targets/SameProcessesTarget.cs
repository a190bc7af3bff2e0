namespace Gateway.Bench.Targets;

/// <summary>The processes of another target, asked for another model: what differs is what the gateway does for that model, and not how this or that process was compiled and laid out.</summary>
internal sealed class SameProcessesTarget : Target
{
    private readonly Target _of;

    /// <param name="of">Started before, ended after this one.</param>
    public SameProcessesTarget(string name, string model, Target of)
        : base(name)
    {
        _of = of;
        Model = model;
        Key = of.Key;
        Compiles = of.Compiles;
    }

    public override IReadOnlyList<Processes.ChildProcess> Counted => _of.Counted;

    public override IReadOnlyList<Processes.ChildProcess> Beside => _of.Beside;

    public override Task StartAsync(int mockPort, string folder, CancellationToken cancellationToken)
    {
        Port = _of.Counted.Count > 0 ? _of.Port : throw new BenchException($"{_of.Name} did not start.");
        return Task.CompletedTask;
    }
}
