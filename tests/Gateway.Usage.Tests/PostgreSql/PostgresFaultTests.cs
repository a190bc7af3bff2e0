using Gateway.Core.Errors;
using Gateway.Core.Journal;
using Gateway.Edge.Tests.Rig;
using Gateway.Usage.Budgets;
using Gateway.Usage.Ledger;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Gateway.Usage.Tests.PostgreSql;

/// <summary>What may go wrong with a database while batches come: nothing is lost, nothing counts twice.</summary>
[Collection(PostgresCollectionFixture.Name)]
public sealed class PostgresFaultTests(PostgresServer server)
{
    private const string TakeOrder = $"select pg_advisory_xact_lock({OrderLock})";
    private const string OrderLock = "113762617353319";    // LedgerSchema.OrderLock

    [Fact]
    public async Task A_lock_that_another_holds_too_long_is_waited_for_again()
    {
        var database = await server.NewDatabaseAsync();
        await using var usage = await UsageHost.StartAsync(database: database);
        var journal = new FakeJournal().Add(FakeJournal.Final());
        await usage.PostAsync(journal.All());
        journal.Add(FakeJournal.Final());
        await using var other = await PostgresServer.OpenAsync(database);
        await using var held = await other.BeginTransactionAsync();
        await RunAsync(other, "select from gateway_ledger_producers for update");

        var batch = usage.PostAsync(journal.All());
        await UntilAsync(() => Task.FromResult(usage.Log.Of(5051).Any(static line => line.Contains("55P03", StringComparison.Ordinal))));

        // Reports wait for no lock of a batch.
        Assert.Equal(1, (await usage.TotalAsync()).GetProperty("requests").GetInt64());
        await held.RollbackAsync();
        Assert.Equal((200, 2), await batch);
        Assert.Equal(2, (await usage.TotalAsync()).GetProperty("requests").GetInt64());
    }

    [Fact]
    public async Task A_deadlock_is_solved_by_another_try()
    {
        var database = await server.NewDatabaseAsync();
        await using var usage = await UsageHost.StartAsync(database: database);
        var journal = new FakeJournal().Add(FakeJournal.Final());
        await usage.PostAsync(journal.All());

        // The victim is who looks first; the other session never looks. A slow machine may make it a mere wait: then once more.
        for (var round = 0; round < 5 && !usage.Log.Of(5051).Any(static line => line.Contains("40P01", StringComparison.Ordinal)); round++)
        {
            journal.Add(FakeJournal.Final());
            await using var other = await PostgresServer.OpenAsync(database);
            await RunAsync(other, "set deadlock_timeout = '60s'");
            await using var held = await other.BeginTransactionAsync();
            await RunAsync(other, TakeOrder);
            var batch = usage.PostAsync(journal.All());
            await UntilAsync(() => IsWaitedForAsync(database));
            await RunAsync(other, "select from gateway_ledger_producers for update");
            await held.RollbackAsync();
            Assert.Equal((200, journal.LastSeq), await batch);
        }

        Assert.Contains(usage.Log.Of(5051), static line => line.Contains("40P01", StringComparison.Ordinal));
        Assert.Equal(journal.LastSeq, (await usage.TotalAsync()).GetProperty("requests").GetInt64());
        Assert.Empty(usage.Log.Of(5013));
    }

    [Fact]
    public async Task A_server_that_is_started_anew_during_a_batch_has_it_once()
    {
        var own = new PostgresProcess();
        await own.InitializeAsync();
        try
        {
            var database = await own.NewSchemaAsync();
            await using var usage = await UsageHost.StartAsync(database: database);
            var journal = new FakeJournal().Add(FakeJournal.Final()).Add(FakeJournal.Final());
            await usage.PostAsync(journal.Batch(1, 1));
            await using var other = await PostgresServer.OpenAsync(database);
            await using var held = await other.BeginTransactionAsync();
            await RunAsync(other, TakeOrder);
            var batch = usage.PostAsync(journal.All());
            await UntilAsync(() => IsWaitedForAsync(database));

            await own.StopAsync();
            await UntilAsync(async () => (await usage.ReportAsync()).Entries["ledger"].Status is HealthStatus.Degraded);
            Assert.Equal(503, (await usage.GetAsync("/admin/v1/usage")).Status);
            await own.StartAsync();

            // The Router sends again what got no good answer.
            var (status, seq) = await batch;
            while (status == 503)
            {
                (status, seq) = await usage.PostAsync(journal.All());
            }

            Assert.Equal((200, 2), (status, seq));
            Assert.Equal(2, (await usage.TotalAsync()).GetProperty("requests").GetInt64());
            Assert.Equal(HealthStatus.Healthy, (await usage.ReportAsync()).Entries["ledger"].Status);
        }
        finally
        {
            await own.DisposeAsync();
        }
    }

    [Fact]
    public async Task Without_its_database_the_service_starts_takes_nothing_and_says_so_without_names()
    {
        await using var usage = await UsageHost.StartAsync(database: $"Host=127.0.0.1;Port={RedisProcess.FreePort()};Username=secretuser;Password=secretword;Database=x");

        Assert.Equal((503, 0), await usage.PostAsync(new FakeJournal().Add(FakeJournal.Final()).All()));

        var entry = (await usage.ReportAsync()).Entries["ledger"];
        Assert.Equal(HealthStatus.Degraded, entry.Status);
        Assert.Contains("PostgreSQL does not answer", entry.Description, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", entry.Description, StringComparison.Ordinal);
        Assert.DoesNotContain("127.0.0.1", entry.Description, StringComparison.Ordinal);
        Assert.False(usage.Ledger.IsWritable);
        Assert.False(usage.Service<BudgetBook>().IsComplete);
        await Assert.ThrowsAsync<GatewayException>(async () => await usage.Ledger.SumAsync(new UsageQuery([]), default));
    }

    [Fact]
    public async Task What_is_no_connection_string_stops_the_start_without_quoting_it()
    {
        var refused = await Assert.ThrowsAsync<JournalConfigurationException>(() => UsageHost.StartAsync(database: "secretword"));

        Assert.Contains("ConnectionStrings:gatewaydb", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secretword", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_day_that_was_dropped_behind_its_back_is_made_again()
    {
        var database = await server.NewDatabaseAsync();
        await using var usage = await UsageHost.StartAsync(database: database);
        var journal = new FakeJournal().Add(FakeJournal.Final()).Add(FakeJournal.Final());
        await usage.PostAsync(journal.Batch(1, 1));
        await using var other = await PostgresServer.OpenAsync(database);
        await RunAsync(other, "drop table gateway_ledger_requests_20260310, gateway_ledger_charges_20260310");

        Assert.Equal((200, 2), await usage.PostAsync(journal.All()));
        Assert.Equal(1L, await PostgresServer.AskAsync(database, "select count(*) from gateway_ledger_requests"));
    }

    private static async Task<bool> IsWaitedForAsync(string database) => await PostgresServer.AskAsync(database, "select count(*) from pg_locks where not granted and locktype = 'advisory'") is > 0L;

    private static async Task RunAsync(NpgsqlConnection connection, string sql)
    {
#pragma warning disable CA2100 // Constants of this file.
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
    }

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!await isSo())
        {
            await Task.Delay(20, patience.Token);
        }
    }
}
