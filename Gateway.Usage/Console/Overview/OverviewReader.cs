using System.Globalization;
using Gateway.Core.Journal;
using Gateway.Usage.Ledger;

namespace Gateway.Usage.Console.Overview;

/// <summary>Asks the ledger for what the overview shows: five sums and one page of requests, however many there are. Thread-safe.</summary>
internal sealed class OverviewReader(ILedgerStore ledger, TimeProvider time)
{
    public const int MostGroups = 8;

    /// <summary>Requests whose times are looked at.</summary>
    public const int SampleSize = 1000;

    private const int LatencySteps = 40;
    private const long HourMs = 3_600_000;

    public async Task<OverviewReport> ReadAsync(OverviewSpan span, CancellationToken cancellationToken)
    {
        var (from, to) = span.At(time.GetUtcNow().ToUnixTimeMilliseconds());
        var step = span.StepHours == 1 ? UsageDimension.Hour : UsageDimension.Day;
        var steps = await ledger.SumAsync(new UsageQuery([step, UsageDimension.Status], from, to), cancellationToken);
        var before = await ledger.SumAsync(new UsageQuery([], from - span.Hours, from), cancellationToken);
        var keys = await ledger.SumAsync(new UsageQuery([UsageDimension.Key], from, to), cancellationToken);
        var models = await ledger.SumAsync(new UsageQuery([UsageDimension.Model], from, to), cancellationToken);
        var newest = await ledger.ListAsync(new RequestQuery(SampleSize, FromUnixMs: from * HourMs), cancellationToken);
        var series = SeriesOf(steps, span, from, to);
        return new OverviewReport(steps.Total, series.Failed.Sum(), series.Refused.Sum(), before.Total, Dearest(keys), Dearest(models), LatencyOf(newest), series);
    }

    /// <summary>From what the ledger says, with zeros where it has nothing.</summary>
    internal static OverviewSeries SeriesOf(UsageSums sums, OverviewSpan span, int from, int to)
    {
        var count = ((to - from) + span.StepHours - 1) / span.StepHours;
        var series = new OverviewSeries(new long[count], new long[count], new long[count], new long[count], new long[count], new long[count], new long[count]);
        for (var i = 0; i < count; i++)
        {
            series.Time[i] = (from + ((long)i * span.StepHours)) * 3600;
        }

        var format = span.StepHours == 1 ? "yyyy-MM-ddTHH" : "yyyy-MM-dd";
        foreach (var group in sums.Groups)
        {
            var began = DateTimeOffset.ParseExact(group.Values[0], format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
            var i = (int)((began.ToUnixTimeSeconds() - series.Time[0]) / 3600 / span.StepHours);
            if (i < 0 || i >= count)
            {
                continue;
            }

            series.Cost[i] += group.Sum.CostNanoUsd / 1000;
            series.Input[i] += group.Sum.InputTokens;
            series.Output[i] += group.Sum.OutputTokens;
            var into = group.Values[1] switch { "4xx" => series.Refused, "5xx" or "unknown" => series.Failed, _ => series.Answered };
            into[i] += group.Sum.Requests;
        }

        return series;
    }

    internal static LatencySample LatencyOf(RequestPage newest)
    {
        var finals = newest.Requests.Select(static entry => entry.Final).Where(static final => final.Status is >= 200 and < 300).ToList();
        if (finals.Count == 0)
        {
            return new LatencySample(0, [], [], [], [], []);
        }

        var (first, last) = (finals.Min(static final => final.Intent.TimeUnixMs), finals.Max(static final => final.Intent.TimeUnixMs));
        var step = Math.Max(1000, ((last - first) / LatencySteps) + 1);
        var groups = finals.GroupBy(final => first + ((final.Intent.TimeUnixMs - first) / step * step)).OrderBy(static group => group.Key).ToList();
        return new LatencySample(
            finals.Count,
            [.. groups.Select(static group => group.Key / 1000)],
            [.. groups.Select(static group => Quantile(Durations(group), 50) ?? 0)],
            [.. groups.Select(static group => Quantile(Durations(group), 95) ?? 0)],
            [.. groups.Select(static group => Quantile(FirstContents(group), 50))],
            [.. groups.Select(static group => Quantile(FirstContents(group), 95))])
        {
            AllHalf = Quantile(Durations(finals), 50) ?? -1,
            AllMost = Quantile(Durations(finals), 95) ?? -1,
            AllFirstHalf = Quantile(FirstContents(finals), 50) ?? -1,
            AllFirstMost = Quantile(FirstContents(finals), 95) ?? -1,
        };
    }

    private static IReadOnlyList<UsageGroupSum> Dearest(UsageSums sums) =>
        [.. sums.Groups.OrderByDescending(static group => group.Sum.CostNanoUsd).ThenByDescending(static group => group.Sum.Requests).Take(MostGroups)];

    private static IEnumerable<long> Durations(IEnumerable<UsageFinal> finals) => finals.Select(static final => final.DurationMs);

    private static IEnumerable<long> FirstContents(IEnumerable<UsageFinal> finals) => finals.Where(static final => final.TimeToFirstTokenMs >= 0).Select(static final => final.TimeToFirstTokenMs);

    /// <summary>The nearest rank: always one of the values.</summary>
    private static long? Quantile(IEnumerable<long> values, int percent)
    {
        var sorted = values.Order().ToList();
        return sorted.Count == 0 ? null : sorted[Math.Max(0, ((sorted.Count * percent) + 99) / 100 - 1)];
    }
}
