using System.Data;
using Gateway.Core.Admission.Shared;
using Gateway.Core.Configuration;
using Gateway.Core.Journal;
using Gateway.Core.Money;
using Gateway.Usage.Budgets;
using Gateway.Usage.Commands;
using Gateway.Usage.Ledger;
using Gateway.Usage.Ledger.Corrections;
using Gateway.Usage.Ledger.PostgreSql;
using Gateway.Usage.Tests.Commands;
using Gateway.Usage.Tests.Ledger;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Usage.Tests.PostgreSql;

/// <summary>How the ledger in PostgreSQL turns its oldest days into sums.</summary>
[Collection(PostgresCollectionFixture.Name)]
public sealed class PostgresRetentionTests(PostgresServer server) : RetentionContract
{
    private const long DayMs = 86_400_000;
    private const string Tables = "select count(*) from pg_class where relname ~ '^gateway_ledger_(requests|charges)_202603[0-9]{2}$' and relnamespace = current_schema()::regnamespace";

    private static readonly BudgetSlot Lifetime = new("key:demo|lifetime", 0);
    private static readonly UsageQuery ByUser = new([UsageDimension.User, UsageDimension.Tag, UsageDimension.Hour]);

    private protected override async Task<ILedgerUnderTest> OpenAsync() => new PostgresUnderTest(await UsageHost.StartAsync(database: await server.NewDatabaseAsync(), columns: false));

    [Fact]
    public async Task A_report_that_began_before_has_each_request_once()
    {
        var database = await server.NewDatabaseAsync();
        await using var ledger = new PostgresUnderTest(await UsageHost.StartAsync(database: database));
        var past = new LedgerPast(61);
        await past.TakeAsync(ledger);
        var before = RandomLedger.Lines(await ledger.Store.SumAsync(ByUser, default));

        // Its snapshot is made, and it has looked at no table of the ledger yet.
        await using var report = await PostgresServer.OpenAsync(database);
        await using var snapshot = await report.BeginTransactionAsync(IsolationLevel.RepeatableRead);
        await LedgerSql.NumberAsync(LedgerSql.Command(report, "select count(*) from gateway_schema"), default);
        Assert.True(await ledger.Store.CarryAsync(LedgerPast.At(30), default) > 0);

        Assert.Equal(before, RandomLedger.Lines(await LedgerSums.SumAsync(report, ByUser, default)));
        Assert.Equal(before, RandomLedger.Lines(await ledger.Store.SumAsync(ByUser, default)));
    }

    [Fact]
    public async Task A_piece_that_is_refused_leaves_the_ledger_as_it_was_and_the_next_time_goes_on()
    {
        var database = await server.NewDatabaseAsync();
        await using var ledger = new PostgresUnderTest(await UsageHost.StartAsync(database: database));
        var past = new LedgerPast(62);
        await past.TakeAsync(ledger);
        await PostgresServer.AskAsync(
            database,
            $"""
            create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
            create trigger refuse before insert on gateway_ledger_carried for each row when (new.hour > {LedgerPast.At(10).ToUnixTimeSeconds() / 3600}) execute function refuse()
            """);
        await Assert.ThrowsAsync<LedgerUnavailableException>(() => ledger.Store.CarryAsync(LedgerPast.At(30), default));

        var carried = (long)(await PostgresServer.AskAsync(database, "select sum(requests)::bigint from gateway_ledger_carried"))!;
        Assert.True(carried > 0);
        await ledger.RestartAsync();
        await past.CheckAsync(ledger, carried, LedgerPast.At(11));
        await NothingIsOffAsync(database);

        await PostgresServer.AskAsync(database, "drop trigger refuse on gateway_ledger_carried");
        carried += await ledger.Store.CarryAsync(LedgerPast.At(30), default);
        await past.CheckAsync(ledger, carried, LedgerPast.At(30));
        await NothingIsOffAsync(database);
    }

