using Gateway.Core.Admission.Shared;
using Gateway.Core.Journal;
using Gateway.Usage.Ledger;
using Gateway.Usage.Ledger.Corrections;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Usage.Tests.Ledger;

/// <summary>Corrections on a disk that dies, and beside columns that are made again.</summary>
public sealed class EmbeddedCorrectionTests
{
    private static readonly BudgetSlot Lifetime = new("key:demo|lifetime", 0);
    private static readonly UsageQuery Query = new([UsageDimension.User, UsageDimension.Deployment, UsageDimension.Hour]);

    [Fact]
    public async Task A_kill_at_any_touch_of_the_disk_loses_no_correction_that_was_acknowledged_and_doubles_none()
    {
        for (var touches = 1; ; touches++)
        {
            await using var ledger = new EmbeddedRig(segmentBytes: 4096);
            var finals = Finals(12);
            await ledger.TakeAsync(finals);
            ledger.Close();

            // 1. Two calls, the second of which may die anywhere.
            var corrections = Corrections(finals);
            var disk = new DyingDisk(touches);
            var acknowledged = 0;
            try
            {
                ledger.Open(disk);
                await ledger.Store.CorrectAsync(corrections[..5], default);
                acknowledged = 5;
                await ledger.Store.CorrectAsync(corrections[5..], default);
                acknowledged = corrections.Length;
            }
            catch (Exception exception) when (exception is IOException or JournalConfigurationException)
            {
            }

            ledger.Close();

            // 2. What was acknowledged is there; what is given again counts once.
            ledger.Open();
            var results = await ledger.Store.CorrectAsync(corrections, default);
            Assert.All(results.Take(acknowledged), static result => Assert.Equal(CorrectionOutcome.Repeated, result.Outcome));
            Assert.All(results, static result => Assert.NotEqual(CorrectionOutcome.Refused, result.Outcome));
            await AssertAsync(ledger, finals, corrections);
            await ledger.RestartAsync();
            await AssertAsync(ledger, finals, corrections);
            if (!disk.IsDead)
            {
                Assert.True(touches > 30);
                return;
            }
        }
    }

    [Fact]
    public async Task Columns_that_are_made_again_have_the_corrections_of_requests_in_other_segments()
    {
        await using var ledger = new EmbeddedRig(segmentBytes: 4096);
        var finals = Finals(60);
        await ledger.TakeAllAsync(finals.Aggregate(new FakeJournal(), static (journal, final) => journal.Add(final)), 10);
        var corrections = Corrections(finals);
        foreach (var correction in corrections)
        {
            await ledger.Store.CorrectAsync([correction], default);
        }

        // The first, the last, each second one, then all: requests and corrections lie on both sides.
        ledger.Close();
        Assert.True(ledger.Columns.Length > 4);
        foreach (var chosen in (Func<int, bool>[])[static i => i == 0, static i => i > 3, static i => i % 2 == 0, static _ => true])
        {
            foreach (var file in ledger.Columns.Where((_, i) => chosen(i)))
            {
                File.Delete(file);
            }

            ledger.Open();
            await AssertAsync(ledger, finals, corrections);
            Assert.All(await ledger.Store.CorrectAsync(corrections, default), static result => Assert.Equal(CorrectionOutcome.Repeated, result.Outcome));
            ledger.Close();
        }
    }

