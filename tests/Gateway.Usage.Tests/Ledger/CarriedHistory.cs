using Gateway.Core.Admission.Shared;
using Gateway.Core.Journal;
using Gateway.Usage.Ledger;
using Gateway.Usage.Ledger.Corrections;

namespace Gateway.Usage.Tests.Ledger;

/// <summary>Requests in the order of their time, some corrected in a later segment, and what a ledger must say of them however many it has carried.</summary>
internal sealed class CarriedHistory
{
    private const int Batch = 20;

    private static readonly BudgetSlot[] Slots = [new("key:demo|lifetime", 0), new("team:sales|month:9000-01-01@UTC", 0)];
    private static readonly UsageQuery[] Queries =
    [
        new([UsageDimension.User, UsageDimension.Tag, UsageDimension.Deployment, UsageDimension.Hour]),
        new([UsageDimension.Key, UsageDimension.Team, UsageDimension.Model, UsageDimension.Status, UsageDimension.Provider]),
        new([UsageDimension.Month], Filters: [new(UsageDimension.Tag, ["env=prod", "cost=a"]), new(UsageDimension.Organisation, ["acme"])]),
        new([UsageDimension.User, UsageDimension.Day], FromHour: (int)(RandomLedger.Start / 3_600_000) + 100, ToHour: (int)(RandomLedger.Start / 3_600_000) + 700),
    ];

    private readonly List<CorrectionRecord> _corrections = [];

    public CarriedHistory(int seed, int count)
    {
        var random = new RandomLedger(seed);
        Finals =
        [
            .. Enumerable.Range(0, int.MaxValue).Select(_ => random.Next()).Where(static final => final.CostNanoUsd < 1L << 50).Take(count)
                .Select(static final => final with { Intent = final.Intent with { Organisation = "acme", Budgets = Slots } }).OrderBy(static final => final.Intent.TimeUnixMs),
        ];
        Finals.ForEach(final => Journal.Add(final));
    }

    public List<UsageFinal> Finals { get; }

    public FakeJournal Journal { get; } = new();

    /// <summary>A time that so many of the requests are before.</summary>
    public DateTimeOffset Before(int count) => DateTimeOffset.FromUnixTimeMilliseconds(count < Finals.Count ? Finals[count].Intent.TimeUnixMs : Finals[^1].Intent.TimeUnixMs + 1);

    /// <summary>Batch by batch, and after each a correction of a request of the one before.</summary>
    public async Task TakeAsync(ILedgerUnderTest ledger, bool isCorrected = true)
    {
        for (var from = 1; from <= Finals.Count; from += Batch)
        {
            var to = Math.Min(Finals.Count, from + Batch - 1);
            Assert.Equal(new IngestResult(to, null), await ledger.TakeAsync(Journal.Batch(from, to)));
            if (from > Batch && isCorrected)
            {
                await CorrectAsync(ledger, Finals[from - 10], 1000 + from);
            }
        }
    }

    public async Task CorrectAsync(ILedgerUnderTest ledger, UsageFinal final, long newCost, DateTimeOffset? time = null)
    {
        var old = _corrections.LastOrDefault(record => record.Correction.RequestId == final.Intent.RequestId)?.Correction.NewNanoUsd ?? final.CostNanoUsd;
        var correction = new CostCorrection(Guid.CreateVersion7(), final.Intent.RequestId, old, newCost, "document", time ?? DateTimeOffset.UnixEpoch, "ada");
        Assert.Equal(CorrectionOutcome.Taken, Assert.Single(await ledger.Store.CorrectAsync([correction], default)).Outcome);
        _corrections.Add(new CorrectionRecord(correction, 1, final.Intent, final.Status));
    }

    /// <summary>Sums, totals and budgets are those of all requests.</summary>
    public async Task CheckAsync(ILedgerUnderTest ledger)
    {
        Assert.Equal(Finals.Count, ledger.Store.Requests);
        foreach (var query in Queries)
        {
            var model = new UsageGrouping(query);
            Finals.ForEach(model.Add);
            _corrections.ForEach(model.Add);
            Assert.Equal(RandomLedger.Lines(model.Sums), RandomLedger.Lines(await ledger.Store.SumAsync(query, default)));
        }

        var spent = Finals.Sum(static final => final.CostNanoUsd) + _corrections.Sum(static record => record.Correction.DifferenceNanoUsd);
        Assert.Equal([spent, spent], ledger.Budgets.SpentIn("acme", Slots));
    }

    /// <summary>What the Routers send again is there.</summary>
    public async Task SendAgainAsync(ILedgerUnderTest ledger)
    {
        await ledger.TakeAllAsync(Journal, 35);
        Assert.Equal(Finals.Count, ledger.Store.Requests);
    }
}