    [Fact]
    public async Task Tables_of_carried_days_go_when_no_report_can_miss_them_and_are_made_again_for_what_comes_late()
    {
        var database = await server.NewDatabaseAsync();
        await using var ledger = new PostgresUnderTest(await UsageHost.StartAsync(database: database));
        await ledger.TakeAsync(FakeJournal.Final(), FakeJournal.Final(time: FakeJournal.Noon + DayMs), FakeJournal.Final(time: FakeJournal.Noon + (2 * DayMs)));
        var tables = await PostgresServer.AskAsync(database, Tables) is long count ? count : 0;
        var cut = DateTimeOffset.FromUnixTimeMilliseconds(FakeJournal.Noon + (2 * DayMs));

        Assert.Equal(2, await ledger.Store.CarryAsync(cut, default));
        Assert.Equal(0, await ledger.Store.CarryAsync(cut, default));
        Assert.Equal(tables, await PostgresServer.AskAsync(database, Tables));

        // Somebody reads: nobody waits. Then nobody does.
        await PostgresServer.AskAsync(database, "update gateway_ledger_state set carried_at = carried_at - interval '11 minutes'");
        await using (var reader = await PostgresServer.OpenAsync(database))
        {
            await using var reading = await reader.BeginTransactionAsync();
            await LedgerSql.NumberAsync(LedgerSql.Command(reader, "select count(*) from gateway_ledger_requests"), default);
            Assert.Equal(0, await ledger.Store.CarryAsync(cut, default));
            Assert.Equal(tables, await PostgresServer.AskAsync(database, Tables));
        }

        // The service looks at the tables now and then as well, and a drop waits for nobody: it comes with one of the next times.
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        do
        {
            patience.Token.ThrowIfCancellationRequested();
            Assert.Equal(0, await ledger.Store.CarryAsync(cut, default));
        }
        while (await PostgresServer.AskAsync(database, Tables) is long left && left > tables - 4);
        Assert.Equal(tables - 4, await PostgresServer.AskAsync(database, Tables));

        await ledger.TakeAsync(FakeJournal.Final());
        Assert.Equal(tables - 2, await PostgresServer.AskAsync(database, Tables));
        Assert.Equal((4, 4), (ledger.Store.Requests, (await ledger.TotalAsync()).Requests));
    }

    [Fact]
    public async Task What_came_late_and_was_carried_before_a_process_read_it_is_in_its_budgets()
    {
        var database = await server.NewDatabaseAsync();
        await using var usage = await UsageHost.StartAsync(database: database);
        var journal = new FakeJournal();
        for (var i = 0; i < 20; i++)
        {
            journal.Add(PostgresLedgerTests.Budgeted(FakeJournal.Final(input: 100 + i), Lifetime));
        }

        await usage.PostAsync(journal.Batch(1, 5));

        // Another process reads so far, and then nothing for a while.
        await using var source = LedgerDatabase.Connect(database, TimeProvider.System, NullLogger.Instance);
        var (budgets, dispatched) = (new BudgetBook(TimeProvider.System), new DispatchedRequests(TimeProvider.System));
        using var follower = new LedgerFollower(source, budgets, dispatched);
        await follower.CatchUpAsync(default);
        Assert.Equal(DateTimeOffset.MinValue, follower.KeptFrom);
        await usage.PostAsync(journal.Batch(6, 20));
        Assert.Equal(20, await usage.Ledger.CarryAsync(DateTimeOffset.FromUnixTimeMilliseconds(FakeJournal.Noon + DayMs), default));
        await usage.PostAsync(new FakeJournal().Add(PostgresLedgerTests.Budgeted(FakeJournal.Final(time: FakeJournal.Noon + (9 * DayMs)), Lifetime)).All());
        await follower.CatchUpAsync(default);

        Assert.Equal(usage.Service<BudgetBook>().SpentIn("acme", [Lifetime]), budgets.SpentIn("acme", [Lifetime]));
        Assert.Equal((21, 21), (follower.Requests, usage.Ledger.Requests));
        Assert.Equal(usage.Ledger.KeptFrom, follower.KeptFrom);
    }

