using System.Text.Json;
using Gateway.Bench.Load;
using Gateway.Bench.Measuring;
using Gateway.Bench.Mock;
using Gateway.Bench.Processes;
using Gateway.Bench.Targets;

namespace Gateway.Bench.Table;

/// <summary>Runs single measures: waits for quiet, reads the counters before and after, compares both ends.</summary>
internal sealed class Runner(ChildProcess mock, int mockPort, Settings settings)
{
    private const int FewestWarmUpPasses = 5;
    private const int MostWarmUpPasses = 14;
    private const int MostQuickWarmUpPasses = 8;

    private static readonly TimeSpan _quietSpan = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(15);

    public async Task<RunRecord> RunAsync(Target target, Measure measure, int round, CancellationToken cancellationToken)
    {
        await SettleAsync(target, cancellationToken);
        var plan = target.Aim(measure.Plan(settings)) with { Seed = settings.Seed + round };
        var statsBefore = await StatsAsync(cancellationToken);
        var before = CpuReading.Of(target, mock);
        var memory = ProcessFigures.MemoryKiB(before.CountedPids);
        var generator = new LoadGenerator(plan);
        var running = generator.RunAsync(cancellationToken);
        var (at, open) = measure.Name == Measure.Idle
            ? await WatchOpenStreamsAsync(generator, running, before.CountedPids, cancellationToken)
            : default;
        var load = await running;

        // What the target puts off (journal, settlement) belongs to the requests that caused it.
        await Task.Delay(100, cancellationToken);
        var after = CpuReading.Of(target, mock);
        CheckBothEnds(load, (await StatsAsync(cancellationToken)).Since(statsBefore));
        if (measure.Name == Measure.Idle && open < settings.IdleStreams)
        {
            load.AddError("streams not open at once", settings.IdleStreams - open);
        }

        var (rss, pss) = open > 0 ? at : ProcessFigures.MemoryKiB(before.CountedPids);
        return RunRecord.From(target.Name, measure.Name, round, load, after.Counted(before)) with
        {
            PartsCpuPerRequest = target.Counted.ToDictionary(
                static process => process.Name, process => RunRecord.Per(after.Part(before, process.Name), load.Completed)),
            BesideCpuPerRequest = target.Beside.ToDictionary(
                static process => process.Name, process => RunRecord.Per(after.Beside(before, process.Name), load.Completed)),
            GeneratorCpuPerRequest = RunRecord.Per(load.CpuNanoseconds, load.Completed),
            MockCpuPerRequest = RunRecord.Per(after.Mock(before), load.Completed),
            OthersCpuPercent = after.OthersPercent(before, load.CpuNanoseconds),
            RssKiB = rss,
            PssKiB = pss,
            RssBeforeKiB = open > 0 ? memory.Rss : null,
            OpenStreams = open > 0 ? open : null,
        };
    }

    /// <summary>
    /// Makes the target ready to be measured; throws when a request fails. The JIT compiler works in the background while its code runs, so passes
    /// are repeated until two in a row are no cheaper than those before.
    /// </summary>
    public async Task WarmUpAsync(Target target, CancellationToken cancellationToken)
    {
        await Http.FirstRequestAsync(target.Aim(new LoadPlan { Port = 0, Duration = TimeSpan.Zero }), _patience, cancellationToken);
        var most = settings.Quick ? MostQuickWarmUpPasses : MostWarmUpPasses;
        var (cheapest, steady) = (double.MaxValue, 0);
        for (var pass = 1; pass <= most && steady < 2; pass++)
        {
            var before = CpuReading.Of(target, mock);
            long answers = 0;
            foreach (var plan in Measure.WarmUp)
            {
                var load = await LoadGenerator.RunAsync(target.Aim(plan), cancellationToken);
                answers += load.Completed;
                if (load.ErrorCount > 0)
                {
                    throw new BenchException($"the warm-up had errors: {string.Join(", ", load.Errors.Select(static e => $"{e.Key} {e.Value}"))}");
                }
            }

            if (!target.Compiles)
            {
                return;
            }

            await Task.Delay(200, cancellationToken);
            var cost = RunRecord.Per(CpuReading.Of(target, mock).Counted(before), answers);
            if (pass < FewestWarmUpPasses)
            {
                continue;    // the first passes get dearer before they get cheaper: the compiler's own work is in them
            }

            steady = cost >= cheapest * 0.95 ? steady + 1 : 0;
            cheapest = Math.Min(cheapest, cost);
        }
    }

    public async Task<MockStats> StatsAsync(CancellationToken cancellationToken) =>
        JsonSerializer.Deserialize<MockStats>(await Http.GetAsync(mockPort, "/stats", cancellationToken))!;

    /// <summary>Every answer that the mock wrote arrived once, and nothing else did.</summary>
    public static void CheckBothEnds(LoadResult load, MockStats stats)
    {
        if (stats.Answers != load.Completed || stats.IdSum != load.IdSum || stats.Tokens != load.Tokens)
        {
            load.AddError("both ends differ", Math.Max(1, Math.Abs(stats.Answers - load.Completed)));
        }

        if (stats.Malformed > 0)
        {
            load.AddError("malformed upstream request", stats.Malformed);
        }
    }

    // Work left over from the last run (shipping usage, compiling) would be charged to this one. Bounded: a busy target is measured as it is.
    private static async Task SettleAsync(Target target, CancellationToken cancellationToken)
    {
        var pids = target.Counted.Concat(target.Beside).SelectMany(static process => process.Tree).ToList();
        for (var look = 0; look < 25; look++)
        {
            var before = ProcessFigures.CpuByThread(pids);
            await Task.Delay(_quietSpan, cancellationToken);
            if (ProcessFigures.CpuBetween(before, ProcessFigures.CpuByThread(pids)) < _quietSpan.TotalNanoseconds * 0.05)
            {
                return;
            }
        }
    }

    private async Task<((long Rss, long Pss) Memory, int Open)> WatchOpenStreamsAsync(
        LoadGenerator generator, Task running, IReadOnlyList<int> pids, CancellationToken cancellationToken)
    {
        while (generator.OpenStreams < settings.IdleStreams && !running.IsCompleted)
        {
            await Task.Delay(50, cancellationToken);
        }

        // Two more tokens each: by now a target has let go of the buffers it does not need while it waits.
        await Task.Delay(TimeSpan.FromSeconds(2), cancellationToken);
        return (ProcessFigures.MemoryKiB(pids), generator.OpenStreams);
    }
}
