using Gateway.Usage.Tests.Ledger;

namespace Gateway.Usage.Tests.PostgreSql;

[Collection(PostgresCollectionFixture.Name)]
public sealed class PostgresLedgerContractTests(PostgresServer server) : LedgerContract
{
    private protected override async Task<ILedgerUnderTest> OpenAsync() => new PostgresUnderTest(await UsageHost.StartAsync(database: await server.NewDatabaseAsync()));
}
