using Gateway.Bench.Load;
using Gateway.Bench.Measuring;
using Gateway.Bench.Mock;
using Gateway.Bench.Table;

namespace Gateway.Bench.Selftest;

/// <summary>Whether the bench may be believed: its own arithmetic, its parser, and a few seconds of load against its own mock.</summary>
internal static class SelftestCommand
{
    public static async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var check = new Check();
        FigureChecks.Run(check);
        ParserChecks.Run(check);
        await LoadChecks.RunAsync(check, cancellationToken);
        Console.WriteLine($"{check.Passed} passed, {check.Failed} failed");
        return check.Failed == 0 ? 0 : 1;
    }
}

internal sealed class Check
{
    public int Passed { get; private set; }

    public int Failed { get; private set; }

    public void That(string what, bool holds, object? seen = null)
    {
        Console.WriteLine($"{(holds ? "ok    " : "FAILED")} {what}{(seen is null ? "" : $" ({seen})")}");
        if (holds)
        {
            Passed++;
        }
        else
        {
            Failed++;
        }
    }
}

internal static class FigureChecks
{
    public static void Run(Check check)
    {
        var random = new Random(7);
        var values = Enumerable.Range(0, 100_000).Select(_ => (long)Math.Exp(random.NextDouble() * 20)).ToList();
        var histogram = new Histogram();
        values.ForEach(histogram.Record);
        values.Sort();
        foreach (var percent in new[] { 1, 50, 90, 99, 99.9, 100 })
        {
            var exact = values[(int)Math.Ceiling(values.Count * percent / 100) - 1];
            var seen = histogram.Percentile(percent);
            check.That($"histogram p{percent} is within 1 % of the sorted values", Math.Abs(seen - exact) <= Math.Max(exact * 0.01, 0.5), $"{seen} for {exact}");
        }

        check.That("an empty histogram has percentile 0", new Histogram().Percentile(99) == 0);
        var far = new Histogram();
        far.Record(long.MaxValue);
        far.Record(-5);
        check.That("values out of range are kept at the ends", far.Percentile(1) == 0 && far.Percentile(100) > 1_000_000 * Clock.Millisecond, far.Percentile(100));
        check.That("the median of 4, 1, 3, 2 is 2.5", Summary.MedianOf([4, 1, null, 3, 2]) == 2.5);

        // Each figure is compared with its own round: the second round was slow for both.
        var summary = new Summary([Record("direct", 1, 10), Record("gateway", 1, 30), Record("direct", 2, 100), Record("gateway", 2, 140), Record("nginx-2hop", 1, 15), Record("nginx-2hop", 2, 70)]);
        check.That("added is the median of (30 - 10, 140 - 100)", summary.Added("gateway", "open500", static r => r.LatencyP50) == 30);
        check.That("ratio is the median of (30 / 15, 140 / 70)", summary.Ratio("gateway", "open500", static r => r.LatencyP50) == 2);

        check.That("ratio to another target is the median of (30 / 10, 140 / 100)", Math.Abs(summary.Ratio("gateway", "open500", static r => r.LatencyP50, "direct")!.Value - 2.2) < 1e-9);

        static RunRecord Record(string target, int round, double p50) => new()
        {
            Target = target,
            Measure = "open500",
            Round = round,
            LatencyP50 = p50,
            PartsCpuPerRequest = new Dictionary<string, double>(),
            BesideCpuPerRequest = new Dictionary<string, double>(),
            Errors = new Dictionary<string, long>(),
        };
    }
}

internal static class LoadChecks
{
    private static readonly TimeSpan _second = TimeSpan.FromSeconds(1);

    public static async Task RunAsync(Check check, CancellationToken cancellationToken)
    {
        using var mock = new MockServer(0);
        var end = false;
        var thread = new Thread(() => mock.Run(() => !Volatile.Read(ref end))) { IsBackground = true };
        thread.Start();
        await AnthropicChecks.RunAsync(check, mock.Port, cancellationToken);
        var template = new LoadPlan { Port = mock.Port, Duration = _second };

        var closed = await BothEndsAsync("closed loop, 64 connections", template with { Duration = 2 * _second });
        check.That("closed loop keeps busy", closed.PerSecond > 5000, $"{closed.PerSecond:F0}/s");
        var open = await BothEndsAsync("open loop, 500/s", template with { RatePerSecond = 500, Duration = 2 * _second });
        check.That("500/s Poisson arrivals over 2 s are 1,000 within 4 deviations", Math.Abs(open.Issued - 1000) < 4 * Math.Sqrt(1000), open.Issued);
        var again = await BothEndsAsync("the same seed", template with { RatePerSecond = 500, Duration = 2 * _second });
        check.That("the same seed makes the same arrivals", again.Issued == open.Issued, again.Issued);
        await BothEndsAsync("burst streams", template with { Stream = true, Connections = 16 });
        var paced = await BothEndsAsync("paced streams", template with { Stream = true, Tokens = 16, Gap = TimeSpan.FromMilliseconds(20), RatePerSecond = 50 });
        check.That("15 gaps of 20 ms and the end's gap make 320 ms", paced.Latency.Percentile(50) is > 319 * Clock.Millisecond and < 400 * Clock.Millisecond, $"{paced.Latency.Microseconds(50):F0} µs");
        var bounded = await LoadGenerator.RunAsync(template with { MaxRequests = 10, Connections = 3 }, cancellationToken);
        check.That("no more requests than allowed", bounded.Issued == 10 && bounded.Completed == 10, bounded.Issued);
        var slow = await LoadGenerator.RunAsync(template with { Stream = true, Gap = TimeSpan.FromSeconds(1), Connections = 2, Drain = TimeSpan.FromMilliseconds(100) }, cancellationToken);
        check.That("answers that never end are errors, and the run ends", slow.Errors.GetValueOrDefault("unanswered") == 2 && slow.Completed == 0);

        var lost = new LoadResult { Completed = 9, IdSum = 45 };
        Runner.CheckBothEnds(lost, new MockStats { Answers = 10, IdSum = 55 });
        check.That("a lost answer is an error", lost.ErrorCount == 1);
        var repeated = new LoadResult { Completed = 10, IdSum = 54 };
        Runner.CheckBothEnds(repeated, new MockStats { Answers = 10, IdSum = 55 });
        check.That("an answer in the place of another is an error", repeated.ErrorCount == 1);

        Volatile.Write(ref end, true);
        thread.Join();

        async Task<LoadResult> BothEndsAsync(string name, LoadPlan plan)
        {
            var before = mock.Stats with { };
            var load = await LoadGenerator.RunAsync(plan, cancellationToken);
            Runner.CheckBothEnds(load, (mock.Stats with { }).Since(before));
            check.That($"{name}: both ends agree", load.ErrorCount == 0 && load.Completed > 0, $"{load.Completed} answers, {load.Tokens} tokens{string.Concat(load.Errors)}");
            return load;
        }
    }
}
