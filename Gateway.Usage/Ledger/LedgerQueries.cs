using Gateway.Core.Journal;
using Gateway.Usage.Ledger.Corrections;

namespace Gateway.Usage.Ledger;

/// <summary>What a sum can be split by, and what requests can be chosen by.</summary>
internal enum UsageDimension
{
    Key,

    /// <summary>End user that the request named.</summary>
    User,
    Team,
    Organisation,

    /// <summary>As the client asked for it.</summary>
    Model,
    Deployment,
    Provider,

    /// <summary>Labels of the key, each as <c>name=value</c>. A request with several counts in the group of each, and once in the total; one without counts in the group <c>""</c>.</summary>
    Tag,

    /// <summary>Class of the client's status: <c>2xx</c>, <c>4xx</c>, <c>5xx</c>, <c>unknown</c>.</summary>
    Status,

    /// <summary>UTC, as <c>2026-01-31T13</c>.</summary>
    Hour,

    /// <summary>UTC, as <c>2026-01-31</c>.</summary>
    Day,

    /// <summary>UTC, as <c>2026-01</c>.</summary>
    Month,
}

/// <summary>Only what has one of the values counts. Values are as <see cref="UsageDimension"/> shows them. Days and the like are said by the span instead.</summary>
internal sealed record UsageFilter(UsageDimension Dimension, IReadOnlyList<string> Values);

/// <summary>Which requests to sum, and how to split them.</summary>
/// <param name="Groups">Dimensions in the order wanted; none for the total only.</param>
/// <param name="FromHour">First hour, in hours since 1970 UTC.</param>
/// <param name="ToHour">Hour after the last.</param>
/// <param name="Filters">All of them must hold; null for none.</param>
internal sealed record UsageQuery(IReadOnlyList<UsageDimension> Groups, int FromHour = 0, int ToHour = int.MaxValue, IReadOnlyList<UsageFilter>? Filters = null);

/// <summary>Sums of one group.</summary>
/// <param name="Values">Value of each dimension, in the order of the query.</param>
/// <param name="Sum">The sums.</param>
internal sealed record UsageGroupSum(IReadOnlyList<string> Values, UsageCounters Sum);

/// <summary>Sums with their groups, in the order of their names.</summary>
internal sealed record UsageSums(IReadOnlyList<UsageGroupSum> Groups, UsageCounters Total);

/// <summary>
/// Place of a request in the order of time; stays the same while others arrive. Its two last parts order requests of one millisecond, and are the store's own: the embedded one writes segment and offset,
/// PostgreSQL the high and the low half of a row number.
/// </summary>
/// <param name="TimeUnixMs">When the request arrived.</param>
/// <param name="Segment">See above.</param>
/// <param name="Offset">See above.</param>
internal readonly record struct RequestPlace(long TimeUnixMs, int Segment, uint Offset) : IComparable<RequestPlace>
{
    public int CompareTo(RequestPlace other)
    {
        var order = TimeUnixMs.CompareTo(other.TimeUnixMs);
        order = order != 0 ? order : Segment.CompareTo(other.Segment);
        return order != 0 ? order : Offset.CompareTo(other.Offset);
    }
}

/// <summary>Which requests to list.</summary>
/// <param name="Limit">Most requests of a page.</param>
/// <param name="Before">Only requests before this place, or null from the newest.</param>
/// <param name="FromUnixMs">Not before.</param>
/// <param name="ToUnixMs">Before.</param>
/// <param name="Filters">All of them must hold; null for none. <see cref="UsageDimension.Deployment"/> and <see cref="UsageDimension.Provider"/> are those that answered.</param>
internal sealed record RequestQuery(int Limit, RequestPlace? Before = null, long FromUnixMs = long.MinValue, long ToUnixMs = long.MaxValue, IReadOnlyList<UsageFilter>? Filters = null);

/// <param name="Requests">Newest first.</param>
/// <param name="Next">Place to go on before, or null when there are no more.</param>
internal sealed record RequestPage(IReadOnlyList<LedgerEntry> Requests, RequestPlace? Next);

/// <summary>One request of the ledger.</summary>
/// <param name="Final">As the Router wrote it.</param>
/// <param name="Origin">Where its record came from.</param>
internal sealed record LedgerEntry(UsageFinal Final, RecordOrigin Origin)
{
    /// <summary>In the order in which they were made.</summary>
    public IReadOnlyList<CostCorrection> Corrections { get; init; } = [];

    /// <summary>What it costs by now: after its last correction.</summary>
    public long CostNanoUsd => Corrections.Count > 0 ? Corrections[^1].NewNanoUsd : Final.CostNanoUsd;
}
