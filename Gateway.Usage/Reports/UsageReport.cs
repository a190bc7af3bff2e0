using Gateway.Core.Errors;
using Gateway.Usage.Ledger;

namespace Gateway.Usage.Reports;

/// <summary>What comes first in a report.</summary>
internal enum UsageOrder
{
    /// <summary>By the groups' values, ascending; times are in the order of time then.</summary>
    Name,
    Cost,
    Requests,

    /// <summary>Input and output together.</summary>
    Tokens,
}

/// <summary>What an operator wants summed up, and how it is shown.</summary>
/// <param name="Query">What is asked of the ledger.</param>
/// <param name="Order">Descending but for the names.</param>
/// <param name="Limit">Most groups that are shown; null for all.</param>
/// <param name="Rest">Whether the other groups follow, summed up.</param>
/// <param name="Format">How it is written.</param>
internal sealed record UsageReport(UsageQuery Query, UsageOrder Order, int? Limit, bool Rest, ReportFormat Format)
{
    private const int MostGroups = 100_000;

    private static readonly string[] Orders = ["name", "cost", "requests", "tokens"];

    /// <summary>As it is echoed; null where the span is open.</summary>
    public long? FromUnixMs => Query.FromHour > 0 ? Query.FromHour * UsageSpan.MsPerHour : null;

    public long? ToUnixMs => Query.ToHour < int.MaxValue ? Query.ToHour * UsageSpan.MsPerHour : null;

    /// <exception cref="GatewayException">A parameter is wrong; the error names it.</exception>
    public static UsageReport Read(IQueryCollection query)
    {
        var parameters = new ReportParameters(query).Allow(filtered: true, "group", "from", "to", "order", "limit", "rest", "format");
        var (from, to) = parameters.Span();
        int? limit = parameters.Text("limit") is null ? null : parameters.Number("limit", 1, MostGroups, MostGroups);
        var rest = parameters.Flag("rest");
        if (rest && limit is null)
        {
            throw ReportParameters.Bad("rest", "'rest' sums up what 'limit' leaves out; give a 'limit', too.");
        }

        return new UsageReport(
            new UsageQuery(ReportDimensions.ReadGroups(parameters.Text("group")), UsageSpan.First(from), UsageSpan.End(to), ReportDimensions.ReadFilters(parameters)),
            (UsageOrder)parameters.Choice("order", Orders, otherwise: 0),
            limit,
            rest,
            ReportFormats.Read(parameters));
    }

    /// <summary>The groups that are shown, in order, and the sum of the others; null when there are none, or they are not wanted.</summary>
    public (IReadOnlyList<UsageGroupSum> Shown, UsageCounters? Others) Arrange(IReadOnlyList<UsageGroupSum> groups)
    {
        // Groups come by name, and the sort keeps that order among equals.
        var ordered = Order is UsageOrder.Name ? groups : [.. groups.OrderByDescending(Weight)];
        if (Limit is not { } limit || ordered.Count <= limit)
        {
            return (ordered, null);
        }

        UsageCounters? rest = null;
        if (Rest)
        {
            rest = new UsageCounters();
            for (var i = limit; i < ordered.Count; i++)
            {
                rest.Add(ordered[i].Sum);
            }
        }

        return ([.. ordered.Take(limit)], rest);
    }

    private Int128 Weight(UsageGroupSum group) => Order switch
    {
        UsageOrder.Name => 0,
        UsageOrder.Cost => group.Sum.CostNanoUsd,
        UsageOrder.Requests => group.Sum.Requests,
        UsageOrder.Tokens => (Int128)group.Sum.InputTokens + group.Sum.OutputTokens,
    };
}
