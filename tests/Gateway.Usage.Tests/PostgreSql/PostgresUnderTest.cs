using Gateway.Usage.Budgets;
using Gateway.Usage.Ledger;
using Gateway.Usage.Ledger.PostgreSql;
using Gateway.Usage.Tests.Ledger;

namespace Gateway.Usage.Tests.PostgreSql;

/// <summary>
/// The store in PostgreSQL. Before every other restart its rows are summed up, so that answers are made of both.
/// </summary>
internal sealed class PostgresUnderTest(UsageHost usage) : ILedgerUnderTest
{
    private int _restarts;

    public ILedgerStore Store => usage.Ledger;

    public BudgetBook Budgets => usage.Service<BudgetBook>();

    public LogLines Log => usage.Log;

    /// <summary>With columns that are ready.</summary>
    public static async Task<PostgresUnderTest> WithColumnsAsync(string database)
    {
        var usage = await UsageHost.StartAsync(database: database, columns: true);
        await usage.Service<PostgresLedger>().KeepColumnsAsync(default);
        Assert.True(usage.Service<PostgresLedger>().HasColumns);
        return new PostgresUnderTest(usage);
    }

    public async Task RestartAsync()
    {
        if (_restarts++ % 2 == 0)
        {
            await usage.Service<PostgresLedger>().RollUpAsync(default);
        }

        await usage.StartAgainAsync();
        if (usage.Columns is true)
        {
            await usage.Service<PostgresLedger>().KeepColumnsAsync(default);
            Assert.True(usage.Service<PostgresLedger>().HasColumns);
        }
    }

    public ValueTask DisposeAsync() => usage.DisposeAsync();
}
