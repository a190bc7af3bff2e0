using System.Text.Json.Serialization;
using Gateway.Bench.Load;
using Gateway.Bench.Measuring;

namespace Gateway.Bench.Table;

/// <summary>One run of one measure against one target. Times in microseconds; a percentile is null without records.</summary>
internal sealed record RunRecord
{
    public required string Target { get; init; }

    public required string Measure { get; init; }

    public int Round { get; init; }

    public long Completed { get; init; }

    public long Tokens { get; init; }

    public double PerSecond { get; init; }

    public double CpuPerRequest { get; init; }

    public double? CpuPerToken { get; init; }

    public double LatencyP50 { get; init; }

    public double LatencyP99 { get; init; }

    public double? FirstTokenP50 { get; init; }

    public double? FirstTokenP99 { get; init; }

    public double? TransitP50 { get; init; }

    public double? TransitP99 { get; init; }

    /// <summary>CPU per request of each of the target's own processes.</summary>
    public required IReadOnlyDictionary<string, double> PartsCpuPerRequest { get; init; }

    /// <summary>CPU per request of the processes beside the target's own.</summary>
    public required IReadOnlyDictionary<string, double> BesideCpuPerRequest { get; init; }

    public double GeneratorCpuPerRequest { get; init; }

    public double MockCpuPerRequest { get; init; }

    /// <summary>Share of all CPUs that went to programs outside the bench. Much of it, and latency says little.</summary>
    public double OthersCpuPercent { get; init; }

    public long RssKiB { get; init; }

    public long PssKiB { get; init; }

    /// <summary>Idle measure only: before the streams, and while all were open.</summary>
    public long? RssBeforeKiB { get; init; }

    public int? OpenStreams { get; init; }

    public required IReadOnlyDictionary<string, long> Errors { get; init; }

    [JsonIgnore]
    public long ErrorCount => Errors.Values.Sum();

    [JsonIgnore]
    public double? KiBPerStream => OpenStreams > 0 ? (RssKiB - RssBeforeKiB) / (double)OpenStreams : null;

    public static RunRecord From(string target, string measure, int round, LoadResult load, long cpu) => new()
    {
        Target = target,
        Measure = measure,
        Round = round,
        Completed = load.Completed,
        Tokens = load.Tokens,
        PerSecond = load.PerSecond,
        CpuPerRequest = Per(cpu, load.Completed),
        CpuPerToken = load.Tokens > 0 ? Per(cpu, load.Tokens) : null,
        LatencyP50 = load.Latency.Microseconds(50),
        LatencyP99 = load.Latency.Microseconds(99),
        FirstTokenP50 = OrNull(load.FirstToken, 50),
        FirstTokenP99 = OrNull(load.FirstToken, 99),
        TransitP50 = OrNull(load.Transit, 50),
        TransitP99 = OrNull(load.Transit, 99),
        PartsCpuPerRequest = new Dictionary<string, double>(),
        BesideCpuPerRequest = new Dictionary<string, double>(),
        Errors = load.Errors,
    };

    /// <summary>Nanoseconds in total to microseconds each.</summary>
    public static double Per(long nanoseconds, long count) => count == 0 ? 0 : nanoseconds / 1000.0 / count;

    private static double? OrNull(Histogram histogram, double percent) => histogram.Count == 0 ? null : histogram.Microseconds(percent);
}
