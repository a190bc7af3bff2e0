using static Gateway.Bench.Table.MarkdownTable;

namespace Gateway.Bench.Table;

/// <summary>The gateway's goals: "good" stands beside the best single-hop gateways that publish figures, "extreme" is what prototypes reached.</summary>
internal static class Goals
{
    private const string Gateway = "gateway";

    private sealed record Goal(string Name, double? Figure, double Extreme, double Good, int Digits = 0, bool AtLeast = false)
    {
        public string Verdict => Figure is not { } figure ? "not measured"
            : Reaches(figure, Extreme) ? "extreme reached"
            : Reaches(figure, Good) ? "good reached"
            : "missed";

        public string Limit(double limit) => $"{(AtLeast ? ">=" : "<=")} {Number(limit, Digits)}";

        private bool Reaches(double figure, double limit) => AtLeast ? figure >= limit : figure <= limit;
    }

    public static string Table(Summary summary, int idleStreams)
    {
        var table = new MarkdownTable("measure", "gateway", "nginx-2hop", "extremely ambitious", "good", "verdict");
        foreach (var (goal, nginx) in Of(summary, idleStreams))
        {
            table.Add(goal.Name, Number(goal.Figure, goal.Digits), Number(nginx, goal.Digits), goal.Limit(goal.Extreme), goal.Limit(goal.Good), goal.Verdict);
        }

        return table.ToString();
    }

    private static IEnumerable<(Goal Goal, double? Nginx)> Of(Summary summary, int idleStreams)
    {
        var closed = Of(Measure.Closed, static r => r.CpuPerRequest, summary.Median);
        yield return (new("CPU µs/request, saturation", closed.Own, 50, 75, 1), closed.Nginx);
        yield return (new("same, as a multiple of nginx-2hop", summary.Ratio(Gateway, Measure.Closed, static r => r.CpuPerRequest), 1.7, 2.6, 2), Itself(Measure.Closed));
        var open = Of(Measure.Open1000, static r => r.CpuPerRequest, summary.Median);
        yield return (new("CPU µs/request, 1,000 req/s", open.Own, 175, 260, 1), open.Nginx);
        yield return (new("same, as a multiple of nginx-2hop", summary.Ratio(Gateway, Measure.Open1000, static r => r.CpuPerRequest), 1.8, 2.7, 2), Itself(Measure.Open1000));
        var rate = Of(Measure.Closed, static r => r.PerSecond, summary.Median);
        yield return (new("req/s closed 64", rate.Own, 25_000, 18_000, AtLeast: true), rate.Nginx);
        var p50At500 = Of(Measure.Open500, static r => r.LatencyP50, summary.Added);
        yield return (new("added p50 µs at 500 req/s", p50At500.Own, 250, 350), p50At500.Nginx);
        var p50At1000 = Of(Measure.Open1000, static r => r.LatencyP50, summary.Added);
        yield return (new("added p50 µs at 1,000 req/s", p50At1000.Own, 250, 350), p50At1000.Nginx);
        var p99 = Of(Measure.Open500, static r => r.LatencyP99, summary.Added);
        yield return (new("added p99 µs at 500 req/s", p99.Own, 600, 1500), p99.Nginx);
        var ttft = Of(Measure.Paced, static r => r.FirstTokenP50, summary.Added);
        yield return (new("added TTFT p50 µs", ttft.Own, 400, 600), ttft.Nginx);
        var transit50 = Of(Measure.Paced, static r => r.TransitP50, summary.Added);
        yield return (new("added token transit p50 µs", transit50.Own, 60, 90), transit50.Nginx);
        var transit99 = Of(Measure.Paced, static r => r.TransitP99, summary.Added);
        yield return (new("added token transit p99 µs", transit99.Own, 400, 1500), transit99.Nginx);
        var paced = Of(Measure.Paced, static r => r.CpuPerToken, summary.Median);
        yield return (new("CPU µs/token, paced", paced.Own, 50, 75, 1), paced.Nginx);
        yield return (new("same, as a multiple of nginx-2hop", summary.Ratio(Gateway, Measure.Paced, static r => r.CpuPerToken), 1.35, 2, 2), Itself(Measure.Paced));
        var burst = Of(Measure.Burst, static r => r.CpuPerToken, summary.Median);
        yield return (new("CPU µs/token, burst", burst.Own, 4, 6, 2), burst.Nginx);
        var (idle, nginxIdle) = (summary.IdleRun(Gateway), summary.IdleRun(Summary.Reference));
        yield return (new("KiB per open stream", idle?.KiBPerStream, 30, 60, 1), nginxIdle?.KiBPerStream);
        yield return (new("RSS MiB after load", summary.AfterLoad(Gateway)?.RssKiB / 1024.0, 200, 350), summary.AfterLoad(Summary.Reference)?.RssKiB / 1024.0);

        // Set for 2,000 streams; with fewer it would be reached too easily.
        var enough = idleStreams >= 2000;
        yield return (new("RSS MiB at 2,000 open streams", enough ? idle?.RssKiB / 1024.0 : null, 260, 400), enough ? nginxIdle?.RssKiB / 1024.0 : null);
        yield return (new("errors, lost or repeated answers", summary.AfterLoad(Gateway) is null ? null : summary.Errors(Gateway, Measure.AllNames), 0, 0), summary.AfterLoad(Summary.Reference) is null ? null : summary.Errors(Summary.Reference, Measure.AllNames));

        double? Itself(string measure) => summary.Has(Summary.Reference, measure) ? 1 : null;

        (double? Own, double? Nginx) Of(string measure, Func<RunRecord, double?> figure, Func<string, string, Func<RunRecord, double?>, double?> how) =>
            (how(Gateway, measure, figure), how(Summary.Reference, measure, figure));
    }
}
