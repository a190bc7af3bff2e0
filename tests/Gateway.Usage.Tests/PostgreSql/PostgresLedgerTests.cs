using System.Text.Json;
using Gateway.Core.Admission.Shared;
using Gateway.Core.Journal;
using Gateway.Core.Money;
using Gateway.Usage.Budgets;
using Gateway.Usage.Ledger;
using Gateway.Usage.Ledger.PostgreSql;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Gateway.Usage.Tests.PostgreSql;

/// <summary>What the ledger in PostgreSQL promises beside the contract of both stores.</summary>
[Collection(PostgresCollectionFixture.Name)]
public sealed class PostgresLedgerTests(PostgresServer server)
{
    private static readonly UsageDimension[] All = Enum.GetValues<UsageDimension>();

    [Fact]
    public async Task Requests_marks_and_sums_are_there_after_a_restart_and_a_repetition_adds_nothing()
    {
        var database = await server.NewDatabaseAsync();
        await using var usage = await UsageHost.StartAsync(database: database);
        var journal = new FakeJournal().Add(FakeJournal.Final().Intent);
        for (var i = 0; i < 100; i++)
        {
            journal.Add(FakeJournal.Final(input: 100 + i, time: FakeJournal.Noon + (i * 3_600_000L)));
        }

        Assert.Equal((200, 101), await usage.PostAsync(journal.All()));
        var (total, requests) = (await usage.TotalAsync(), await usage.AllRequestsAsync(limit: 7));
        Assert.Equal(100, requests.Count);
        await usage.StartAgainAsync();

        Assert.Equal(total.ToString(), (await usage.TotalAsync()).ToString());
        Assert.Equal(requests.Select(static r => r.ToString()), (await usage.AllRequestsAsync()).Select(static r => r.ToString()));
        Assert.Equal((200, 101), await usage.PostAsync(journal.All()));
        Assert.Equal(100, (await usage.TotalAsync()).GetProperty("requests").GetInt64());
        Assert.Equal(100, usage.Ledger.Requests);
        Assert.False(Directory.Exists(usage.LedgerFolder));
    }

    [Fact]
    public async Task A_batch_that_begins_too_late_is_told_the_next_record()
    {
        await using var usage = await UsageHost.StartAsync(database: await server.NewDatabaseAsync());
        var journal = new FakeJournal().Add(FakeJournal.Final()).Add(FakeJournal.Final()).Add(FakeJournal.Final());

        Assert.Equal((409, 1), await usage.PostAsync(journal.Batch(2, 3)));
        Assert.Equal((200, 1), await usage.PostAsync(journal.Batch(1, 1)));
        Assert.Equal((409, 2), await usage.PostAsync(journal.Batch(3, 3)));
        Assert.Equal(1, (await usage.TotalAsync()).GetProperty("requests").GetInt64());
    }

    [Fact]
    public async Task The_same_request_with_another_body_is_kept_as_evidence_and_never_counted()
    {
        var database = await server.NewDatabaseAsync();
        await using var usage = await UsageHost.StartAsync(database: database);
        var id = Guid.CreateVersion7();
        await usage.PostAsync(new FakeJournal().Add(FakeJournal.Final(id)).All());
        var other = new FakeJournal().Add(FakeJournal.Final(id)).Add(FakeJournal.Final(id, input: 999)).Add(FakeJournal.Final(id, time: FakeJournal.Noon + 90_000_000));
        Assert.Equal((200, 3), await usage.PostAsync(other.All()));
        Assert.Equal((200, 3), await usage.PostAsync(other.All()));

        Assert.Equal(1, (await usage.TotalAsync()).GetProperty("requests").GetInt64());
        Assert.Equal(2, usage.Log.Of(5013).Length);
        Assert.Equal(2L, await PostgresServer.AskAsync(database, "select count(*) from gateway_ledger_evidence"));
    }

    [Fact]
    public async Task Two_records_of_one_request_in_one_batch_count_once()
    {
        await using var usage = await UsageHost.StartAsync(database: await server.NewDatabaseAsync());
        var id = Guid.CreateVersion7();
        var journal = new FakeJournal().Add(FakeJournal.Final(id)).Add(FakeJournal.Final(id)).Add(FakeJournal.Final(id, output: 1)).Add(FakeJournal.Final());

        Assert.Equal((200, 4), await usage.PostAsync(journal.All()));

        Assert.Equal(2, (await usage.TotalAsync()).GetProperty("requests").GetInt64());
        Assert.Single(usage.Log.Of(5013));
    }

    [Fact]
    public async Task Lost_records_are_named_once_and_a_restored_journal_counts_anew()
    {
        var database = await server.NewDatabaseAsync();
        await using var usage = await UsageHost.StartAsync(database: database);
        var journal = new FakeJournal().Add(FakeJournal.Final());
        var copy = journal.Backup();
        journal.Lose(5).Add(FakeJournal.Final());
        Assert.Equal((200, 7), await usage.PostAsync(journal.All()));
        Assert.Equal((200, 7), await usage.PostAsync(journal.All()));
        Assert.Single(usage.Log.Of(5012));
        Assert.Equal(2L, await PostgresServer.AskAsync(database, "select from_seq from gateway_ledger_gaps"));

        copy.Epoch++;
        copy.Add(FakeJournal.Final());
        Assert.Equal((200, 2), await usage.PostAsync(copy.Batch(2, 2)));
        Assert.Single(usage.Log.Of(5011));
        Assert.Equal(3, (await usage.TotalAsync()).GetProperty("requests").GetInt64());
    }

