using Gateway.Usage.Tests.Ledger;

namespace Gateway.Usage.Tests.PostgreSql;

/// <summary>Sums are asked of the server.</summary>
[Collection(PostgresCollectionFixture.Name)]
public sealed class PostgresLedgerContractTests(PostgresServer server) : LedgerContract
{
    private protected override async Task<ILedgerUnderTest> OpenAsync() => new PostgresUnderTest(await UsageHost.StartAsync(database: await server.NewDatabaseAsync(), columns: false));
}

/// <summary>Sums are made of columns on this machine.</summary>
[Collection(ColumnsCollectionFixture.Name)]
public sealed class ColumnCacheContractTests(PostgresServer server) : LedgerContract
{
    private protected override async Task<ILedgerUnderTest> OpenAsync() => await PostgresUnderTest.WithColumnsAsync(await server.NewDatabaseAsync());
}

[Collection(ColumnsCollectionFixture.Name)]
public sealed class ColumnCacheRetentionTests(PostgresServer server) : RetentionContract
{
    private protected override async Task<ILedgerUnderTest> OpenAsync() => await PostgresUnderTest.WithColumnsAsync(await server.NewDatabaseAsync());
}
