using Gateway.Core.Admission.Shared;
using Gateway.Usage.Ledger;

namespace Gateway.Usage.Tests.Ledger;

/// <summary>What every store of the ledger must do. A store's own class opens it; sums and pages are in the other two parts.</summary>
public abstract partial class LedgerContract
{
    private static readonly BudgetSlot Lifetime = new("key:demo|lifetime", 0);

    /// <summary>A store on empty data.</summary>
    private protected abstract Task<ILedgerUnderTest> OpenAsync();

    [Fact]
    public async Task An_empty_ledger_has_nothing_and_is_writable()
    {
        await using var ledger = await OpenAsync();

        Assert.Equal(0, ledger.Store.Requests);
        Assert.True(ledger.Store.IsWritable);
        Assert.Null(ledger.Store.Failure);
        Assert.Equal(RandomLedger.Line(new UsageCounters()), RandomLedger.Line(await ledger.TotalAsync()));
        Assert.Empty((await ledger.Store.ListAsync(new RequestQuery(10), default)).Requests);
        Assert.Null(await ledger.Store.FindAsync(Guid.NewGuid(), default));
        Assert.Empty(await ledger.WalkAllAsync());
    }

    [Fact]
    public async Task A_record_comes_back_as_it_was_written_with_where_it_came_from()
    {
        await using var ledger = await OpenAsync();
        var final = FakeJournal.After(FakeJournal.Final(), ("azure/gpt-4o", new(30, 0, 0, 1, 0), 5000)) with { ServiceTier = "flex", Warnings = ["logit_bias", "n"], TimeToFirstTokenMs = 12 };
        final = final with { Intent = final.Intent with { Tags = ["env=prod", "team=ü"], PriceVersion = "2026-01-31", Organisation = "acme", Owner = "alice", Budgets = [Lifetime] } };
        var journal = new FakeJournal(7).Add(final.Intent).Add(final);
        await ledger.TakeAsync(journal.All());

        var found = await ledger.Store.FindAsync(final.Intent.RequestId, default);
        Assert.NotNull(found);
        Assert.Equal(new RecordOrigin(journal.Producer, 7, 2), found.Origin);
        Assert.Equivalent(final, found.Final, strict: true);
        Assert.Equivalent(found, Assert.Single((await ledger.Store.ListAsync(new RequestQuery(10), default)).Requests), strict: true);
        Assert.Equivalent(found, Assert.Single(await ledger.WalkAllAsync()), strict: true);
    }

    [Fact]
    public async Task A_repeated_batch_adds_nothing_and_is_acknowledged_again()
    {
        await using var ledger = await OpenAsync();
        var journal = Journal(50);
        await ledger.TakeAllAsync(journal, 7);
        var total = RandomLedger.Line(await ledger.TotalAsync());

        Assert.Equal(new IngestResult(50, null), await ledger.TakeAsync(journal.All()));
        Assert.Equal(new IngestResult(20, null), await ledger.TakeAsync(journal.Batch(11, 20)));

        Assert.Equal(50, ledger.Store.Requests);
        Assert.Equal(total, RandomLedger.Line(await ledger.TotalAsync()));
    }

    [Fact]
    public async Task A_batch_that_begins_late_is_refused_with_the_record_to_go_on_with()
    {
        await using var ledger = await OpenAsync();
        var journal = Journal(30);
        Assert.Equal(1, (await ledger.TakeAsync(journal.Batch(5, 9))).ExpectedSeq);
        await ledger.TakeAsync(journal.Batch(1, 10));

        Assert.Equal(11, (await ledger.TakeAsync(journal.Batch(12, 30))).ExpectedSeq);
        Assert.Equal(10, ledger.Store.Requests);
        Assert.Equal(new IngestResult(30, null), await ledger.TakeAsync(journal.Batch(6, 30)));
        Assert.Equal(30, ledger.Store.Requests);
    }

    [Fact]
    public async Task Batches_split_anywhere_and_overlapping_make_the_same_ledger()
    {
        await using var ledger = await OpenAsync();
        var random = new Random(5);
        var journal = Journal(200);
        for (var at = 1L; at <= 200;)
        {
            var to = Math.Min(200, at + random.Next(0, 40));
            Assert.Equal(new IngestResult(to, null), await ledger.TakeAsync(journal.Batch(Math.Max(1, at - random.Next(0, 30)), to)));
            at = to + 1;
        }

        Assert.Equal(200, ledger.Store.Requests);
        Assert.Equal(200, (await ledger.WalkAllAsync()).Ids().Distinct().Count());
    }

