using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Bench.Load;
using Gateway.Bench.Processes;
using Gateway.Bench.Targets;

namespace Gateway.Bench.Table;

/// <summary>Everything: starts the mock and the targets, runs the interleaved rounds, prints and stores the tables, ends all it started.</summary>
internal sealed class TableCommand(Settings settings)
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly List<RunRecord> _records = [];
    private readonly List<string> _notes = [];
    private readonly Stopwatch _time = Stopwatch.StartNew();

    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var artifacts = Directory.CreateDirectory(Path.Combine(DotNet.Root, "artifacts")).FullName;
        var folder = Directory.CreateTempSubdirectory("gateway-bench-").FullName;
        var targets = new List<Target>();
        foreach (var name in settings.Targets)
        {
            targets.Add(Create(name, targets));
        }

        var mockPort = Ports.Free(1)[0];
        try
        {
            await BuildAsync(folder, cancellationToken);
            await using var mock = MockProcess.Start(mockPort, folder);
            await Ports.WaitAsync(mock, mockPort, cancellationToken);
            var runner = new Runner(mock, mockPort, settings);
            try
            {
                await StartAsync(targets, runner, mockPort, folder, cancellationToken);
                await RoundsAsync(targets, runner, cancellationToken);
                await IdleAsync(targets, runner, mockPort, folder, cancellationToken);
            }
            finally
            {
                foreach (var target in targets)
                {
                    await target.DisposeAsync();
                }
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        var machine = await MachineAsync();
        var report = new Report(new Summary(_records), settings, _notes).Write(machine);
        Console.WriteLine();
        Console.WriteLine(report);
        await File.WriteAllTextAsync(Path.Combine(artifacts, "bench.md"), report, CancellationToken.None);
        await File.WriteAllTextAsync(Path.Combine(artifacts, "bench.json"), JsonSerializer.Serialize(new { machine, settings, notes = _notes, runs = _records }, _json), CancellationToken.None);
        Console.WriteLine($"Every run stands in artifacts/bench.json, this text in artifacts/bench.md. Took {_time.Elapsed:m\\:ss}.");
        return _notes.Count == 0 && _records.TrueForAll(static record => record.ErrorCount == 0) ? 0 : 1;
    }

    private Target Create(string name, List<Target> before) => name switch
    {
        "direct" => new DirectTarget(),
        "nginx-2hop" => new NginxTarget(),
        "chain-2hop" => new ChainTarget(),
        GatewayTarget.Unbalanced => before.OfType<GatewayTarget>().FirstOrDefault(static target => target.Name == GatewayTarget.Balanced)?.WithOneDeployment()
            ?? throw new BenchException($"{GatewayTarget.Unbalanced} are the processes of {GatewayTarget.Balanced}: name that before it."),
        _ => new GatewayTarget(name, settings.Redis, new(settings.GatewayEnvironment)),
    };

    private async Task BuildAsync(string folder, CancellationToken cancellationToken)
    {
        if (!settings.Build)
        {
            return;
        }

        IEnumerable<string> projects = [
            .. settings.Targets.Contains("chain-2hop") ? ["bench/Gateway.Bench.Chain"] : Array.Empty<string>(),
            .. settings.Targets.Any(GatewayTarget.Names.Contains) ? GatewayTarget.Projects : []];
        foreach (var project in projects)
        {
            Say($"building {project}");
            await DotNet.BuildAsync(project, folder, cancellationToken);
        }
    }

    // A target that does not start is left out and said so; the others still tell something.
    private async Task StartAsync(List<Target> targets, Runner runner, int mockPort, string folder, CancellationToken cancellationToken)
    {
        foreach (var target in targets.ToList())
        {
            if (!await TryStartAsync(target, runner, mockPort, folder, cancellationToken))
            {
                targets.Remove(target);
            }
        }
    }

    // The exit code tells: a table with a row missing must not pass for a whole one.
    private async Task<bool> TryStartAsync(Target target, Runner runner, int mockPort, string folder, CancellationToken cancellationToken)
    {
        Say($"starting {target.Name}");
        try
        {
            await target.StartAsync(mockPort, folder, cancellationToken);
            await runner.WarmUpAsync(target, cancellationToken);
            return true;
        }
        catch (BenchException e)
        {
            _notes.Add($"**{target.Name} is skipped**: {e.Message}");
            Say($"{target.Name} is skipped: {e.Message}");
            await target.DisposeAsync();
            return false;
        }
    }

    private async Task RoundsAsync(List<Target> targets, Runner runner, CancellationToken cancellationToken)
    {
        var measures = Measure.Repeated.Where(measure => settings.Measures.Contains(measure.Name)).ToList();
        for (var round = 1; round <= settings.Rounds && measures.Count > 0; round++)
        {
            foreach (var measure in measures)
            {
                // Every second round backwards: what grows dearer or cheaper with time does so for no target more than for another.
                foreach (var target in Turned(targets, round).Where(target => settings.Measured(target.Name, measure.Name)))
                {
                    await MeasureAsync(runner, target, measure, round, cancellationToken);
                }
            }
        }
    }

    private static IEnumerable<Target> Turned(List<Target> targets, int round) => round % 2 == 1 ? targets : Enumerable.Reverse(targets);

    private async Task IdleAsync(List<Target> targets, Runner runner, int mockPort, string folder, CancellationToken cancellationToken)
    {
        foreach (var target in targets.Where(target => target is not SameProcessesTarget && settings.Measured(target.Name, Measure.Idle)))
        {
            await target.DisposeAsync();
            if (await TryStartAsync(target, runner, mockPort, folder, cancellationToken))
            {
                await MeasureAsync(runner, target, Measure.OpenStreams, round: 1, cancellationToken);
            }
        }
    }

    private async Task MeasureAsync(Runner runner, Target target, Measure measure, int round, CancellationToken cancellationToken)
    {
        try
        {
            var record = await runner.RunAsync(target, measure, round, cancellationToken);
            _records.Add(record);
            Say($"round {round}: {measure.Name} {target.Name}: {record.PerSecond:N0}/s, CPU {record.CpuPerToken ?? record.CpuPerRequest:N1} µs, p50 {record.FirstTokenP50 ?? record.LatencyP50:N0} p99 {record.FirstTokenP99 ?? record.LatencyP99:N0} µs"
                + (record.ErrorCount == 0 ? "" : $", ERRORS: {string.Join(", ", record.Errors.Select(static e => $"{e.Key} {e.Value}"))}"));
        }
        catch (SocketException e)
        {
            var refused = new LoadResult();
            refused.AddError($"no connection: {e.SocketErrorCode}");
            _records.Add(RunRecord.From(target.Name, measure.Name, round, refused, cpu: 0));
            Say($"round {round}: {measure.Name} {target.Name}: no connection");
        }
    }

    private async Task<string> MachineAsync()
    {
        var nginx = Tools.Find("nginx") is { } program ? await DotNet.VersionAsync(program, "-v") : "no nginx";
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1024.0 * 1024 * 1024);
        return string.Create(CultureInfo.InvariantCulture,
            $"{DateTime.UtcNow:yyyy-MM-dd HH:mm} UTC, {Environment.ProcessorCount} CPUs, {memory:F0} GiB, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}, {nginx}. {settings.Rounds} interleaved rounds{(settings.Quick ? " (quick: short runs, a smoke test)" : "")}, medians; \"added\" is the target less direct in the same round.");
    }

    private void Say(string text) => Console.Error.WriteLine($"[{_time.Elapsed:mm\\:ss}] {text}");
}
