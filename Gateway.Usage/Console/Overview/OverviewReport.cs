using System.Text.Json.Serialization;
using Gateway.Usage.Ledger;

namespace Gateway.Usage.Console.Overview;

/// <summary>What the overview shows.</summary>
/// <param name="Total">Of the span.</param>
/// <param name="Failed">Requests of it that ended with 5xx, or nobody knows how.</param>
/// <param name="Refused">Requests of it that ended with 4xx.</param>
/// <param name="Before">Of the span of the same length before it.</param>
/// <param name="Keys">Dearest first.</param>
/// <param name="Models">Dearest first.</param>
/// <param name="Latency">Of the newest requests.</param>
/// <param name="Series">For the charts.</param>
internal sealed record OverviewReport(
    UsageCounters Total, long Failed, long Refused, UsageCounters Before, IReadOnlyList<UsageGroupSum> Keys, IReadOnlyList<UsageGroupSum> Models, LatencySample Latency, OverviewSeries Series);

/// <summary>One number for each step of the span, oldest first.</summary>
/// <param name="Time">Beginning of each step, in seconds since 1970.</param>
/// <param name="Cost">Micro-USD: pictures need no more.</param>
internal sealed record OverviewSeries(long[] Time, long[] Cost, long[] Answered, long[] Refused, long[] Failed, long[] Input, long[] Output);

/// <summary>How long the newest answered requests took. The ledger sums no times, so this is a sample; the page says so.</summary>
/// <param name="Requests">In the sample.</param>
/// <param name="Time">Beginning of each step, in seconds since 1970; steps in which nothing was answered are left out.</param>
/// <param name="Half">Milliseconds within which half of a step's requests were done.</param>
/// <param name="Most">The same of 95 in 100.</param>
/// <param name="FirstHalf">To the first content; null where nothing was streamed.</param>
internal sealed record LatencySample(int Requests, long[] Time, long[] Half, long[] Most, long?[] FirstHalf, long?[] FirstMost)
{
    [JsonIgnore]
    public long AllHalf { get; init; } = -1;

    [JsonIgnore]
    public long AllMost { get; init; } = -1;

    [JsonIgnore]
    public long AllFirstHalf { get; init; } = -1;

    [JsonIgnore]
    public long AllFirstMost { get; init; } = -1;
}

/// <param name="Daily">Whether a step is a day.</param>
internal sealed record OverviewCharts(bool Daily, OverviewSeries Series, LatencySample Latency);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(OverviewCharts))]
internal sealed partial class OverviewJson : JsonSerializerContext;
