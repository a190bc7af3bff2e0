using System.Globalization;
using Gateway.Core.Journal;
using Gateway.Usage.Ledger;
using Gateway.Usage.Ledger.Corrections;
using Gateway.Usage.Ledger.PostgreSql;
using Gateway.Usage.Ledger.PostgreSql.Cache;
using Gateway.Usage.Tests.Commands;
using Gateway.Usage.Tests.Ledger;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Usage.Tests.PostgreSql;

/// <summary>Columns on this machine beside the ledger in PostgreSQL: whatever becomes of either, sums are those of the server.</summary>
[Collection(ColumnsCollectionFixture.Name)]
public sealed class ColumnCacheTests(PostgresServer server)
{
    private const long DayMs = 86_400_000;

    [Theory]
    [InlineData(81)]
    [InlineData(82)]
    [InlineData(83)]
    public async Task Sums_are_those_of_the_server_whoever_adds_corrects_carries_and_restarts(int seed)
    {
        var (random, requests, finals, journal) = (new Random(seed), new RandomLedger(seed), new List<UsageFinal>(), new FakeJournal());
        var database = await server.NewDatabaseAsync();
        await using var cached = await UsageHost.StartAsync(database: database, columns: true);
        await using var plain = await UsageHost.StartAsync(database: database, columns: false);
        var (carriedDays, answeredHere) = (0, 0);
        for (var step = 0; step < 60; step++)
        {
            var one = random.Next(2) == 0 ? cached : plain;
            switch (random.Next(6))
            {
                case 0 when finals.Count > 0:
                    await CorrectAsync(one, finals[random.Next(finals.Count)], random.Next(1_000_000));
                    break;
                case 1:
                    await one.Service<PostgresLedger>().RollUpAsync(default);
                    break;
                case 2 when carriedDays < 36:
                    carriedDays += random.Next(1, 4);
                    await one.Ledger.CarryAsync(DateTimeOffset.FromUnixTimeMilliseconds(RandomLedger.Start + (carriedDays * DayMs)), default);
                    break;
                case 3 when random.Next(2) == 0:
                    await cached.StartAgainAsync();
                    break;
                default:
                    var from = journal.LastSeq + 1;
                    for (var i = random.Next(1, 40); i > 0; i--)
                    {
                        // Sums that do not fit end at the greatest number, and then depend on the order of corrections.
                        var final = requests.Next();
                        finals.Add(final.CostNanoUsd < 1L << 50 ? final : final with { CostNanoUsd = 1L << 50 });
                        journal.Add(finals[^1]);
                    }

                    await one.PostAsync(journal.Batch(from, journal.LastSeq));
                    break;
            }

            if (random.Next(2) == 0)
            {
                await cached.Service<PostgresLedger>().KeepColumnsAsync(default);
            }

            foreach (var query in new[] { requests.Query(), Columns.ByAll })
            {
                var expected = RandomLedger.Lines(await plain.Ledger.SumAsync(query, default));
                var found = RandomLedger.Lines(await cached.Ledger.SumAsync(query, default));
                Assert.True(
                    expected.SequenceEqual(found), $"step {step}: {RandomLedger.Describe(query)}\nserver:  {string.Join("\n", expected.Except(found))}\ncolumns: {string.Join("\n", found.Except(expected))}");
                answeredHere += cached.Service<PostgresLedger>().HasColumns ? 1 : 0;
            }
        }

        Assert.InRange(answeredHere, 60, 120);
        Assert.Equal(finals.Count, (await cached.Ledger.SumAsync(new UsageQuery([]), default)).Total.Requests);
    }

    [Fact]
    public async Task More_rows_than_one_step_reads_are_all_there_for_the_next_sum()
    {
        var database = await server.NewDatabaseAsync();
        await using var ledger = await PostgresUnderTest.WithColumnsAsync(database);
        await ledger.TakeAsync(FakeJournal.Final());
        var request = await PostgresServer.AskAsync(database, "select string_agg(column_name, ', ' order by ordinal_position) from information_schema.columns where table_schema = current_schema() and table_name = 'gateway_ledger_requests' and column_name not in ('row_no', 'request_id')");
        var charge = await PostgresServer.AskAsync(database, "select string_agg(column_name, ', ' order by ordinal_position) from information_schema.columns where table_schema = current_schema() and table_name = 'gateway_ledger_charges' and column_name not in ('row_no', 'deployment')");
        await PostgresServer.AskAsync(
            database,
            string.Create(
                CultureInfo.InvariantCulture,
                $"""
                with fresh as (
                    insert into gateway_ledger_requests (row_no, request_id, {request})
                    select nextval('gateway_ledger_rows'), gen_random_uuid(), {request} from gateway_ledger_requests cross join generate_series(1, {(2 * RowFeed.StepRows) + 77}) returning *)
                insert into gateway_ledger_charges (row_no, deployment, {charge}) select row_no, 'other/one', {charge} from fresh
                """));

        var sums = await ledger.Store.SumAsync(new UsageQuery([UsageDimension.Deployment]), default);

        Assert.Equal((2 * RowFeed.StepRows) + 78, sums.Total.Requests);
        Assert.Equal(sums.Groups[0].Sum.InputTokens - FakeJournal.Final().Usage.Input, sums.Groups[1].Sum.InputTokens);
    }

