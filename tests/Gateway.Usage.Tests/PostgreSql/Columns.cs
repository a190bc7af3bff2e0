using Gateway.Usage.Ledger;
using Gateway.Usage.Ledger.PostgreSql;
using Gateway.Usage.Ledger.PostgreSql.Cache;
using Gateway.Usage.Tests.Ledger;

namespace Gateway.Usage.Tests.PostgreSql;

/// <summary>What tests do with columns on this machine.</summary>
internal static class Columns
{
    // Events that say where answers come from.
    public const int Loaded = 5052;
    public const int Failed = 5054;
    public const int Found = 5055;

    public static readonly UsageQuery ByAll = new([UsageDimension.User, UsageDimension.Tag, UsageDimension.Hour, UsageDimension.Deployment]);

    public static string FolderOf(UsageHost usage) => Path.Combine(usage.Folder, ColumnCache.FolderName, "0");

    public static async Task<List<string>> LinesAsync(UsageHost usage) => RandomLedger.Lines(await usage.Ledger.SumAsync(ByAll, default));

    /// <summary>Requests in three batches, the columns up to date after each.</summary>
    public static async Task<List<string>> FillAsync(UsageHost usage, int count)
    {
        var (requests, journal) = (new RandomLedger(91), new FakeJournal());
        await usage.Service<PostgresLedger>().KeepColumnsAsync(default);
        for (var i = 0; i < count; i++)
        {
            journal.Add(requests.Next());
            if ((i + 1) % (count / 3) == 0)
            {
                await usage.PostAsync(journal.Batch(i + 2 - (count / 3), i + 1));
                await usage.Service<PostgresLedger>().KeepColumnsAsync(default);
                Assert.True(usage.Service<PostgresLedger>().HasColumns);
            }
        }

        return await LinesAsync(usage);
    }
}