    [Fact]
    public async Task A_request_stays_until_stores_of_budgets_have_surely_heard_of_its_correction_and_keeps_no_other_one()
    {
        var database = await server.NewDatabaseAsync();
        await using var ledger = new PostgresUnderTest(await UsageHost.StartAsync(database: database));
        UsageFinal[] finals = [FakeJournal.Final(), FakeJournal.Final(), FakeJournal.Final(time: FakeJournal.Noon + DayMs)];
        await ledger.TakeAsync(finals);
        var correction = new CostCorrection(Guid.CreateVersion7(), finals[0].Intent.RequestId, finals[0].CostNanoUsd, 7, "", DateTimeOffset.UtcNow, "ada");
        Assert.Equal(CorrectionOutcome.Taken, Assert.Single(await ledger.Store.CorrectAsync([correction], default)).Outcome);
        var cut = DateTimeOffset.FromUnixTimeMilliseconds(FakeJournal.Noon + (2 * DayMs));

        Assert.Equal(2, await ledger.Store.CarryAsync(cut, default));
        Assert.Equal(0, await ledger.Store.CarryAsync(cut, default));
        Assert.Equal([finals[0].Intent.RequestId], (await ledger.WalkAllAsync()).Ids());
        Assert.Equal((3, 7 + (2 * finals[1].CostNanoUsd)), ((await ledger.TotalAsync()).Requests, (await ledger.TotalAsync()).CostNanoUsd));

        await PostgresServer.AskAsync(database, "update gateway_ledger_corrections set made_ms = made_ms - 82800000");
        Assert.Equal(1, await ledger.Store.CarryAsync(cut, default));
        Assert.Equal((3, 7 + (2 * finals[1].CostNanoUsd)), ((await ledger.TotalAsync()).Requests, (await ledger.TotalAsync()).CostNanoUsd));
        Assert.Equal(0, (await CommandRun.OfAsync("", database, "verify")).Exit);
    }

    [Fact]
    public async Task Two_processes_carry_each_request_once()
    {
        var database = await server.NewDatabaseAsync();
        await using var ledger = new PostgresUnderTest(await UsageHost.StartAsync(database: database));
        await using var other = await UsageHost.StartAsync(database: database);
        var past = new LedgerPast(63);
        await past.TakeAsync(ledger);

        var carried = await Task.WhenAll(ledger.Store.CarryAsync(LedgerPast.At(30), default), other.Ledger.CarryAsync(LedgerPast.At(25), default));

        await past.CheckAsync(ledger, carried.Sum(), LedgerPast.At(30));
    }

    [Fact]
    public async Task A_carried_request_is_known_for_one_more_period_and_then_its_id_goes()
    {
        var database = await server.NewDatabaseAsync();
        await using var usage = await UsageHost.StartAsync(database: database);
        var now = DateTimeOffset.UtcNow;
        var finals = new[] { 400, 100, 10 }.Select(days => now - TimeSpan.FromDays(days)).Select(static time => FakeJournal.Final(Guid.CreateVersion7(time), time: time.ToUnixTimeMilliseconds())).ToArray();
        await usage.PostAsync(finals.Aggregate(new FakeJournal(), static (journal, final) => journal.Add(final)).All());
        Assert.Equal(2, await usage.Ledger.CarryAsync(now - TimeSpan.FromDays(90), default));
        Assert.Equal(2L, await PostgresServer.AskAsync(database, "select count(*) from gateway_ledger_ids"));

        // From a journal that was restored: the same, and another of the same request.
        await usage.PostAsync(new FakeJournal().Add(finals[1]).Add(finals[1] with { CostNanoUsd = 1 }).All());

        Assert.Equal(3, usage.Ledger.Requests);
        Assert.Single(usage.Log.Of(5013));
        var verify = await CommandRun.OfAsync("", database, "verify");
        Assert.Contains("1 problems", verify.Output, StringComparison.Ordinal);    // the refused record
    }

