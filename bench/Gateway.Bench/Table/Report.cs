using System.Text;
using Gateway.Bench.Targets;
using static Gateway.Bench.Table.MarkdownTable;

namespace Gateway.Bench.Table;

/// <summary>The tables as docs and people read them.</summary>
internal sealed class Report(Summary summary, Settings settings, IReadOnlyList<string> notes)
{
    private const string Direct = "direct";

    private static readonly string[] _plain = [Measure.Closed, Measure.Open500, Measure.Open1000];
    private static readonly string[] _streamed = [Measure.Paced, Measure.Burst, Measure.Idle];

    public string Write(string machine)
    {
        var text = new StringBuilder();
        text.Append("# Bench\n\n").Append(machine).Append("\n\n").Append(summary.Disturbance()).Append('\n');
        foreach (var note in notes)
        {
            text.Append("\n- ").Append(note).Append('\n');
        }

        text.Append("\n## Plain answers\n\n").Append(Plain()).Append(Balancing());
        text.Append("\n## Streams\n\n").Append(Streams()).Append(Translation());
        text.Append("\n## Who worked how much, CPU µs per request; paced and burst per stream of 64 tokens\n\n").Append(Processes());
        text.Append("\n## Goals for the gateway\n\n").Append(Goals.Table(summary, settings.IdleStreams));
        text.Append("\nGoals were set on one kind of machine; elsewhere the ratios to nginx-2hop are what counts.\n");
        return text.ToString();
    }

    private string Plain()
    {
        var table = new MarkdownTable("target", "closed 64: req/s", "CPU µs/req", "vs nginx-2hop",
            "added p50/p99 µs @500", "CPU µs @500", "added p50/p99 µs @1000", "CPU µs @1000", "RSS MiB (PSS)", "errors");
        foreach (var target in Measured(_plain))
        {
            var memory = summary.AfterLoad(target);
            table.Add(target,
                Number(summary.Median(target, Measure.Closed, static r => r.PerSecond)),
                Number(summary.Median(target, Measure.Closed, static r => r.CpuPerRequest), 1),
                target == Direct ? "-" : Number(summary.Ratio(target, Measure.Closed, static r => r.CpuPerRequest), 2),
                Latency(target, Measure.Open500),
                Number(summary.Median(target, Measure.Open500, static r => r.CpuPerRequest), 1),
                Latency(target, Measure.Open1000),
                Number(summary.Median(target, Measure.Open1000, static r => r.CpuPerRequest), 1),
                $"{Number(memory?.RssKiB / 1024.0)} ({Number(memory?.PssKiB / 1024.0)})",
                Number(summary.Errors(target, _plain)));
        }

        return table.ToString();
    }

    // What balancing, and what limits add, within the rounds of one sitting: the same gateway, the same mock.
    private string Balancing() =>
        Adds("balancing", GatewayTarget.Balanced, GatewayTarget.Router, "over one deployment, in the same processes", GatewayTarget.Unbalanced)
        + Adds("limits and budgets", GatewayTarget.Limited, GatewayTarget.Edge, "over a key with one limit of requests", GatewayTarget.PassingThrough);

    private string Adds(string what, string target, string process, string over, string reference)
    {
        var (closed, open) = (Over(Measure.Closed), Over(Measure.Open1000));
        return closed is null && open is null ? "" : $"\n{what}: {closed ?? "-"} µs CPU per request {over} (closed), {open ?? "-"} (1,000 req/s)\n";

        string? Over(string measure) =>
            summary.Over(target, measure, static r => r.CpuPerRequest, reference) is { } both
                ? $"{Signed(both)} ({Signed(summary.Over(target, measure, r => r.PartsCpuPerRequest.TryGetValue(process, out var own) ? own : null, reference))} in {process})"
                : null;
    }

    private string Streams()
    {
        var table = new MarkdownTable("target", "added TTFT p50/p99 µs", "added token transit p50/p99 µs", "CPU µs/token paced", "vs nginx-2hop",
            "burst: streams/s", "burst CPU µs/token", $"{Number(settings.IdleStreams)} open streams: KiB each", "RSS MiB before → at", "CPU µs/token", "errors");
        foreach (var target in Measured(_streamed))
        {
            var idle = summary.IdleRun(target);
            table.Add(target,
                AddedOrTotal(target, Measure.Paced, static r => r.FirstTokenP50, static r => r.FirstTokenP99),
                AddedOrTotal(target, Measure.Paced, static r => r.TransitP50, static r => r.TransitP99),
                Number(summary.Median(target, Measure.Paced, static r => r.CpuPerToken), 1),
                target == Direct ? "-" : Number(summary.Ratio(target, Measure.Paced, static r => r.CpuPerToken), 2),
                Number(summary.Median(target, Measure.Burst, static r => r.PerSecond)),
                Number(summary.Median(target, Measure.Burst, static r => r.CpuPerToken), 2),
                Number(idle?.KiBPerStream, 1),
                idle is null ? "-" : $"{Number(idle.RssBeforeKiB / 1024.0)} → {Number(idle.RssKiB / 1024.0)}",
                Number(idle?.CpuPerToken, 1),
                Number(summary.Errors(target, _streamed)));
        }

        return table.ToString();
    }

    // What a translation adds, within the rounds of one sitting: the same gateway, the same text.
    private string Translation()
    {
        var (paced, burst) = (Times(Measure.Paced), Times(Measure.Burst));
        return paced is null && burst is null ? ""
            : $"\ntranslated / passed through: {Number(paced, 2)} x CPU per token (paced), {Number(burst, 2)} x (burst)\n";

        double? Times(string measure) => summary.Ratio(GatewayTarget.Translating, measure, static r => r.CpuPerToken, GatewayTarget.PassingThrough);
    }

    private string Processes()
    {
        var table = new MarkdownTable("process", "closed", "@500", "@1000", "paced", "burst");
        foreach (var target in Measured([.. _plain, .. _streamed]))
        {
            Row($"generator, {target}", static r => r.GeneratorCpuPerRequest);
            Row($"mock, {target}", static r => r.MockCpuPerRequest);
            var last = summary.AfterLoad(target);
            foreach (var name in last?.PartsCpuPerRequest.Keys ?? [])
            {
                Row($"{name} of {target}, counted", r => r.PartsCpuPerRequest.TryGetValue(name, out var value) ? value : null);
            }

            foreach (var name in last?.BesideCpuPerRequest.Keys ?? [])
            {
                Row($"{name} of {target}, beside", r => r.BesideCpuPerRequest.TryGetValue(name, out var value) ? value : null);
            }

            void Row(string name, Func<RunRecord, double?> figure) => table.Add([name, .. Measure.Repeated.Select(measure => Number(summary.Median(target, measure.Name, figure), 1))]);
        }

        return table.ToString();
    }

    private IEnumerable<string> Measured(string[] measures) =>
        Settings.TargetNames.Where(target => measures.Any(measure => summary.Has(target, measure)));

    private string Latency(string target, string measure) => AddedOrTotal(target, measure, static r => r.LatencyP50, static r => r.LatencyP99);

    private string AddedOrTotal(string target, string measure, Func<RunRecord, double?> p50, Func<RunRecord, double?> p99) => target == Direct
        ? summary.Has(Direct, measure) ? $"({Pair(summary.Median(target, measure, p50), summary.Median(target, measure, p99))} total)" : "-"
        : Pair(summary.Added(target, measure, p50), summary.Added(target, measure, p99));
}
