using Gateway.Core.Admission.Shared;
using Gateway.Usage.Budgets;
using Gateway.Usage.Ledger;
using Gateway.Usage.Ledger.PostgreSql;
using Gateway.Usage.Tests.Ledger;
using Gateway.Usage.Tests.PostgreSql;

namespace Gateway.Usage.Tests.Commands;

/// <summary>Verbs on the ledger in PostgreSQL, and the way there.</summary>
[Collection(PostgresCollectionFixture.Name)]
public sealed class PostgresCommandTests(PostgresServer server)
{
    private static readonly BudgetSlot Lifetime = new("key:demo|lifetime", 0);

    [Fact]
    public async Task Move_keeps_every_row_mark_gap_and_refusal_also_when_it_broke_in_the_middle()
    {
        var database = await server.NewDatabaseAsync();
        await using var usage = await UsageHost.StartAsync(segmentBytes: 16 * 1024);
        var random = new Random(4);
        var journals = Enumerable.Range(0, 3).Select(static _ => new FakeJournal()).ToArray();
        foreach (var journal in journals)
        {
            for (var i = 0; i < 400; i++)
            {
                journal.Add(PostgresLedgerTests.Budgeted(PostgresLedgerTests.Any(random), Lifetime));
            }

            journal.AddOld(FakeJournal.Final(), 1).Lose(3).Add(FakeJournal.Final(input: -1)).Add(FakeJournal.Final().Intent);
            for (var from = 1L; from <= 400; from += 100)
            {
                await usage.PostAsync(journal.Batch(from, from + 99));
            }

            await usage.PostAsync(journal.Batch(401, journal.LastSeq));
        }

        var queries = new UsageQuery[] { new([]), new([UsageDimension.Deployment, UsageDimension.Day]), new([UsageDimension.User, UsageDimension.Tag]) };
        var sums = await Task.WhenAll(queries.Select(async query => RandomLedger.Lines(await usage.Ledger.SumAsync(query, default))));
        var rows = (await usage.AllRequestsAsync()).Select(static row => row.ToString()).Order().ToList();
        var spent = usage.Service<BudgetBook>().SpentIn("acme", [Lifetime]);
        await usage.StopAsync();

        // 1. The tables are made, and the database refuses in the middle.
        Assert.Equal(0, (await CommandRun.OfAsync(usage.Folder, database, "verify")).Exit);
        await PostgresServer.AskAsync(
            database,
            """
            create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
            create trigger refuse before insert on gateway_ledger_requests for each row when (new.seq > 300) execute function refuse()
            """);
        var broken = await CommandRun.OfAsync(usage.Folder, database, "move", "--to", "postgres");
        Assert.Equal(2, broken.Exit);
        Assert.Contains("Give the command again", broken.Errors, StringComparison.Ordinal);
        await PostgresServer.AskAsync(database, "drop trigger refuse on gateway_ledger_requests");

        // 2. Again, and once more.
        var moved = await CommandRun.OfAsync(usage.Folder, database, "move", "--to", "postgres");
        Assert.Equal("", moved.Errors);
        Assert.Contains("Both ledgers agree", moved.Output, StringComparison.Ordinal);
        Assert.Equal(0, moved.Exit);
        var again = await CommandRun.OfAsync(usage.Folder, database, "move", "--to", "postgres");
        Assert.Equal(0, again.Exit);
        Assert.Contains("(0 of them new)", again.Output, StringComparison.Ordinal);

        // 3. All of it is there, and the Routers go on where they were.
        await using var there = await UsageHost.StartAsync(database: database);
        Assert.Equal(sums, await Task.WhenAll(queries.Select(async query => RandomLedger.Lines(await there.Ledger.SumAsync(query, default)))));
        Assert.Equal(rows, (await there.AllRequestsAsync()).Select(static row => row.ToString()).Order());
        Assert.Equal(spent, there.Service<BudgetBook>().SpentIn("acme", [Lifetime]));
        foreach (var journal in journals)
        {
            Assert.Equal((200, journal.LastSeq), await there.PostAsync(journal.Batch(300, journal.LastSeq)));
            journal.Add(FakeJournal.Final());
            Assert.Equal((200, journal.LastSeq), await there.PostAsync(journal.Batch(journal.LastSeq, journal.LastSeq)));
        }

        Assert.Equal(rows.Count + 3, there.Ledger.Requests);
        Assert.Empty(there.Log.Of(5013));
        Assert.Equal((3L, 3L), (await PostgresServer.AskAsync(database, "select count(*) from gateway_ledger_gaps"), await PostgresServer.AskAsync(database, "select count(*) from gateway_ledger_evidence")));
    }

    [Fact]
    public async Task Move_says_when_PostgreSQL_has_another_record_of_a_request()
    {
        var database = await server.NewDatabaseAsync();
        var final = FakeJournal.Final();
        await using (var there = await UsageHost.StartAsync(database: database))
        {
            await there.PostAsync(new FakeJournal().Add(final with { DurationMs = 1 }).All());
        }

        await using var usage = await UsageHost.StartAsync();
        await usage.PostAsync(new FakeJournal().Add(final).All());
        await usage.StopAsync();

        var run = await CommandRun.OfAsync(usage.Folder, database, "move", "--to", "postgres");

        Assert.Equal(1, run.Exit);
        Assert.Contains($"{final.Intent.RequestId}: PostgreSQL has another record", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("update gateway_ledger_requests set cost_nano_usd = cost_nano_usd + 1", "the columns tell of")]
    [InlineData("update gateway_ledger_hours set input = input + 1", "the sums by hour tell of")]
    [InlineData("update gateway_ledger_requests set payload = set_byte(payload, 60, 255)", "their checksums differ")]
    [InlineData("delete from gateway_ledger_ids", "requests are not in the table of ids")]
    [InlineData("delete from gateway_ledger_requests", "ids name requests that are not there")]
    [InlineData("update gateway_ledger_marks set seq = 1", "journals have records behind their marks")]
    public async Task Verify_names_what_was_changed_in_the_tables(string change, string problem)
    {
        var database = await server.NewDatabaseAsync();
        await using (var usage = await UsageHost.StartAsync(database: database))
        {
            await usage.PostAsync(new FakeJournal().Add(FakeJournal.Final()).Add(FakeJournal.Final()).All());
            await usage.Service<PostgresLedger>().RollUpAsync(default);
        }

        Assert.Equal(0, (await CommandRun.OfAsync("", database, "verify")).Exit);
        await PostgresServer.AskAsync(database, change);

        var run = await CommandRun.OfAsync("", database, "verify");

        Assert.Equal(1, run.Exit);
        Assert.Contains(problem, run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_works_while_the_service_runs()
    {
        var database = await server.NewDatabaseAsync();
        await using var usage = await UsageHost.StartAsync(database: database);
        await usage.PostAsync(new FakeJournal().Add(FakeJournal.Final()).Add(FakeJournal.Final()).All());

        var run = await CommandRun.OfAsync("", database, "export", "--format", "ndjson");

        Assert.Equal(0, run.Exit);
        Assert.Equal(2, run.Standard.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("2 requests of the ledger in PostgreSQL", run.Errors, StringComparison.Ordinal);
    }
}