    [Theory]
    [InlineData("update gateway_ledger_carried set cost_nano_usd = cost_nano_usd + 1", "sums by hour of days that are kept as sums only are not what was carried")]
    [InlineData("update gateway_ledger_hours set input = input + 1", "the sums by hour tell of")]
    [InlineData("delete from gateway_ledger_carried", "sums by hour of days that are kept as sums only are not what was carried")]
    [InlineData("update gateway_ledger_hours set team = 'sales'", "sums by hour of days that are kept as sums only are not what was carried")]
    public async Task Verify_says_what_was_carried_and_names_what_was_changed_in_it(string change, string problem)
    {
        var database = await server.NewDatabaseAsync();
        await using (var usage = await UsageHost.StartAsync(database: database))
        {
            await usage.PostAsync(new FakeJournal().Add(FakeJournal.Final()).Add(FakeJournal.Final()).Add(FakeJournal.Final(time: FakeJournal.Noon + DayMs)).All());
            Assert.Equal(2, await usage.Ledger.CarryAsync(DateTimeOffset.FromUnixTimeMilliseconds(FakeJournal.Noon + DayMs), default));
        }

        var good = await CommandRun.OfAsync("", database, "verify");
        Assert.Equal(0, good.Exit);
        Assert.Contains("2 requests of 1 day before 2026-03-11, which cost 0.00102 USD, are kept as sums only.", good.Output, StringComparison.Ordinal);
        Assert.Contains("has 1 requests that cost", good.Output, StringComparison.Ordinal);
        await PostgresServer.AskAsync(database, change);

        var run = await CommandRun.OfAsync("", database, "verify");

        Assert.Equal(1, run.Exit);
        Assert.Contains(problem, run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_says_what_is_missing_from_it_where_its_span_reaches_back()
    {
        var database = await server.NewDatabaseAsync();
        await using var usage = await UsageHost.StartAsync(database: database);
        await usage.PostAsync(new FakeJournal().Add(FakeJournal.Final()).Add(FakeJournal.Final(time: FakeJournal.Noon + DayMs)).All());
        await usage.Ledger.CarryAsync(DateTimeOffset.FromUnixTimeMilliseconds(FakeJournal.Noon + DayMs), default);

        var all = await CommandRun.OfAsync("", database, "export", "--format", "csv");
        var newer = await CommandRun.OfAsync("", database, "export", "--format", "csv", "--from", "2026-03-11");

        Assert.Equal((0, 0), (all.Exit, newer.Exit));
        Assert.Contains("1 requests of 1 day before 2026-03-11, which cost 0.00051 USD, are kept as sums only, and not in it.", all.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("sums only", newer.Errors, StringComparison.Ordinal);
        Assert.Equal(all.Standard, newer.Standard);
    }

    [Fact]
    public async Task The_service_carries_at_its_start_and_a_request_that_is_gone_is_answered_with_how_long_requests_are_kept()
    {
        await using var usage = await UsageHost.StartAsync(database: await server.NewDatabaseAsync());
        var (old, young) = (FakeJournal.Final(), FakeJournal.Final(time: DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()));
        await usage.PostAsync(new FakeJournal().Add(old).Add(young).All());
        var before = await usage.GetAsync($"/admin/v1/requests/{Guid.NewGuid()}");
        Assert.Equal(404, before.Status);
        Assert.DoesNotContain("usage.retention", before.Body.ToString(), StringComparison.Ordinal);

        usage.Config.Change(static config => config with { Usage = new UsageConfig { Retention = TimeSpan.FromDays(30) } });
        await usage.StartAgainAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (usage.Ledger.KeptFrom == DateTimeOffset.MinValue)
        {
            await Task.Delay(20, patience.Token);
        }

        var gone = await usage.GetAsync($"/admin/v1/requests/{old.Intent.RequestId}");
        Assert.Equal(404, gone.Status);
        Assert.Contains("kept for 30 days (usage.retention)", gone.Body.ToString(), StringComparison.Ordinal);
        Assert.Equal(200, (await usage.GetAsync($"/admin/v1/requests/{young.Intent.RequestId}")).Status);
        Assert.Equal(2, (await usage.TotalAsync()).GetProperty("requests").GetInt64());
    }

    [Fact]
    public async Task Sums_of_another_ledger_are_moved_once_and_count_like_its_requests()
    {
        var database = await server.NewDatabaseAsync();
        await using var source = new CarriedSource();
        for (var round = 0; round < 2; round++)
        {
            await using var target = LedgerDatabase.Connect(database, TimeProvider.System, NullLogger.Instance);
            var output = new StringWriter();
            Assert.Equal(0, await new MoveCommand(source, target, output).RunAsync(default));
            Assert.Contains("read: 7 requests", output.ToString(), StringComparison.Ordinal);
            Assert.Contains(round == 0 ? "(7 of them new)" : "(0 of them new)", output.ToString(), StringComparison.Ordinal);
        }

        await using var usage = await UsageHost.StartAsync(database: database);
        Assert.Equal(7, usage.Ledger.Requests);
        Assert.Equal(new DateTimeOffset(2026, 3, 11, 0, 0, 0, TimeSpan.Zero), usage.Ledger.KeptFrom);
        Assert.Equal([77], usage.Service<BudgetBook>().SpentIn("acme", [Lifetime]));
        Assert.Equal(
            ["|ada: 4 in 100 cached 0 write 0 out 0 reasoning 0 audio 0/0 cost 40", "a=1|bob: 3 in 90 cached 0 write 0 out 0 reasoning 0 audio 0/0 cost 37", "b=\"2\"|bob: 3 in 90 cached 0 write 0 out 0 reasoning 0 audio 0/0 cost 37", "total: 7 in 190 cached 0 write 0 out 0 reasoning 0 audio 0/0 cost 77"],
            RandomLedger.Lines(await usage.Ledger.SumAsync(new UsageQuery([UsageDimension.Tag, UsageDimension.User]), default)));
        Assert.Equal(
            ["2xx: 7 in 190 cached 0 write 0 out 0 reasoning 0 audio 0/0 cost 77", "total: 7 in 190 cached 0 write 0 out 0 reasoning 0 audio 0/0 cost 77"],
            RandomLedger.Lines(await usage.Ledger.SumAsync(new UsageQuery([UsageDimension.Status]), default)));
        var journal = new FakeJournal { Producer = CarriedSource.Producer }.Add(FakeJournal.Final()).Add(FakeJournal.Final()).Add(FakeJournal.Final(time: FakeJournal.Noon + (9 * DayMs)));
        Assert.Equal((200, 3), await usage.PostAsync(journal.All()));
        Assert.Equal(8, usage.Ledger.Requests);
        Assert.Equal(0, (await CommandRun.OfAsync("", database, "verify")).Exit);
    }

    /// <summary>A ledger that has sums of seven requests and no request.</summary>
    private sealed class CarriedSource : ILedgerSource
    {
        public static readonly Guid Producer = Guid.NewGuid();

        private static readonly CarriedPart Part = new(
            Guid.NewGuid(),
            DateTimeOffset.FromUnixTimeMilliseconds(FakeJournal.Noon),
            [Line("ada", [], 4, 100, 40), Line("bob", ["a=1", "b=\"2\""], 1, 30, 7), Line("bob", ["a=1", "b=\"2\""], 2, 60, 30)],
            [new CarriedSpent("acme", Lifetime, 70), new CarriedSpent("acme", Lifetime, 7)],
            [new RecordOrigin(Producer, 1, 2)]);

        public string Name => "the ledger";

        public IReadOnlyList<string> Problems => [];

        public string? Note => null;

        public Task<CarriedSums?> CarriedAsync(CancellationToken cancellationToken) => Task.FromResult<CarriedSums?>(new CarriedSums(Part.Until, Part.Total) { Days = 1 });

        public IAsyncEnumerable<CarriedPart> PartsAsync(CancellationToken cancellationToken) => new[] { Part }.ToAsyncEnumerable();

        public IAsyncEnumerable<LedgerRecord> ReadAsync(CancellationToken cancellationToken) => AsyncEnumerable.Empty<LedgerRecord>();

        public IAsyncEnumerable<LedgerRecord> CorrectionsAsync(CancellationToken cancellationToken) => AsyncEnumerable.Empty<LedgerRecord>();

        public ValueTask DisposeAsync() => default;

        private static CarriedLine Line(string user, string[] tags, int requests, long input, long cost)
        {
            var sum = new UsageCounters();
            sum.AddRequests(requests);
            sum.AddCharge(new TokenUsage(input, 0, 0, 0, 0), cost);
            return new CarriedLine((int)(FakeJournal.Noon / 3_600_000) - 1, "demo", user, "research", "acme", "gpt-4o", "openai/gpt-4o", 2, tags, sum);
        }
    }

    // Of random requests some have costs that are not those of their prices; beside that nothing is off.
    private static async Task NothingIsOffAsync(string database)
    {
        var lines = (await CommandRun.OfAsync("", database, "verify")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(
            ["are kept as sums only.", "corrections."],
            lines.Where(static line => !line.Contains("is not what its price makes", StringComparison.Ordinal) && !line.Contains("do not add up to what it is charged for", StringComparison.Ordinal))
                .Select(static line => line[line.LastIndexOf(line.EndsWith("only.", StringComparison.Ordinal) ? "are kept" : "corrections", StringComparison.Ordinal)..]));
    }
}