    [Fact]
    public void A_correction_whose_every_text_is_as_long_as_it_may_be_fits_its_frame()
    {
        static string Text(int chars) => new('漢', chars);
        var final = FakeJournal.Final(Guid.NewGuid(), Text(512), Text(512), Text(512), Text(512));
        var intent = final.Intent with
        {
            User = Text(512),
            Owner = Text(128),
            Organisation = Text(128),
            PriceVersion = Text(64),
            Tags = [.. Enumerable.Repeat(Text(64), UsageRecordCodec.MaxNotes)],
            Budgets = [.. Enumerable.Range(0, 100).Select(static i => new BudgetSlot(Text(40) + i, long.MaxValue))],
            CarriedUsage = new(1L << 40, 1L << 40, 1, 1L << 40, 1),
            CarriedNanoUsd = long.MaxValue,
        };
        var correction = new CostCorrection(Guid.CreateVersion7(), intent.RequestId, long.MaxValue, long.MaxValue, Text(64), DateTimeOffset.FromUnixTimeMilliseconds(FakeJournal.Noon), Text(64))
        {
            Reason = Text(256),
            Shares = [.. Enumerable.Range(0, 9).Select(static i => new CostShare(Text(227), i == 0 ? -8 * (long.MaxValue / 16) : long.MaxValue / 16))],
        };
        Assert.Null(CorrectionCheck.Malformed(correction));

        var read = CorrectionCodec.Read(CorrectionCodec.Version, intent.RequestId, CorrectionCodec.ToBytes(new CorrectionRecord(correction, int.MaxValue, intent, 599)));

        Assert.Equivalent(correction, read.Correction, strict: true);
        Assert.Equal((int.MaxValue, 599, intent.KeyId, intent.Deployment), (read.Number, read.Status, read.Intent.KeyId, read.Intent.Deployment));
        Assert.Throws<InvalidDataException>(() => CorrectionCodec.Read(CorrectionCodec.Version + 1, intent.RequestId, CorrectionCodec.ToBytes(new CorrectionRecord(correction, 1, intent, 200))));
    }

    [Fact]
    public async Task Corrections_are_on_the_disk_before_they_are_acknowledged()
    {
        var disk = new WatchedDisk();
        await using var ledger = new EmbeddedRig(disk: disk);
        var finals = Finals(3);
        await ledger.TakeAsync(finals);
        Assert.All(await ledger.Store.CorrectAsync(Corrections(finals), default), static result => Assert.Equal(CorrectionOutcome.Taken, result.Outcome));

        Assert.False(disk.IsUnsynced);
    }

    private static UsageFinal[] Finals(int count) =>
    [
        .. Enumerable.Range(0, count).Select(static i => FakeJournal.Final(input: 100 + i, time: FakeJournal.Noon + (i * 600_000)))
            .Select(static final => final with { Intent = final.Intent with { Organisation = "acme", Budgets = [Lifetime] } }),
    ];

    // Each third one twice.
    private static CostCorrection[] Corrections(UsageFinal[] finals) =>
    [
        .. finals.SelectMany(static (final, i) => Enumerable.Range(0, i % 3 == 0 ? 2 : 1).Select(turn => new CostCorrection(
            Guid.CreateVersion7(), final.Intent.RequestId, turn == 0 ? final.CostNanoUsd : i, turn == 0 ? i : i + 500, "document", DateTimeOffset.UtcNow, "ada"))),
    ];

    private static async Task AssertAsync(EmbeddedRig ledger, UsageFinal[] finals, CostCorrection[] corrections)
    {
        var model = new UsageGrouping(Query);
        var byId = finals.ToDictionary(static final => final.Intent.RequestId);
        Array.ForEach(finals, model.Add);
        Array.ForEach(corrections, correction => model.Add(new CorrectionRecord(correction, 1, byId[correction.RequestId].Intent, 200)));
        Assert.Equal(RandomLedger.Lines(model.Sums), RandomLedger.Lines(await ledger.Store.SumAsync(Query, default)));
        Assert.Equal(model.Sums.Total.CostNanoUsd, ledger.Budgets.SpentIn("acme", [Lifetime])[0]);
        Assert.Equal(model.Sums.Total.CostNanoUsd, (await ledger.WalkAllAsync()).Sum(static entry => entry.CostNanoUsd));
        Assert.Equal(corrections.Length, (await ledger.WalkAllAsync()).Sum(static entry => entry.Corrections.Count));
    }

    /// <summary>Knows whether something was written after the last sync.</summary>
    private sealed class WatchedDisk : JournalDisk
    {
        public bool IsUnsynced { get; private set; }

        public override void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset)
        {
            IsUnsynced = true;
            base.Write(file, bytes, offset);
        }

        public override void Sync(SafeFileHandle file)
        {
            base.Sync(file);
            IsUnsynced = false;
        }
    }
}
