using Gateway.Usage.Budgets;
using Gateway.Usage.Ledger;
using Gateway.Usage.Ledger.PostgreSql;
using Gateway.Usage.Tests.Ledger;

namespace Gateway.Usage.Tests.PostgreSql;

/// <summary>The store in PostgreSQL. Before every other restart its rows are summed up, so that answers are made of both.</summary>
[Collection(PostgresCollectionFixture.Name)]
public sealed class PostgresLedgerContractTests(PostgresServer server) : LedgerContract
{
    private protected override async Task<ILedgerUnderTest> OpenAsync() => new Host(await UsageHost.StartAsync(database: await server.NewDatabaseAsync()));

    private sealed class Host(UsageHost usage) : ILedgerUnderTest
    {
        private int _restarts;

        public ILedgerStore Store => usage.Ledger;

        public BudgetBook Budgets => usage.Service<BudgetBook>();

        public LogLines Log => usage.Log;

        public async Task RestartAsync()
        {
            if (_restarts++ % 2 == 0)
            {
                await usage.Service<PostgresLedger>().RollUpAsync(default);
            }

            await usage.StartAgainAsync();
        }

        public ValueTask DisposeAsync() => usage.DisposeAsync();
    }
}
