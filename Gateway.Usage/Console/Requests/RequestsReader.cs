using Gateway.Core.Errors;
using Gateway.Usage.Ledger;
using Gateway.Usage.Reports;

namespace Gateway.Usage.Console.Requests;

/// <summary>One page of requests as the address of the page asks for it. Thread-safe.</summary>
internal sealed class RequestsReader(ILedgerStore ledger)
{
    public const int PageSize = 50;

    /// <summary>What can be filtered by, in the order of the form.</summary>
    public static readonly IReadOnlyList<RequestsFilter> Filters =
    [
        new("key", "Key", UsageDimension.Key), new("model", "Model", UsageDimension.Model), new("team", "Team", UsageDimension.Team), new("user", "User", UsageDimension.User),
        new("deployment", "Deployment", UsageDimension.Deployment), new("provider", "Provider", UsageDimension.Provider), new("tag", "Tag", UsageDimension.Tag),
        new("organisation", "Organisation", UsageDimension.Organisation),
    ];

    public static readonly IReadOnlyList<string> Statuses = ["2xx", "4xx", "5xx", "unknown"];

    /// <exception cref="GatewayException">A value of the address cannot be read; the message says which.</exception>
    public async Task<RequestPage> ReadAsync(IQueryCollection query, CancellationToken cancellationToken)
    {
        var parameters = new ReportParameters(query);
        var (from, to) = parameters.Span();
        var filters = Filters.Append(new RequestsFilter("status", "Status", UsageDimension.Status))
            .Where(filter => parameters.Text(filter.Name) is not null)
            .Select(filter => new UsageFilter(filter.Dimension, [parameters.Text(filter.Name)!]))
            .ToList();
        var cursor = parameters.Text("cursor") is { } text ? RequestCursor.Read(text) : (RequestPlace?)null;
        return await ledger.ListAsync(new RequestQuery(PageSize, cursor, from, to, filters), cancellationToken);
    }

    public ValueTask<LedgerEntry?> FindAsync(Guid id, CancellationToken cancellationToken) => ledger.FindAsync(id, cancellationToken);
}

/// <param name="Name">In addresses, as the reports have it.</param>
/// <param name="Title">For people.</param>
internal sealed record RequestsFilter(string Name, string Title, UsageDimension Dimension);