    [Fact]
    public async Task A_text_that_PostgreSQL_cannot_hold_does_not_stop_the_journal()
    {
        await using var usage = await UsageHost.StartAsync(database: await server.NewDatabaseAsync());
        var odd = FakeJournal.Final(model: "a\0b" + new string('ü', 500));
        odd = odd with { Intent = odd.Intent with { User = "\0", Tags = ["x=\0"], KeyId = new string('界', 500), Team = new string('界', 500), Budgets = [new BudgetSlot(new string('b', 3000), 1)], Organisation = "o" } };

        Assert.Equal((200, 1), await usage.PostAsync(new FakeJournal().Add(odd).All()));
        await usage.Service<PostgresLedger>().RollUpAsync(default);

        Assert.Equal(odd.Intent.RequestedModel, (await usage.Ledger.FindAsync(odd.Intent.RequestId, default))!.Final.Intent.RequestedModel);
        Assert.Equal(1, (await usage.Ledger.SumAsync(new UsageQuery([UsageDimension.Model]), default)).Total.Requests);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Sums_are_those_of_the_requests_however_much_of_them_is_summed_up(int seed)
    {
        var random = new Random(seed);
        await using var usage = await UsageHost.StartAsync(database: await server.NewDatabaseAsync());
        var ledger = usage.Service<PostgresLedger>();
        var journal = new FakeJournal();
        var finals = new List<UsageFinal>();
        for (var round = 0; round < 4; round++)
        {
            var from = journal.LastSeq + 1;
            for (var i = 0; i < 60; i++)
            {
                finals.Add(Any(random));
                journal.Add(finals[^1]);
            }

            await usage.PostAsync(journal.Batch(from, journal.LastSeq));
            if (round % 2 == 0)
            {
                await ledger.RollUpAsync(default);
            }

            for (var i = 0; i < 12; i++)
            {
                var query = AnyQuery(random);
                var expected = new UsageGrouping(query);
                finals.ForEach(expected.Add);
                Assert.Equal(Text(expected.Sums), Text(await ledger.SumAsync(query, default)));
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Pages_hold_what_the_filters_say_newest_first_while_others_arrive(int seed)
    {
        var random = new Random(seed);
        await using var usage = await UsageHost.StartAsync(database: await server.NewDatabaseAsync());
        var journal = new FakeJournal();
        var finals = Enumerable.Range(0, 150).Select(_ => Any(random)).ToList();
        finals.ForEach(final => journal.Add(final));
        await usage.PostAsync(journal.All());
        for (var i = 0; i < 12; i++)
        {
            var filters = AnyQuery(random).Filters;
            var from = FakeJournal.Noon + random.Next(50_000_000);
            var query = new RequestQuery(random.Next(1, 20), null, from, from + random.Next(200_000_000), filters);
            var found = new List<UsageFinal>();
            RequestPlace? next = null;
            do
            {
                var page = await usage.Ledger.ListAsync(query with { Before = next }, default);
                found.AddRange(page.Requests.Select(static entry => entry.Final));
                next = page.Next;
            }
            while (next is not null);

            var expected = finals.Where(final => final.Intent.TimeUnixMs >= query.FromUnixMs && final.Intent.TimeUnixMs < query.ToUnixMs && UsageGrouping.Passes(final, final.Intent.Deployment, filters));
            Assert.Equal(expected.Select(static final => final.Intent.RequestId).Order(), found.Select(static final => final.Intent.RequestId).Order());
            Assert.Equal(found.Select(static final => final.Intent.TimeUnixMs).OrderDescending(), found.Select(static final => final.Intent.TimeUnixMs));
        }
    }

    [Fact]
    public async Task Budgets_are_the_same_after_a_restart_whatever_is_summed_up()
    {
        var slot = new BudgetSlot("key:demo|lifetime", 0);
        await using var usage = await UsageHost.StartAsync(database: await server.NewDatabaseAsync());
        var journal = new FakeJournal();
        var spent = 0L;
        for (var i = 0; i < 30; i++)
        {
            var final = Budgeted(FakeJournal.Final(input: 100 + i), slot);
            spent += final.CostNanoUsd;
            journal.Add(final);
            await usage.PostAsync(journal.Batch(i + 1, i + 1));
            if (i == 15)
            {
                await usage.Service<PostgresLedger>().RollUpAsync(default);
            }
        }

        Assert.Equal([spent], usage.Service<BudgetBook>().SpentIn("acme", [slot]));
        await usage.StartAgainAsync();

        Assert.Equal([spent], usage.Service<BudgetBook>().SpentIn("acme", [slot]));
        Assert.Equal(30, usage.Service<BudgetBook>().Cut("acme").Settled.Count);
        Assert.Equal(30, usage.Ledger.Requests);
    }

    [Fact]
    public async Task Two_processes_take_batches_at_once_and_each_knows_all_of_them()
    {
        var slot = new BudgetSlot("key:demo|lifetime", 0);
        var database = await server.NewDatabaseAsync();
        var hosts = await Task.WhenAll(UsageHost.StartAsync(database: database), UsageHost.StartAsync(database: database));
        await using var first = hosts[0];
        await using var second = hosts[1];
        var journals = Enumerable.Range(0, 4).Select(static _ => new FakeJournal()).ToArray();
        var finals = new List<UsageFinal>();
        foreach (var journal in journals)
        {
            for (var i = 0; i < 50; i++)
            {
                finals.Add(Budgeted(FakeJournal.Final(input: 10 + finals.Count), slot));
                journal.Add(finals[^1]);
            }
        }

        // Each batch comes to both.
        await Task.WhenAll(journals.SelectMany(journal => hosts.Select(async host =>
        {
            for (var next = 1L; next <= journal.LastSeq; next += 10)
            {
                Assert.Equal((200, next + 9), await host.PostAsync(journal.Batch(next, next + 9)));
            }
        })));

        foreach (var host in hosts)
        {
            Assert.Equal(finals.Count, (await host.TotalAsync()).GetProperty("requests").GetInt64());
            Assert.True(await host.Service<PostgresLedger>().TryFollowAsync(default));
            Assert.Equal([finals.Sum(static final => final.CostNanoUsd)], host.Service<BudgetBook>().SpentIn("acme", [slot]));
            Assert.Equal(finals.Count, host.Ledger.Requests);
        }
    }

    [Fact]
    public async Task Many_processes_that_start_at_once_make_the_tables_once()
    {
        var database = await server.NewDatabaseAsync();
        var hosts = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => UsageHost.StartAsync(database: database)));
        foreach (var host in hosts)
        {
            Assert.Equal(HealthStatus.Healthy, (await host.ReportAsync()).Entries["ledger"].Status);
            Assert.Empty(host.Log.Of(5050));
            await host.DisposeAsync();
        }

        Assert.Equal(1L, await PostgresServer.AskAsync(database, "select count(*) from gateway_schema where feature = 'ledger'"));
    }

    internal static UsageFinal Budgeted(UsageFinal final, params BudgetSlot[] slots) => final with { Intent = final.Intent with { Organisation = "acme", Budgets = slots } };

    internal static UsageFinal Any(Random random)
    {
        var final = FakeJournal.Final(
            key: "k" + random.Next(3), model: "m" + random.Next(3), deployment: Pick(random, "a/x", "b/y", "/odd", "plain"), team: Pick(random, "", "red", "blue"), status: Pick(random, 0, 200, 404, 503),
            input: random.Next(10, 500), output: random.Next(100), time: FakeJournal.Noon + random.Next(200_000_000));
        final = final with
        {
            Intent = final.Intent with { User = Pick(random, "", "ada", "bob"), Organisation = Pick(random, "", "acme"), Tags = Pick(random, [], ["a=1"], ["a=1", "b=2"], new[] { "b=2" }) },
        };
        return random.Next(4) switch
        {
            0 => FakeJournal.After(final, ("a/x", new TokenUsage(random.Next(9), 0, 0, 1, 0), random.Next(90)), ("c/z", new TokenUsage(0, 0, 0, 2, 1) { AudioOutput = 1 }, 5)),
            1 => FakeJournal.After(final, ("c/z", default, 0)) with { CostNanoUsd = 77 },
            _ => final,
        };
    }

    private static UsageQuery AnyQuery(Random random)
    {
        var groups = All.OrderBy(_ => random.Next()).Take(random.Next(4)).ToArray();
        var filters = new List<UsageFilter>();
        for (var i = random.Next(3); i > 0; i--)
        {
            filters.Add(random.Next(7) switch
            {
                0 => new UsageFilter(UsageDimension.Key, ["k1", "k2"]),
                1 => new UsageFilter(UsageDimension.User, ["ada", ""]),
                2 => new UsageFilter(UsageDimension.Tag, ["", "a=1"]),
                3 => new UsageFilter(UsageDimension.Status, ["unknown", "4xx"]),
                4 => new UsageFilter(UsageDimension.Provider, ["a", "/odd", "plain"]),
                5 => new UsageFilter(UsageDimension.Deployment, ["c/z", "a/x"]),
                _ => new UsageFilter(UsageDimension.Tag, ["b=2"]),
            });
        }

        var hour = (int)(FakeJournal.Noon / 3_600_000);
        return random.Next(2) == 0 ? new UsageQuery(groups, Filters: filters) : new UsageQuery(groups, hour + random.Next(20), hour + 20 + random.Next(20), filters);
    }

    private static string Text(UsageSums sums) => JsonSerializer.Serialize(sums);

    private static T Pick<T>(Random random, params T[] values) => values[random.Next(values.Length)];
}