    [Fact]
    public async Task What_was_read_once_is_not_read_again_by_the_next_start()
    {
        await using var cached = await UsageHost.StartAsync(database: await server.NewDatabaseAsync(), columns: true);
        var expected = await Columns.FillAsync(cached, 300);
        Assert.Single(cached.Log.Of(Columns.Loaded));

        await cached.StartAgainAsync();
        await cached.Service<PostgresLedger>().KeepColumnsAsync(default);

        Assert.True(cached.Service<PostgresLedger>().HasColumns);
        Assert.Equal(expected, await Columns.LinesAsync(cached));
        Assert.Single(cached.Log.Of(Columns.Loaded));
        Assert.Single(cached.Log.Of(Columns.Found));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Another_history_of_the_database_makes_them_again_whether_the_service_runs_or_not(bool isRunning)
    {
        var database = await server.NewDatabaseAsync();
        await using var cached = await UsageHost.StartAsync(database: database, columns: true);
        await using var plain = await UsageHost.StartAsync(database: database, columns: false);
        await Columns.FillAsync(cached, 120);
        if (!isRunning)
        {
            await cached.StopAsync();
        }

        // As after a backup: the newest are gone, and others come under their numbers.
        await PostgresServer.AskAsync(
            database,
            """
            with gone as (delete from gateway_ledger_requests where row_no > 90 returning row_no), charges as (delete from gateway_ledger_charges where row_no > 90)
            select setval('gateway_ledger_rows', 90)
            """);
        var journal = new FakeJournal();
        for (var i = 0; i < 50; i++)
        {
            journal.Add(FakeJournal.Final(input: 7_000 + i));
        }

        await plain.PostAsync(journal.All());
        if (!isRunning)
        {
            await cached.StartAgainAsync();
            await cached.Service<PostgresLedger>().KeepColumnsAsync(default);
        }

        Assert.Equal(await Columns.LinesAsync(plain), await Columns.LinesAsync(cached));
        await cached.Service<PostgresLedger>().KeepColumnsAsync(default);
        Assert.True(cached.Service<PostgresLedger>().HasColumns);
        Assert.Equal(await Columns.LinesAsync(plain), await Columns.LinesAsync(cached));
    }

    [Fact]
    public async Task Sums_that_another_ledger_was_moved_with_are_in_them()
    {
        await using var embedded = new EmbeddedRig(segmentBytes: 4096);
        var history = new CarriedHistory(31, 120);
        await history.TakeAsync(embedded);
        await embedded.Store.CarryAsync(history.Before(70), default);
        embedded.Close();
        var database = await server.NewDatabaseAsync();
        await using var ledger = await PostgresUnderTest.WithColumnsAsync(database);

        Assert.Equal(0, (await CommandRun.OfAsync(embedded.Data, database, "move", "--to", "postgres")).Exit);

        var lines = RandomLedger.Lines(await ledger.Store.SumAsync(Columns.ByAll, default));
        await ledger.RestartAsync();
        Assert.Equal(lines, RandomLedger.Lines(await ledger.Store.SumAsync(Columns.ByAll, default)));
        await history.CheckAsync(ledger);
    }

    [Fact]
    public async Task Requests_that_are_kept_no_longer_are_sums_here_too()
    {
        await using var cached = await UsageHost.StartAsync(database: await server.NewDatabaseAsync(), columns: true);
        var journal = new FakeJournal();
        for (var i = 0; i < 200; i++)
        {
            journal.Add(FakeJournal.Final(time: FakeJournal.Noon + (i < 120 ? i : (5 * DayMs) + i)));
        }

        await cached.Service<PostgresLedger>().KeepColumnsAsync(default);
        // The last ones are fewer than a file has: a start reads them again.
        foreach (var (from, to) in new[] { (1, 120), (121, 180), (181, 200) })
        {
            await cached.PostAsync(journal.Batch(from, to));
            await cached.Service<PostgresLedger>().KeepColumnsAsync(default);
        }

        var before = await Columns.LinesAsync(cached);
        var files = CacheManifest.Read(Columns.FolderOf(cached))!.Files;
        Assert.All(files, static file => Assert.False(file.IsSummed));

        Assert.Equal(120, await cached.Ledger.CarryAsync(DateTimeOffset.FromUnixTimeMilliseconds(FakeJournal.Noon + (3 * DayMs)), default));
        await cached.Service<PostgresLedger>().KeepColumnsAsync(default);

        // The file of which all requests are old.
        var manifest = CacheManifest.Read(Columns.FolderOf(cached))!;
        using var summed = CacheFile.TryOpen(Columns.FolderOf(cached), Assert.Single(manifest.Files, static file => file.IsSummed), check: true)!;
        Assert.Equal((1, FakeJournal.Noon / 3_600_000 * 3_600_000), (summed.Count, summed.MinTime));
        Assert.Equal(manifest.Files.Count, Directory.GetFiles(Columns.FolderOf(cached), "*" + CacheFile.Extension).Length);
        Assert.Equal(before, await Columns.LinesAsync(cached));
        await cached.StartAgainAsync();
        await cached.Service<PostgresLedger>().KeepColumnsAsync(default);
        Assert.Equal(before, await Columns.LinesAsync(cached));
        Assert.Single(cached.Log.Of(Columns.Loaded));
    }

    [Fact]
    public async Task A_process_that_comes_when_all_requests_are_sums_keeps_its_columns()
    {
        var database = await server.NewDatabaseAsync();
        await using (var first = await UsageHost.StartAsync(database: database, columns: false))
        {
            await first.PostAsync(new FakeJournal().Add(FakeJournal.Final()).Add(FakeJournal.Final(time: FakeJournal.Noon + DayMs)).All());
            Assert.Equal(2, await first.Ledger.CarryAsync(DateTimeOffset.FromUnixTimeMilliseconds(FakeJournal.Noon + (3 * DayMs)), default));
        }

        await using var cached = await UsageHost.StartAsync(database: database, columns: true);
        await cached.Service<PostgresLedger>().KeepColumnsAsync(default);
        Assert.Equal(2, (await cached.Ledger.SumAsync(Columns.ByAll, default)).Total.Requests);
        Assert.True(cached.Service<PostgresLedger>().HasColumns);
        await cached.StartAgainAsync();
        await cached.Service<PostgresLedger>().KeepColumnsAsync(default);
        await cached.PostAsync(new FakeJournal().Add(FakeJournal.Final(time: FakeJournal.Noon + (4 * DayMs))).All());

        Assert.Equal(3, (await cached.Ledger.SumAsync(Columns.ByAll, default)).Total.Requests);
        Assert.True(cached.Service<PostgresLedger>().HasColumns);
        Assert.Single(cached.Log.Of(Columns.Loaded));
    }

    [Fact]
    public async Task Names_that_the_database_cannot_hold_are_found_by_what_it_makes_of_them()
    {
        await using var ledger = await PostgresUnderTest.WithColumnsAsync(await server.NewDatabaseAsync());
        await ledger.TakeAsync(FakeJournal.Final(model: "a\0b"), FakeJournal.Final());

        var sums = await ledger.Store.SumAsync(new UsageQuery([UsageDimension.Model], Filters: [new UsageFilter(UsageDimension.Model, ["a\0b"])]), default);

        Assert.Equal((1, "a\uFFFDb"), (sums.Total.Requests, Assert.Single(sums.Groups).Values[0]));
    }

    [Fact]
    public async Task Two_processes_of_one_machine_have_folders_of_their_own_and_one_that_was_told_not_to_has_none()
    {
        var database = await server.NewDatabaseAsync();
        await using var first = await UsageHost.StartAsync(database: database, columns: true);
        await using var second = await UsageHost.StartAsync(first.Folder, database: database, columns: true);
        var expected = await Columns.FillAsync(first, 60);
        await second.Service<PostgresLedger>().KeepColumnsAsync(default);

        Assert.True(second.Service<PostgresLedger>().HasColumns);
        Assert.Equal(expected, await Columns.LinesAsync(second));
        Assert.Equal(["0", "1"], Directory.GetDirectories(Path.Combine(first.Folder, ColumnCache.FolderName)).Select(Path.GetFileName).Order());

        await using var without = await UsageHost.StartAsync(database: database, columns: false);
        await without.Service<PostgresLedger>().KeepColumnsAsync(default);
        Assert.Equal(expected, await Columns.LinesAsync(without));
        Assert.False(Directory.Exists(Path.Combine(without.Folder, ColumnCache.FolderName)));
    }

    private static async Task CorrectAsync(UsageHost usage, UsageFinal final, long nanoUsd)
    {
        // Of long ago: one of today would keep its request from being carried.
        var old = await usage.Ledger.FindAsync(final.Intent.RequestId, default);
        var cost = old?.Corrections is [.., var last] ? last.NewNanoUsd : final.CostNanoUsd;
        await usage.Ledger.CorrectAsync([new CostCorrection(Guid.CreateVersion7(), final.Intent.RequestId, cost, nanoUsd, "", DateTimeOffset.UnixEpoch, "ada")], default);
    }
}