    [Fact]
    public async Task A_gap_that_the_journal_tells_is_said_and_the_rest_is_taken()
    {
        await using var ledger = await OpenAsync();
        var journal = Journal(3).Lose(4).Add(FakeJournal.Final());
        Assert.Equal(new IngestResult(8, null), await ledger.TakeAsync(journal.All()));
        await ledger.RestartAsync();

        Assert.Contains(" 4 to 7;", Assert.Single(ledger.Log.Of(5012)), StringComparison.Ordinal);
        Assert.Equal(4, ledger.Store.Requests);
        Assert.Equal(new IngestResult(8, null), await ledger.TakeAsync(journal.All()));
        Assert.Equal(4, ledger.Store.Requests);
    }

    [Fact]
    public async Task A_journal_that_came_back_from_a_backup_is_said_and_what_is_new_in_it_is_taken()
    {
        await using var ledger = await OpenAsync();
        var journal = Journal(10);
        var backup = journal.Backup();
        backup.Epoch = 2;
        await ledger.TakeAsync(journal.Add(FakeJournal.Final()).Add(FakeJournal.Final()).All());
        var anew = FakeJournal.Final();
        backup.Add(anew);

        Assert.Equal(new IngestResult(11, null), await ledger.TakeAsync(backup.All()));
        Assert.NotEmpty(ledger.Log.Of(5011));
        Assert.Equal(13, ledger.Store.Requests);
        Assert.NotNull(await ledger.Store.FindAsync(anew.Intent.RequestId, default));
    }

    [Fact]
    public async Task Another_record_of_the_same_request_is_refused_and_said()
    {
        await using var ledger = await OpenAsync();
        var final = FakeJournal.Final();
        await ledger.TakeAsync(final);
        await ledger.RestartAsync();

        await ledger.TakeAsync(final with { CostNanoUsd = 1 });

        Assert.Contains("another final record", Assert.Single(ledger.Log.Of(5013)), StringComparison.Ordinal);
        Assert.Equal(1, ledger.Store.Requests);
        Assert.Equal(final.CostNanoUsd, (await ledger.TotalAsync()).CostNanoUsd);
    }

    [Fact]
    public async Task The_same_record_from_another_journal_counts_once()
    {
        await using var ledger = await OpenAsync();
        var final = FakeJournal.Final();
        await ledger.TakeAsync(final);

        Assert.Equal(new IngestResult(1, null), await ledger.TakeAsync(final));
        Assert.Empty(ledger.Log.Of(5013));
        Assert.Equal(1, ledger.Store.Requests);
    }

    [Fact]
    public async Task Records_that_make_no_sense_are_refused_and_those_beside_them_taken()
    {
        await using var ledger = await OpenAsync();
        var good = FakeJournal.Final();

        Assert.Equal(new IngestResult(3, null), await ledger.TakeAsync(FakeJournal.Final() with { CostNanoUsd = -1 }, good, FakeJournal.Final(input: -5)));
        Assert.Equal(2, ledger.Log.Of(5013).Length);
        Assert.Equal([good.Intent.RequestId], (await ledger.WalkAllAsync()).Ids());
    }

