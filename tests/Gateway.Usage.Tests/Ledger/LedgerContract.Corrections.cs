using Gateway.Core.Admission.Shared;
using Gateway.Core.Journal;
using Gateway.Usage.Ledger;
using Gateway.Usage.Ledger.Corrections;

namespace Gateway.Usage.Tests.Ledger;

public abstract partial class LedgerContract
{
    [Theory]
    [InlineData(41)]
    [InlineData(42)]
    public async Task Sums_have_each_correction_in_the_hour_and_under_the_names_of_its_request(int seed)
    {
        await using var ledger = await OpenAsync();
        var random = new RandomLedger(seed);
        var chance = new Random(seed);
        var (finals, records) = (new List<UsageFinal>(), new List<CorrectionRecord>());
        for (var round = 0; round < 6; round++)
        {
            // 1. Requests come.
            var news = Enumerable.Range(0, 60).Select(_ => random.Next()).Where(static final => final.CostNanoUsd < 1L << 50).ToArray();
            finals.AddRange(news);
            await ledger.TakeAsync(news);

            // 2. Some of all are corrected, some more than once.
            var made = Enumerable.Range(0, 25).Select(_ => Any(finals[chance.Next(finals.Count)], records, chance)).DistinctBy(static record => record.Correction.RequestId).ToArray();
            records.AddRange(made);
            var results = await ledger.Store.CorrectAsync([.. made.Select(static record => record.Correction)], default);
            Assert.All(results, static result => Assert.Equal((CorrectionOutcome.Taken, ""), (result.Outcome, result.Reason)));
            if (round % 2 == 1)
            {
                await ledger.RestartAsync();
            }

            for (var i = 0; i < 25; i++)
            {
                var query = random.Query();
                var model = new UsageGrouping(query);
                finals.ForEach(model.Add);
                records.ForEach(model.Add);
                var (expected, answered) = (RandomLedger.Lines(model.Sums), RandomLedger.Lines(await ledger.Store.SumAsync(query, default)));
                Assert.True(expected.SequenceEqual(answered), $"{RandomLedger.Describe(query)}\nexpected\n{string.Join('\n', expected)}\nanswered\n{string.Join('\n', answered)}");
            }
        }

        // 3. What the lists say adds up to the sums, and counts no request more.
        var listed = await ledger.PagesAsync(new RequestQuery(50));
        Assert.Equal(finals.Count, listed.Count);
        Assert.Equal(finals.Count, ledger.Store.Requests);
        Assert.Equal((await ledger.TotalAsync()).CostNanoUsd, listed.Sum(static entry => entry.CostNanoUsd));
    }

    [Fact]
    public async Task A_corrected_request_shows_its_record_each_correction_and_what_it_costs_by_now()
    {
        await using var ledger = await OpenAsync();
        var final = FakeJournal.After(FakeJournal.Final(), ("azure/gpt-4o", new(30, 0, 0, 1, 0), 5000));
        await ledger.TakeAsync(final, FakeJournal.Final());
        var first = Correct(final, final.CostNanoUsd, 7) with { Reason = "contract", Shares = [new CostShare("azure/gpt-4o", -5000), new CostShare("openai/gpt-4o", 5007 - final.CostNanoUsd)] };
        var second = Correct(final, 7, 9_000_000_000);
        await ledger.Store.CorrectAsync([first], default);
        await ledger.Store.CorrectAsync([second], default);
        for (var restart = 0; restart < 2; restart++)
        {
            var found = (await ledger.Store.FindAsync(final.Intent.RequestId, default))!;
            Assert.Equivalent(final, found.Final, strict: true);
            Assert.Equivalent(new[] { first, second }, found.Corrections, strict: true);
            Assert.Equal(9_000_000_000, found.CostNanoUsd);
            Assert.Equivalent(found, (await ledger.Store.ListAsync(new RequestQuery(10), default)).Requests.Single(entry => entry.Corrections.Count > 0), strict: true);
            Assert.Equivalent(found, (await ledger.WalkAllAsync())[0], strict: true);
            await ledger.RestartAsync();
        }
    }

    [Fact]
    public async Task A_correction_given_again_counts_once_also_after_a_restart()
    {
        await using var ledger = await OpenAsync();
        var final = FakeJournal.Final();
        await ledger.TakeAsync(final);
        var correction = Correct(final, final.CostNanoUsd, final.CostNanoUsd + 5);

        Assert.Equal([CorrectionOutcome.Taken, CorrectionOutcome.Repeated], (await ledger.Store.CorrectAsync([correction, correction], default)).Select(static result => result.Outcome));
        await ledger.RestartAsync();
        Assert.Equal(CorrectionOutcome.Repeated, Assert.Single(await ledger.Store.CorrectAsync([correction], default)).Outcome);

        Assert.Equal(final.CostNanoUsd + 5, (await ledger.TotalAsync()).CostNanoUsd);
        var other = Assert.Single(await ledger.Store.CorrectAsync([correction with { OldNanoUsd = final.CostNanoUsd + 5, NewNanoUsd = 3 }], default));
        Assert.Equal((CorrectionOutcome.Refused, "the ledger has another correction of this id"), (other.Outcome, other.Reason));
    }

