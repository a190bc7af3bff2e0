using Gateway.Core.Admission.Shared;
using Gateway.Core.Journal;
using Gateway.Usage.Ledger;
using Gateway.Usage.Ledger.Corrections;

namespace Gateway.Usage.Tests.Ledger;

/// <summary>Forty days of requests and their corrections, as they come, with all that a ledger must say of them.</summary>
internal sealed class LedgerPast
{
    private const int Requests = 480;

    private static readonly BudgetSlot[] Slots = [new("key:demo|lifetime", 0), new("team:sales|month:9000-01-01@UTC", 0), new("user:ada|day:2001-01-01@UTC", 0)];
    private static readonly string[] Organisations = ["acme", "umbrella"];

    private readonly Random _chance;
    private readonly FakeJournal[] _journals = [new(), new(), new()];
    private readonly List<CorrectionRecord> _corrections = [];
    private readonly List<UsageQuery> _queries;

    public LedgerPast(int seed)
    {
        _chance = new Random(seed);
        var random = new RandomLedger(seed);

        // They come nearly in the order of their time.
        Finals = [.. Enumerable.Range(0, Requests).Select(_ => random.Next()).Where(static final => final.CostNanoUsd < 1L << 50).Select(Budgeted)
            .OrderBy(final => final.Intent.TimeUnixMs + _chance.Next(10 * 3_600_000))];
        var dimensions = Enum.GetValues<UsageDimension>();
        _queries =
        [
            new UsageQuery([]),
            .. dimensions.Select(static dimension => new UsageQuery([dimension])),
            .. dimensions.SelectMany((first, i) => dimensions.Skip(i + 1).Select(second => new UsageQuery([first, second]))),
            .. Enumerable.Range(0, 40).Select(_ => random.Query()),
        ];
    }

    public List<UsageFinal> Finals { get; }

    /// <summary>A moment of these days.</summary>
    public static DateTimeOffset At(double days) => DateTimeOffset.FromUnixTimeMilliseconds(RandomLedger.Start) + TimeSpan.FromDays(days);

    public static UsageFinal Budgeted(UsageFinal final) => final with { Intent = final.Intent with { Budgets = Slots } };

    public async Task TakeAsync(ILedgerUnderTest ledger)
    {
        var taken = new List<UsageFinal>();
        foreach (var (piece, i) in Finals.Chunk(40).Select(static (piece, i) => (piece, i)))
        {
            var journal = _journals[i % _journals.Length];
            var from = journal.LastSeq + 1;
            foreach (var final in piece)
            {
                journal.Add(final.Intent).Add(final);
            }

            Assert.Equal(new IngestResult(journal.LastSeq, null), await ledger.TakeAsync(journal.Batch(from, journal.LastSeq)));
            taken.AddRange(piece);
            await CorrectAsync(ledger, [.. Enumerable.Range(0, 8).Select(_ => taken[_chance.Next(taken.Count)]).Distinct()]);
        }
    }

    /// <summary>All batches once more.</summary>
    public async Task SendAgainAsync(ILedgerUnderTest ledger)
    {
        foreach (var journal in _journals)
        {
            await ledger.TakeAllAsync(journal, 70);
        }
    }

    /// <summary>The next correction of a request: up or down, at one deployment or at several.</summary>
    public CostCorrection Correct(UsageFinal final)
    {
        var old = CostOf(final);
        var correction = new CostCorrection(
            Guid.CreateVersion7(), final.Intent.RequestId, old, _chance.Next(2) == 0 ? old / 2 : _chance.NextInt64(1_000_000_000), "catalogue", DateTimeOffset.FromUnixTimeMilliseconds(RandomLedger.Start), "ada");
        var part = _chance.NextInt64(-1000, 1000);
        return _chance.Next(2) == 0 ? correction : correction with { Shares = [new CostShare("azure/gpt-4o", part), new CostShare("bedrock/new", correction.DifferenceNanoUsd - part)] };
    }

    public async Task CorrectAsync(ILedgerUnderTest ledger, UsageFinal[] finals)
    {
        CorrectionRecord[] made = [.. finals.Select(final => new CorrectionRecord(Correct(final), 0, final.Intent, final.Status))];
        Assert.All(await ledger.Store.CorrectAsync([.. made.Select(static record => record.Correction)], default), static result => Assert.Equal((CorrectionOutcome.Taken, ""), (result.Outcome, result.Reason)));
        _corrections.AddRange(made);
    }

    /// <summary>Everything that can be asked.</summary>
    /// <param name="carried">How many requests are carried.</param>
    /// <param name="cut">None of them is of then or later.</param>
    /// <param name="isWhole">Every split that there is; else some.</param>
    public async Task CheckAsync(ILedgerUnderTest ledger, long carried, DateTimeOffset? cut = null, bool isWhole = false)
    {
        // 1. What is kept is listed, with its present cost; the rest is gone, and is old.
        var listed = await ledger.PagesAsync(new RequestQuery(90));
        var kept = listed.Ids().ToHashSet();
        var gone = Finals.Where(final => !kept.Contains(final.Intent.RequestId)).ToList();
        Assert.Equal((Finals.Count - carried, carried), (listed.Count, gone.Count));
        Assert.Equal(carried > 0, ledger.Store.KeptFrom > DateTimeOffset.MinValue);
        Assert.True(ledger.Store.KeptFrom <= (cut ?? DateTimeOffset.MinValue));
        Assert.All(gone, final => Assert.True(final.Intent.TimeUnixMs < ledger.Store.KeptFrom.ToUnixTimeMilliseconds()));
        Assert.Equal(kept, (await ledger.WalkAllAsync()).Ids().ToHashSet());
        var costs = Finals.ToDictionary(static final => final.Intent.RequestId, CostOf);
        Assert.All(listed, entry => Assert.Equal(costs[entry.Final.Intent.RequestId], entry.CostNanoUsd));
        foreach (var final in gone.Take(5))
        {
            Assert.Null(await ledger.Store.FindAsync(final.Intent.RequestId, default));
        }

        // 2. Sums are those of all.
        Assert.Equal(Finals.Count, ledger.Store.Requests);
        foreach (var query in isWhole ? _queries : _queries.Where((_, i) => i < 13 || i % 4 == 0))
        {
            var model = new UsageGrouping(query);
            Finals.ForEach(model.Add);
            _corrections.ForEach(model.Add);
            var (expected, answered) = (RandomLedger.Lines(model.Sums), RandomLedger.Lines(await ledger.Store.SumAsync(query, default)));
            Assert.True(expected.SequenceEqual(answered), $"{RandomLedger.Describe(query)}\nexpected\n{string.Join('\n', expected.Except(answered))}\nanswered\n{string.Join('\n', answered.Except(expected))}");
        }

        // 3. Budgets have spent what they had.
        foreach (var organisation in Organisations)
        {
            var spent = Finals.Where(final => final.Intent.Organisation == organisation).Sum(CostOf);
            Assert.Equal([spent, spent, 0], ledger.Budgets.SpentIn(organisation, Slots));
        }
    }

    private long CostOf(UsageFinal final) => _corrections.LastOrDefault(record => record.Correction.RequestId == final.Intent.RequestId)?.Correction.NewNanoUsd ?? final.CostNanoUsd;
}
