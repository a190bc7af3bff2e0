using Gateway.Core.Journal;
using Gateway.Usage.Budgets;
using Gateway.Usage.Ingest;
using Gateway.Usage.Ledger;

namespace Gateway.Usage.Tests.Ledger;

/// <summary>A store with what it keeps up to date, on data of its own. It can be ended and begun again on the same data.</summary>
internal interface ILedgerUnderTest : IAsyncDisposable
{
    ILedgerStore Store { get; }

    /// <summary>Filled by the store: at the start, and as batches come.</summary>
    BudgetBook Budgets { get; }

    LogLines Log { get; }

    Task RestartAsync();
}

/// <summary>What tests do with a store.</summary>
internal static class LedgerUnderTestExtensions
{
    /// <summary>As the endpoint does: checked first, then taken.</summary>
    public static Task<IngestResult> TakeAsync(this ILedgerUnderTest ledger, byte[] batch)
    {
        Assert.Null(BatchCheck.Find(batch, out var head));
        return ledger.Store.IngestAsync(head, BatchCheck.Records(batch, batch.Length), CancellationToken.None);
    }

    public static Task<IngestResult> TakeAsync(this ILedgerUnderTest ledger, params UsageFinal[] finals) =>
        ledger.TakeAsync(finals.Aggregate(new FakeJournal(), static (journal, final) => journal.Add(final)).All());

    /// <summary>A whole journal in batches of a Router's size.</summary>
    public static async Task TakeAllAsync(this ILedgerUnderTest ledger, FakeJournal journal, int batch = 200)
    {
        for (var from = 1L; from <= journal.LastSeq; from += batch)
        {
            var to = Math.Min(journal.LastSeq, from + batch - 1);
            Assert.Equal(new IngestResult(to, null), await ledger.TakeAsync(journal.Batch(from, to)));
        }
    }

    public static async Task<UsageCounters> TotalAsync(this ILedgerUnderTest ledger) => (await ledger.Store.SumAsync(new UsageQuery([]), default)).Total;

    /// <summary>All requests of a query, page by page.</summary>
    public static async Task<List<LedgerEntry>> PagesAsync(this ILedgerUnderTest ledger, RequestQuery query)
    {
        var all = new List<LedgerEntry>();
        for (var before = query.Before; ;)
        {
            var page = await ledger.Store.ListAsync(query with { Before = before }, default);
            Assert.InRange(page.Requests.Count, 0, query.Limit);
            all.AddRange(page.Requests);
            if (page.Next is not { } next)
            {
                return all;
            }

            Assert.NotEmpty(page.Requests);
            before = next;
        }
    }

    public static async Task<List<LedgerEntry>> WalkAllAsync(this ILedgerUnderTest ledger)
    {
        var all = new List<LedgerEntry>();
        await foreach (var entry in ledger.Store.WalkAsync(default))
        {
            all.Add(entry);
        }

        return all;
    }

    public static IEnumerable<Guid> Ids(this IEnumerable<LedgerEntry> entries) => entries.Select(static entry => entry.Final.Intent.RequestId);
}
