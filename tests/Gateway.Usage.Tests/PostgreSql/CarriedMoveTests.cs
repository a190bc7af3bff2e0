using Gateway.Usage.Tests.Commands;
using Gateway.Usage.Tests.Ledger;

namespace Gateway.Usage.Tests.PostgreSql;

/// <summary>An embedded ledger that keeps some of its requests as sums only, on its way to PostgreSQL.</summary>
[Collection(PostgresCollectionFixture.Name)]
public sealed class CarriedMoveTests(PostgresServer server)
{
    [Fact]
    public async Task Carried_sums_of_the_embedded_ledger_are_moved_with_budgets_and_marks()
    {
        await using var embedded = new EmbeddedRig(segmentBytes: 4096);
        var history = new CarriedHistory(21, 120);

        // A journal that only carried segments tell of.
        var first = history.Finals[0] with { Intent = history.Finals[0].Intent with { RequestId = Guid.CreateVersion7() } };
        var journal = new FakeJournal().Add(first);
        await embedded.TakeAsync(journal.All());
        await history.TakeAsync(embedded);
        history.Finals.Insert(0, first);
        await embedded.Store.CarryAsync(history.Before(70), default);
        await history.CorrectAsync(embedded, history.Finals[^1], 12_345);
        Assert.True(embedded.Sums.Length > 2);
        embedded.Close();
        var database = await server.NewDatabaseAsync();
        for (var time = 0; time < 2; time++)
        {
            var run = await CommandRun.OfAsync(embedded.Data, database, "move", "--to", "postgres");
            Assert.True(run.Exit == 0, run.Output + run.Errors);
        }

        await using var moved = new PostgresUnderTest(await UsageHost.StartAsync(database: database));
        await history.CheckAsync(moved);
        Assert.NotEqual(DateTimeOffset.MinValue, moved.Store.KeptFrom);
        await history.SendAgainAsync(moved);
        await moved.TakeAsync(journal.All());
        await history.CheckAsync(moved);
    }

    [Fact]
    public async Task Sums_of_requests_that_were_moved_as_requests_are_refused_and_count_once()
    {
        await using var embedded = new EmbeddedRig(segmentBytes: 4096);
        var history = new CarriedHistory(23, 90);
        await history.TakeAsync(embedded);
        await embedded.Store.CarryAsync(history.Before(30), default);
        embedded.Close();
        var database = await server.NewDatabaseAsync();
        Assert.Equal(0, (await CommandRun.OfAsync(embedded.Data, database, "move", "--to", "postgres")).Exit);
        embedded.Open();
        await embedded.Store.CarryAsync(history.Before(70), default);
        embedded.Close();

        var run = await CommandRun.OfAsync(embedded.Data, database, "move", "--to", "postgres");

        Assert.Equal(2, run.Exit);
        Assert.Contains("would count twice", run.Errors, StringComparison.Ordinal);
        await using var moved = new PostgresUnderTest(await UsageHost.StartAsync(database: database));
        await history.CheckAsync(moved);
    }

    [Fact]
    public async Task Damaged_sums_are_not_left_behind_unsaid()
    {
        await using var embedded = new EmbeddedRig(segmentBytes: 4096);
        var history = new CarriedHistory(22, 60);
        await history.TakeAsync(embedded);
        await embedded.Store.CarryAsync(history.Before(40), default);
        embedded.Close();
        EmbeddedDamageTests.Flip(embedded.Sums[0], 70);

        var run = await CommandRun.OfAsync(embedded.Data, await server.NewDatabaseAsync(), "move", "--to", "postgres");

        Assert.Equal(2, run.Exit);
        Assert.Contains(Path.GetFileName(embedded.Sums[0]) + " is damaged", run.Errors, StringComparison.Ordinal);
    }
}
