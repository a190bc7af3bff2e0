namespace Gateway.Bench.Table;

/// <summary>Medians over the rounds. What is compared with another target is compared within a round first: the machine's mood passes.</summary>
internal sealed class Summary(IReadOnlyList<RunRecord> records)
{
    public const string Reference = "nginx-2hop";
    private const string Direct = "direct";

    public bool Has(string target, string measure) => records.Any(record => record.Target == target && record.Measure == measure);

    public double? Median(string target, string measure, Func<RunRecord, double?> figure) =>
        MedianOf(Of(target, measure).Select(figure));

    /// <summary>The target's figure less the direct one of the same round.</summary>
    public double? Added(string target, string measure, Func<RunRecord, double?> figure) => Over(target, measure, figure, Direct);

    /// <summary>The target's figure less the reference's of the same round.</summary>
    public double? Over(string target, string measure, Func<RunRecord, double?> figure, string reference) =>
        MedianOf(Of(target, measure).Select(record => figure(record) - SameRound(record, reference, figure)));

    /// <summary>The target's figure as a multiple of the reference's of the same round.</summary>
    public double? Ratio(string target, string measure, Func<RunRecord, double?> figure, string reference = Reference) =>
        MedianOf(Of(target, measure).Select(record => figure(record) / SameRound(record, reference, figure)));

    /// <summary>The last look at the memory of the processes that carried all rounds.</summary>
    public RunRecord? AfterLoad(string target) => records.LastOrDefault(record => record.Target == target && record.Measure != Measure.Idle);

    public RunRecord? IdleRun(string target) => Of(target, Measure.Idle).FirstOrDefault();

    public long Errors(string target, IEnumerable<string> measures) =>
        records.Where(record => record.Target == target && measures.Contains(record.Measure)).Sum(static record => record.ErrorCount);

    public IEnumerable<RunRecord> Of(string target, string measure) =>
        records.Where(record => record.Target == target && record.Measure == measure);

    /// <summary>How much the rest of the machine took: what decides whether a latency here means anything.</summary>
    public string Disturbance()
    {
        var median = MedianOf(records.Select(static record => (double?)record.OthersCpuPercent)) ?? 0;
        var most = records.Count == 0 ? 0 : records.Max(static record => record.OthersCpuPercent);
        var verdict = median > 10 ? " **The machine was not quiet: do not compare latencies or req/s, and CPU only as ratios.**" : "";
        return $"CPU that went to other programs during the runs: median {median:F0} %, at most {most:F0} % of the machine.{verdict}";
    }

    public static double? MedianOf(IEnumerable<double?> values)
    {
        var sorted = values.Where(static value => value is { } number && double.IsFinite(number)).Select(static value => value!.Value).Order().ToList();
        return sorted.Count == 0 ? null
            : sorted.Count % 2 == 1 ? sorted[sorted.Count / 2]
            : (sorted[(sorted.Count / 2) - 1] + sorted[sorted.Count / 2]) / 2;
    }

    private double? SameRound(RunRecord record, string target, Func<RunRecord, double?> figure) =>
        Of(target, record.Measure).FirstOrDefault(other => other.Round == record.Round) is { } other ? figure(other) : null;
}
