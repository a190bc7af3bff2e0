using System.Globalization;
using Gateway.Core.Journal;
using Gateway.Core.Money;
using Gateway.Usage.Ledger;

namespace Gateway.Usage.Tests.Ledger;

/// <summary>Requests and questions of every kind from one seed. Names are few, so that groups have several members.</summary>
internal sealed class RandomLedger(int seed)
{
    private const long MsPerHour = 3_600_000;

    private static readonly string[][] Tags = [[], [], ["env=prod"], ["env=test"], ["env=prod", "cost=a"], ["cost=a", "env=test", "naïve=ü,=\"x\""]];
    private static readonly string[] Deployments = ["openai/gpt-4o", "openai/o1", "azure/gpt-4o", "plain", "/odd", "anthropic/claude"];
    private static readonly int[] Statuses = [200, 200, 201, 400, 429, 499, 500, 503, 0, 99];

    private readonly Random _random = new(seed);

    /// <summary>Some 40 days around the end of a month, 2026-02-08 to 2026-03-20.</summary>
    public static readonly long Start = new DateTimeOffset(2026, 2, 8, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();

    public UsageFinal Next()
    {
        var final = FakeJournal.Final(
            Guid.CreateVersion7(), Pick("demo", "ci", "schlüssel"), Pick("gpt-4o", "o1", "claude"), Deployments[_random.Next(Deployments.Length)], Pick("", "research", "sales"),
            Statuses[_random.Next(Statuses.Length)], _random.Next(10, 100_000), _random.Next(10_000), Start + _random.NextInt64(40 * 24 * MsPerHour));
        final = final with
        {
            Intent = final.Intent with { User = Pick("", "ada", "bob", "eve", "zoë"), Organisation = Pick("", "acme", "umbrella"), Tags = Tags[_random.Next(Tags.Length)], PriceVersion = Pick("", "2026-01-31") },
            Usage = final.Usage with { CacheWrite = _random.Next(3), AudioInput = _random.Next(4) == 0 ? _random.Next(9) : 0, AudioOutput = _random.Next(4) == 0 ? _random.Next(9) : 0 },
            ServiceTier = Pick("", "flex"),
            Warnings = _random.Next(5) == 0 ? ["logit_bias"] : [],
        };
        return _random.Next(6) switch
        {
            0 => FakeJournal.After(final, Call(), Call()),
            1 => FakeJournal.After(final, (final.Intent.Deployment, new TokenUsage(5, 0, 0, 1, 0), 77), Call()),
            2 => FakeJournal.After(final, (Deployments[_random.Next(Deployments.Length)], default, 0)),
            3 when _random.Next(3) == 0 => FakeJournal.After(final, Call()) with { CostNanoUsd = 1 },    // attempts that do not add up
            3 when _random.Next(8) == 0 => final with { CostNanoUsd = 1L << 60 },
            _ => final,
        };
    }

    public UsageQuery Query()
    {
        var all = Enum.GetValues<UsageDimension>();
        var groups = new List<UsageDimension>();
        for (var i = _random.Next(4); i > 0; i--)
        {
            var group = all[_random.Next(all.Length)];
            if (!groups.Contains(group))
            {
                groups.Add(group);
            }
        }

        return new UsageQuery(groups, _random.Next(3) == 0 ? Hour() : 0, _random.Next(3) == 0 ? Hour() : int.MaxValue, Filters());
    }

    public RequestQuery Listing(int limit) => new(
        limit, null, _random.Next(3) == 0 ? Start + (_random.Next(20 * 24) * MsPerHour) : long.MinValue, _random.Next(3) == 0 ? Start + (_random.Next(20 * 24, 40 * 24) * MsPerHour) + 17 : long.MaxValue, Filters());

    /// <summary>What a listing must answer, in order.</summary>
    public static IEnumerable<UsageFinal> Expected(IEnumerable<UsageFinal> finals, RequestQuery query) => finals
        .Where(final => final.Intent.TimeUnixMs >= query.FromUnixMs && final.Intent.TimeUnixMs < query.ToUnixMs && UsageGrouping.Passes(final, final.Intent.Deployment, query.Filters))
        .OrderByDescending(static final => final.Intent.TimeUnixMs);

    /// <summary>Sums in a form that tests can compare and people can read.</summary>
    public static List<string> Lines(UsageSums sums) => [.. sums.Groups.Select(static group => string.Join('|', group.Values) + ": " + Line(group.Sum)), "total: " + Line(sums.Total)];

    public static string Line(UsageCounters sum) => string.Create(
        CultureInfo.InvariantCulture,
        $"{sum.Requests} in {sum.InputTokens} cached {sum.CachedTokens} write {sum.CacheWriteTokens} out {sum.OutputTokens} reasoning {sum.ReasoningTokens} audio {sum.AudioInputTokens}/{sum.AudioOutputTokens} cost {sum.CostNanoUsd}");

    public static UsageSums Model(UsageQuery query, IEnumerable<UsageFinal> finals)
    {
        var grouping = new UsageGrouping(query);
        foreach (var final in finals)
        {
            grouping.Add(final);
        }

        return grouping.Sums;
    }

    public static string Describe(UsageQuery query) => $"groups {string.Join(',', query.Groups)} hours {query.FromHour}-{query.ToHour} filters {Describe(query.Filters)}";

    public static string Describe(IReadOnlyList<UsageFilter>? filters) => string.Join(" and ", (filters ?? []).Select(static filter => $"{filter.Dimension} in [{string.Join(';', filter.Values)}]"));

    private int Hour() => (int)(Start / MsPerHour) + _random.Next(-5, 40 * 24);

    private List<UsageFilter>? Filters()
    {
        var count = Math.Max(0, _random.Next(5) - 2);
        if (count == 0)
        {
            return _random.Next(2) == 0 ? null : [];
        }

        var all = Enum.GetValues<UsageDimension>();
        var filters = new List<UsageFilter>();
        while (filters.Count < count)
        {
            // A value that a request has, and sometimes one that none has.
            var dimension = all[_random.Next(all.Length)];
            var values = Enumerable.Range(0, _random.Next(1, 4)).Select(_ => Value(dimension)).ToList();
            filters.Add(new UsageFilter(dimension, values));
        }

        return filters;
    }

    private string Value(UsageDimension dimension)
    {
        if (_random.Next(8) == 0)
        {
            return "nobody";
        }

        var final = Next();
        var values = UsageGrouping.Values(final, final.Intent.Deployment, dimension);
        return values[_random.Next(values.Count)];
    }

    private (string Deployment, TokenUsage Usage, long CostNanoUsd) Call() =>
        (Deployments[_random.Next(Deployments.Length)], new TokenUsage(_random.Next(1000), 1, 0, _random.Next(100), 0), _random.Next(100_000));

    private string Pick(params ReadOnlySpan<string> values) => values[_random.Next(values.Length)];
}