    [Fact]
    public async Task A_batch_of_intents_only_is_remembered_over_a_restart()
    {
        await using var ledger = await OpenAsync();
        var journal = new FakeJournal().Add(FakeJournal.Final().Intent).Add(FakeJournal.Final().Intent);
        Assert.Equal(new IngestResult(2, null), await ledger.TakeAsync(journal.All()));
        await ledger.RestartAsync();
        journal.Add(FakeJournal.Final());

        Assert.Equal(new IngestResult(3, null), await ledger.TakeAsync(journal.Batch(3, 3)));
        Assert.Equal(1, ledger.Store.Requests);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Records_of_old_layouts_are_taken_and_counted(byte layout)
    {
        await using var ledger = await OpenAsync();
        var final = FakeJournal.Final();
        await ledger.TakeAsync(new FakeJournal().AddOld(final, layout).Add(FakeJournal.Final()).All());
        await ledger.RestartAsync();

        var found = await ledger.Store.FindAsync(final.Intent.RequestId, default);
        Assert.Equal(final.CostNanoUsd, found?.Final.CostNanoUsd);
        Assert.Equal(2 * final.CostNanoUsd, (await ledger.TotalAsync()).CostNanoUsd);
    }

    [Fact]
    public async Task A_restart_keeps_all_that_is_asked_of_the_ledger()
    {
        await using var ledger = await OpenAsync();
        var random = new RandomLedger(11);
        var journals = Enumerable.Range(0, 3).Select(_ => Enumerable.Range(0, 150).Aggregate(new FakeJournal(), (journal, _) => journal.Add(random.Next()))).ToArray();
        foreach (var journal in journals)
        {
            await ledger.TakeAllAsync(journal, 40);
        }

        var query = new UsageQuery([UsageDimension.User, UsageDimension.Tag, UsageDimension.Day]);
        var sums = RandomLedger.Lines(await ledger.Store.SumAsync(query, default));
        var walk = (await ledger.WalkAllAsync()).Ids().ToList();
        var pages = (await ledger.PagesAsync(new RequestQuery(37))).Ids().ToList();
        for (var restart = 0; restart < 3; restart++)
        {
            await ledger.RestartAsync();
            Assert.Equal(450, ledger.Store.Requests);
            Assert.Equal(sums, RandomLedger.Lines(await ledger.Store.SumAsync(query, default)));
            Assert.Equal(walk, (await ledger.WalkAllAsync()).Ids());
            Assert.Equal(pages, (await ledger.PagesAsync(new RequestQuery(37))).Ids());
            foreach (var journal in journals)
            {
                Assert.Equal(new IngestResult(150, null), await ledger.TakeAsync(journal.Batch(100, 150)));
            }
        }

        Assert.Equal(450, ledger.Store.Requests);
    }

    [Fact]
    public async Task Budgets_know_what_the_ledger_has_taken_also_after_restarts()
    {
        await using var ledger = await OpenAsync();
        var journal = new FakeJournal();
        var long_over = new BudgetSlot("key:demo|day:2001-01-01@UTC", 0);
        long spent = 0;
        for (var i = 0; i < 90; i++)
        {
            // A slot that a record names twice counts once.
            var final = FakeJournal.Final(input: 100 + i);
            journal.Add(final with { Intent = final.Intent with { Organisation = "acme", Budgets = i % 2 == 0 ? [Lifetime, Lifetime] : [Lifetime, long_over] } });
            spent += final.CostNanoUsd;
        }

        await ledger.TakeAllAsync(journal, 20);
        Assert.Equal([spent, 0], ledger.Budgets.SpentIn("acme", [Lifetime, long_over]));
        for (var restart = 0; restart < 2; restart++)
        {
            await ledger.RestartAsync();
            Assert.Equal([spent, 0], ledger.Budgets.SpentIn("acme", [Lifetime, long_over]));
            Assert.Equal(["acme"], ledger.Budgets.Organisations);
            Assert.Equal(90, ledger.Budgets.Cut("acme").Settled.Count);
        }
    }

    [Fact]
    public async Task A_request_is_found_by_its_id_wherever_it_lies()
    {
        await using var ledger = await OpenAsync();
        var finals = Enumerable.Range(0, 300).Select(static i => FakeJournal.Final(i % 2 == 0 ? Guid.CreateVersion7() : Guid.NewGuid(), input: 100 + i)).ToArray();
        await ledger.TakeAllAsync(finals.Aggregate(new FakeJournal(), static (journal, final) => journal.Add(final)), 50);

        foreach (var final in finals)
        {
            Assert.Equal(final.CostNanoUsd, (await ledger.Store.FindAsync(final.Intent.RequestId, default))?.Final.CostNanoUsd);
        }

        Assert.Null(await ledger.Store.FindAsync(Guid.NewGuid(), default));
        Assert.Null(await ledger.Store.FindAsync(Guid.Empty, default));
    }

    [Fact]
    public async Task A_walk_tells_all_in_the_order_in_which_it_was_taken()
    {
        await using var ledger = await OpenAsync();
        var random = new RandomLedger(3);
        var finals = Enumerable.Range(0, 250).Select(_ => random.Next()).ToArray();
        await ledger.TakeAllAsync(finals.Aggregate(new FakeJournal(), static (journal, final) => journal.Add(final)), 60);

        Assert.Equal(finals.Select(static final => final.Intent.RequestId), (await ledger.WalkAllAsync()).Ids());
    }

    private static FakeJournal Journal(int finals)
    {
        var journal = new FakeJournal();
        for (var i = 0; i < finals; i++)
        {
            journal.Add(FakeJournal.Final(input: 100 + i, time: FakeJournal.Noon + (i * 1000)));
        }

        return journal;
    }
}
