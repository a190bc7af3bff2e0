using Gateway.Core.Journal;
using Gateway.Usage.Ledger;

namespace Gateway.Usage.Tests.Ledger;

public abstract partial class LedgerContract
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Sums_are_what_the_grouping_makes_of_the_requests(int seed)
    {
        await using var ledger = await OpenAsync();
        var (random, finals) = await FillAsync(ledger, seed, 500);
        for (var i = 0; i < 150; i++)
        {
            if (i == 75)
            {
                await ledger.RestartAsync();
            }

            var query = random.Query();
            var expected = RandomLedger.Lines(RandomLedger.Model(query, finals));
            var answered = RandomLedger.Lines(await ledger.Store.SumAsync(query, default));
            Assert.True(expected.SequenceEqual(answered), $"{RandomLedger.Describe(query)}\nexpected\n{string.Join('\n', expected)}\nanswered\n{string.Join('\n', answered)}");
        }
    }

    [Theory]
    [MemberData(nameof(Dimensions))]
    public async Task Sums_can_be_split_and_filtered_by_every_dimension(string name)
    {
        await using var ledger = await OpenAsync();
        var dimension = Enum.Parse<UsageDimension>(name);
        var (_, finals) = await FillAsync(ledger, 21, 300);
        var query = new UsageQuery([dimension]);
        var sums = await ledger.Store.SumAsync(query, default);
        Assert.Equal(RandomLedger.Lines(RandomLedger.Model(query, finals)), RandomLedger.Lines(sums));
        foreach (var group in sums.Groups.Take(8))
        {
            var filtered = query with { Groups = [UsageDimension.Team, dimension], Filters = [new UsageFilter(dimension, group.Values)] };
            Assert.Equal(RandomLedger.Lines(RandomLedger.Model(filtered, finals)), RandomLedger.Lines(await ledger.Store.SumAsync(filtered, default)));
        }
    }

    [Fact]
    public async Task Sums_too_large_for_a_number_stand_at_the_greatest()
    {
        await using var ledger = await OpenAsync();
        await ledger.TakeAsync([.. Enumerable.Range(0, 3).Select(static _ => FakeJournal.Final() with { CostNanoUsd = (long.MaxValue / 2) + 1 })]);
        await ledger.RestartAsync();

        var sums = await ledger.Store.SumAsync(new UsageQuery([UsageDimension.Key]), default);
        Assert.Equal(long.MaxValue, sums.Total.CostNanoUsd);
        Assert.Equal((3, 300, long.MaxValue), (sums.Groups[0].Sum.Requests, sums.Groups[0].Sum.InputTokens, sums.Groups[0].Sum.CostNanoUsd));
    }

    [Theory]
    [InlineData(5)]
    [InlineData(6)]
    public async Task Listings_have_what_passes_their_filters_newest_first(int seed)
    {
        await using var ledger = await OpenAsync();
        var (random, finals) = await FillAsync(ledger, seed, 400);
        for (var i = 0; i < 60; i++)
        {
            if (i == 30)
            {
                await ledger.RestartAsync();
            }

            var query = random.Listing(limit: 1 + (i * 7));
            var expected = RandomLedger.Expected(finals, query).ToList();
            var listed = await ledger.PagesAsync(query);
            Assert.True(expected.Count == listed.Count, $"{query} {RandomLedger.Describe(query.Filters)}: {expected.Count} expected, {listed.Count} listed");
            Assert.Equal(expected.Select(static final => final.Intent.TimeUnixMs), listed.Select(static entry => entry.Final.Intent.TimeUnixMs));
            Assert.Equal(expected.Select(static final => final.Intent.RequestId).Order(), listed.Ids().Order());
        }
    }

    [Theory]
    [MemberData(nameof(Dimensions))]
    public async Task Listings_can_be_filtered_by_every_dimension(string name)
    {
        await using var ledger = await OpenAsync();
        var dimension = Enum.Parse<UsageDimension>(name);
        var (_, finals) = await FillAsync(ledger, 31, 200);
        foreach (var value in finals.SelectMany(final => UsageGrouping.Values(final, final.Intent.Deployment, dimension)).Distinct().Take(6))
        {
            var query = new RequestQuery(50, Filters: [new UsageFilter(dimension, [value, "nobody"])]);
            Assert.Equal(RandomLedger.Expected(finals, query).Select(static final => final.Intent.RequestId).Order(), (await ledger.PagesAsync(query)).Ids().Order());
        }
    }

    [Fact]
    public async Task Pages_neither_repeat_nor_skip_while_requests_of_the_same_moment_arrive()
    {
        await using var ledger = await OpenAsync();
        var journal = new FakeJournal();
        for (var i = 0; i < 120; i++)
        {
            journal.Add(FakeJournal.Final(time: FakeJournal.Noon + (i / 10)));    // ten in each millisecond
        }

        await ledger.TakeAllAsync(journal);
        var before = (await ledger.WalkAllAsync()).Ids().ToHashSet();
        var seen = new List<Guid>();
        RequestPlace? place = null;
        do
        {
            var page = await ledger.Store.ListAsync(new RequestQuery(7, place), default);
            seen.AddRange(page.Requests.Ids());
            place = page.Next;

            // Newer ones, and one that is late and belongs to a page that was read.
            await ledger.TakeAsync(FakeJournal.Final(time: FakeJournal.Noon + 5000), FakeJournal.Final(time: FakeJournal.Noon + 11));
        }
        while (place is not null);

        Assert.Equal(seen.Count, seen.Distinct().Count());
        Assert.Equal(before, seen.Where(before.Contains).ToHashSet());
        Assert.Equal(120, seen.Count);
    }

    [Fact]
    public async Task A_page_that_ends_with_the_last_request_has_no_next()
    {
        await using var ledger = await OpenAsync();
        await ledger.TakeAllAsync(Journal(20));

        Assert.Null((await ledger.Store.ListAsync(new RequestQuery(20), default)).Next);
        Assert.NotNull((await ledger.Store.ListAsync(new RequestQuery(19), default)).Next);
    }

    [Fact]
    public async Task A_report_that_nobody_waits_for_ends()
    {
        await using var ledger = await OpenAsync();
        await ledger.TakeAllAsync(Journal(20));
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await ledger.Store.SumAsync(new UsageQuery([UsageDimension.User]), gone.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await ledger.Store.ListAsync(new RequestQuery(10), gone.Token));
    }

    public static TheoryData<string> Dimensions() => new(Enum.GetNames<UsageDimension>());

    /// <summary>Requests of a random ledger over three journals, with reports asked while they come.</summary>
    private static async Task<(RandomLedger Random, List<UsageFinal> Finals)> FillAsync(ILedgerUnderTest ledger, int seed, int count)
    {
        var random = new RandomLedger(seed);
        var finals = Enumerable.Range(0, count).Select(_ => random.Next()).ToList();
        var journals = finals.Chunk((count / 3) + 1).Select(static part => part.Aggregate(new FakeJournal(), static (journal, final) => journal.Add(final.Intent).Add(final))).ToArray();
        foreach (var journal in journals)
        {
            await ledger.TakeAllAsync(journal, 97);
            await ledger.Store.SumAsync(random.Query(), default);
        }

        Assert.Equal(count, ledger.Store.Requests);
        return (random, finals);
    }
}
