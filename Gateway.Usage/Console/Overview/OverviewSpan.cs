using Gateway.Usage.Ledger;

namespace Gateway.Usage.Console.Overview;

/// <summary>How far back the overview looks. It ends with the hour that is running.</summary>
/// <param name="Name">In addresses.</param>
/// <param name="Title">For people.</param>
/// <param name="Hours">Length.</param>
/// <param name="StepHours">Of its charts: 1 or 24.</param>
internal sealed record OverviewSpan(string Name, string Title, int Hours, int StepHours)
{
    public static readonly IReadOnlyList<OverviewSpan> All =
    [
        new("24h", "24 hours", 24, 1),
        new("7d", "7 days", 7 * 24, 1),
        new("30d", "30 days", 30 * 24, 24),
        new("90d", "90 days", 90 * 24, 24),
        new("365d", "365 days", 365 * 24, 24),
    ];

    public static OverviewSpan Of(string? name) => All.FirstOrDefault(span => span.Name == name) ?? All[0];

    /// <summary>First hour and the one after the last. Days begin at midnight UTC, as those of the ledger do.</summary>
    public (int From, int To) At(long unixMilliseconds)
    {
        var to = UsageGrouping.HourOf(unixMilliseconds) + 1;
        return StepHours == 1 ? (to - Hours, to) : (((to - 1) / StepHours * StepHours) - Hours + StepHours, to);
    }
}