    [Fact]
    public async Task A_correction_of_another_cost_than_the_ledger_has_or_of_no_request_is_refused_and_changes_nothing()
    {
        await using var ledger = await OpenAsync();
        var final = FakeJournal.Final();
        await ledger.TakeAsync(final);
        await ledger.Store.CorrectAsync([Correct(final, final.CostNanoUsd, 100)], default);
        await ledger.RestartAsync();
        CostCorrection[] wrong =
        [
            Correct(final, final.CostNanoUsd, 200),
            Correct(FakeJournal.Final(), 510_000, 1),
            Correct(final, 100, -1),
            Correct(final, 100, 50) with { Shares = [new CostShare("openai/gpt-4o", -49)] },
            Correct(final, 100, 50) with { Reason = new string('x', 257) },
            Correct(final, 100, 50) with { Id = Guid.NewGuid() },
            Correct(final, 100, 50) with { Shares = [.. Enumerable.Range(0, 10).Select(static i => new CostShare("d" + i, -5))] },
        ];

        var results = await ledger.Store.CorrectAsync([.. wrong, Correct(final, 100, 101), Correct(final, 101, 102)], default);

        Assert.Equal([.. Enumerable.Repeat(CorrectionOutcome.Refused, wrong.Length), CorrectionOutcome.Taken, CorrectionOutcome.Taken], results.Select(static result => result.Outcome));
        Assert.Equal("the request costs 100 nano-USD by now, not 510000", results[0].Reason);
        Assert.Equal("the ledger has no such request", results[1].Reason);
        Assert.Equal("a cost is negative", results[2].Reason);
        Assert.Equal(102, (await ledger.TotalAsync()).CostNanoUsd);
        Assert.Equal(3, (await ledger.Store.FindAsync(final.Intent.RequestId, default))!.Corrections.Count);
    }

    [Fact]
    public async Task Budgets_get_the_difference_once_also_after_restarts()
    {
        await using var ledger = await OpenAsync();
        var over = new BudgetSlot("key:demo|day:2001-01-01@UTC", 0);
        UsageFinal[] finals = [.. Enumerable.Range(0, 40).Select(_ => Budgeted(FakeJournal.Final(), Lifetime)), Budgeted(FakeJournal.Final(), over)];
        await ledger.TakeAsync(finals);
        var all = 40 * finals[0].CostNanoUsd;
        CostCorrection[] corrections = [Correct(finals[0], finals[0].CostNanoUsd, 0), Correct(finals[1], finals[1].CostNanoUsd, finals[1].CostNanoUsd + 70), Correct(finals[40], finals[40].CostNanoUsd, 1)];
        await ledger.Store.CorrectAsync(corrections, default);
        var spent = all - finals[0].CostNanoUsd + 70;
        for (var restart = 0; restart < 3; restart++)
        {
            Assert.Equal([spent, 0], ledger.Budgets.SpentIn("acme", [Lifetime, over]));

            // Stores of budgets are told of those whose budget still runs.
            var news = ledger.Budgets.Corrections("acme", 0);
            Assert.Equal([(corrections[0].Id, -finals[0].CostNanoUsd), (corrections[1].Id, 70)], news.News.Select(static told => (told.Id, told.Entry.CostNanoUsd)));
            Assert.True(news.IsWhole);
            Assert.Empty(ledger.Budgets.Corrections("acme", news.Last).News);
            await ledger.RestartAsync();
            await ledger.Store.CorrectAsync(corrections, default);
        }
    }

    private static CostCorrection Correct(UsageFinal final, long old, long cost) => new(
        Guid.CreateVersion7(), final.Intent.RequestId, old, cost, "catalogue:2026-11-21", DateTimeOffset.FromUnixTimeMilliseconds(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()), "ada");

    private static UsageFinal Budgeted(UsageFinal final, params BudgetSlot[] slots) => final with { Intent = final.Intent with { Organisation = "acme", Budgets = slots } };

    // Another cost, up or down or the same, at one deployment or at several.
    private static CorrectionRecord Any(UsageFinal final, List<CorrectionRecord> before, Random random)
    {
        var earlier = before.LastOrDefault(record => record.Correction.RequestId == final.Intent.RequestId);
        var old = earlier?.Correction.NewNanoUsd ?? final.CostNanoUsd;
        var correction = Correct(final, old, random.Next(5) == 0 ? old : random.Next(3) == 0 ? random.NextInt64(1_000_000_000_000) : old / 2);
        if (random.Next(2) == 0)
        {
            var part = random.NextInt64(-1000, 1000);
            correction = correction with { Shares = [new CostShare("azure/gpt-4o", part), new CostShare("bedrock/new", correction.DifferenceNanoUsd - part), new CostShare("openai/o1", 0)] };
        }

        return new CorrectionRecord(correction, (earlier?.Number ?? 0) + 1, final.Intent, final.Status);
    }
}
