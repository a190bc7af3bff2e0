using System.Globalization;
using Gateway.Core.Journal;
using Gateway.Usage.Ledger.Corrections;
using Gateway.Usage.Pricing;

namespace Gateway.Usage.Ledger;

/// <summary>
/// What sums mean, request by request: a request counts once, at the deployment that answered, and what each of its calls is charged for at the deployment that was called. Stores are faster; what they
/// answer is this. Not thread-safe.
/// </summary>
internal sealed class UsageGrouping(UsageQuery query)
{
    private const long MsPerHour = 3_600_000;

    private readonly Dictionary<string, UsageGroupSum> _groups = new(StringComparer.Ordinal);
    private readonly UsageCounters _total = new();

    public UsageSums Sums => new([.. _groups.OrderBy(static group => group.Key, StringComparer.Ordinal).Select(static group => group.Value)], _total);

    public void Add(UsageFinal final)
    {
        var hour = HourOf(final.Intent.TimeUnixMs);
        if (hour < query.FromHour || hour >= query.ToHour)
        {
            return;
        }

        Add(final, final.Intent.Deployment, static counters => counters.AddRequest());
        if (final.AttemptRecords.Count == 0 || !CostCheck.AddsUp(final))
        {
            // Records of old layouts name one deployment only. Sums must be those of the requests, whatever their attempts say.
            Add(final, final.Intent.Deployment, counters => counters.AddCharge(final.Usage, final.CostNanoUsd));
            return;
        }

        foreach (var attempt in final.AttemptRecords.Where(static attempt => attempt.CostNanoUsd != 0 || attempt.Usage != default))
        {
            Add(final, attempt.Deployment, counters => counters.AddCharge(attempt.Usage, attempt.CostNanoUsd));
        }
    }

    /// <summary>What a request costs more, or less, counts in its own hour and under its own names, and is no request of its own.</summary>
    public void Add(CorrectionRecord correction)
    {
        var hour = HourOf(correction.Intent.TimeUnixMs);
        if (hour >= query.FromHour && hour < query.ToHour)
        {
            var final = new UsageFinal { Intent = correction.Intent, Ending = RequestEnding.Completed, Status = correction.Status };
            foreach (var share in correction.Shares)
            {
                Add(final, share.Deployment, counters => counters.AddCharge(default, share.DifferenceNanoUsd));
            }
        }
    }

    /// <summary>Hours since 1970 UTC.</summary>
    public static int HourOf(long unixMs) => (int)Math.Clamp(unixMs / MsPerHour, 0, int.MaxValue);

    /// <summary>Values of a request in a dimension: one, or each of its tags.</summary>
    /// <param name="deployment">The one that is looked at.</param>
    public static IReadOnlyList<string> Values(UsageFinal final, string deployment, UsageDimension dimension) => dimension switch
    {
        UsageDimension.Key => [final.Intent.KeyId],
        UsageDimension.User => [final.Intent.User],
        UsageDimension.Team => [final.Intent.Team],
        UsageDimension.Organisation => [final.Intent.Organisation],
        UsageDimension.Model => [final.Intent.RequestedModel],
        UsageDimension.Deployment => [deployment],
        UsageDimension.Provider => [ProviderOf(deployment)],
        UsageDimension.Tag => final.Intent.Tags.Count == 0 ? [""] : final.Intent.Tags,
        UsageDimension.Status => [StatusOf(final.Status)],
        UsageDimension.Hour => [Time(final, "yyyy-MM-ddTHH")],
        UsageDimension.Day => [Time(final, "yyyy-MM-dd")],
        UsageDimension.Month => [Time(final, "yyyy-MM")],
    };

    /// <summary>Whether a request has one of the values of each filter.</summary>
    public static bool Passes(UsageFinal final, string deployment, IReadOnlyList<UsageFilter>? filters) =>
        filters is null || filters.All(filter => Values(final, deployment, filter.Dimension).Any(filter.Values.Contains));

    /// <summary>A deployment id is <c>provider/model</c>.</summary>
    public static string ProviderOf(string deployment) => deployment.IndexOf('/', StringComparison.Ordinal) is > 0 and var end ? deployment[..end] : deployment;

    /// <summary>What a client got from a Router that died is not known.</summary>
    public static string StatusOf(int status) => status < 100 ? "unknown" : string.Create(CultureInfo.InvariantCulture, $"{status / 100}xx");

    private static string Time(UsageFinal final, string format) => DateTimeOffset.FromUnixTimeMilliseconds(final.Intent.TimeUnixMs).ToString(format, CultureInfo.InvariantCulture);

    private void Add(UsageFinal final, string deployment, Action<UsageCounters> add)
    {
        if (!Passes(final, deployment, query.Filters))
        {
            return;
        }

        add(_total);
        if (query.Groups.Count == 0)
        {
            return;
        }

        var combinations = query.Groups.Aggregate<UsageDimension, IEnumerable<string[]>>(
            [[]], (rows, dimension) => rows.SelectMany(row => Values(final, deployment, dimension).Select(value => (string[])[.. row, value])));
        foreach (var values in combinations)
        {
            var id = string.Join('\0', values);
            if (!_groups.TryGetValue(id, out var group))
            {
                _groups.Add(id, group = new UsageGroupSum(values, new UsageCounters()));
            }

            add(group.Sum);
        }
    }
}
