using Gateway.Core.Journal;

namespace Gateway.Usage.Ledger;

/// <summary>What a sum can be split by.</summary>
internal enum UsageDimension
{
    Key,
    Model,
    Deployment,
    Provider,
    Team,
    Day,
    Status,
}

/// <summary>Which requests to sum, and how to split them.</summary>
/// <param name="Groups">Dimensions in the order wanted; none for the total only.</param>
/// <param name="FromHour">First hour, in hours since 1970 UTC.</param>
/// <param name="ToHour">Hour after the last.</param>
internal sealed record UsageQuery(IReadOnlyList<UsageDimension> Groups, int FromHour = 0, int ToHour = int.MaxValue);

/// <summary>Sums of one group.</summary>
/// <param name="Values">Value of each dimension, in the order of the query.</param>
/// <param name="Sum">The sums.</param>
internal sealed record UsageGroupSum(IReadOnlyList<string> Values, UsageCounters Sum);

internal sealed record UsageSums(IReadOnlyList<UsageGroupSum> Groups, UsageCounters Total);

/// <summary>Place of a request in the order of time. Stays the same while others arrive.</summary>
/// <param name="TimeUnixMs">When the request arrived.</param>
/// <param name="Segment">Where it lies, which also orders requests of one millisecond.</param>
/// <param name="Offset">See <paramref name="Segment"/>.</param>
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
/// <param name="Key">Only requests of this key.</param>
/// <param name="Model">Only requests for this model.</param>
/// <param name="FromUnixMs">Not before.</param>
/// <param name="ToUnixMs">Before.</param>
internal sealed record RequestQuery(
    int Limit, RequestPlace? Before = null, string? Key = null, string? Model = null, long FromUnixMs = long.MinValue, long ToUnixMs = long.MaxValue);

/// <param name="Requests">Newest first.</param>
/// <param name="Next">Place to go on before, or null when there are no more.</param>
internal sealed record RequestPage(IReadOnlyList<UsageFinal> Requests, RequestPlace? Next);
