using Gateway.Usage.Tests.Commands;

namespace Gateway.Usage.Tests.Ledger;

/// <summary>Files of carried sums that are damaged, alone, or beside what they were made of: nothing else has what they hold.</summary>
public sealed class EmbeddedSumFileTests
{
    private const int Damaged = 5022;
    private const int PutAside = 5023;

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.02)]
    [InlineData(0.3)]
    [InlineData(0.5)]
    [InlineData(0.7)]
    [InlineData(0.8)]
    [InlineData(0.9)]
    [InlineData(0.95)]
    [InlineData(0.99)]
    [InlineData(1.0)]
    public async Task Damaged_sums_are_named_at_every_start_and_by_verify_and_the_rest_goes_on(double where)
    {
        await using var ledger = new EmbeddedRig(segmentBytes: 4096);
        var history = await CarriedAsync(ledger);
        ledger.Close();
        var file = ledger.Sums[1];
        EmbeddedDamageTests.Flip(file, (long)((new FileInfo(file).Length - 1) * where));
        var bytes = await File.ReadAllBytesAsync(file);
        for (var start = 0; start < 2; start++)
        {
            ledger.Open();
            Assert.Contains(Path.GetFileName(file), Assert.Single(ledger.Log.Of(Damaged)), StringComparison.Ordinal);
            Assert.InRange((await ledger.TotalAsync()).Requests, history.Finals.Count - 30, history.Finals.Count - 1);
            Assert.NotEmpty(await ledger.WalkAllAsync());
            await ledger.TakeAsync(FakeJournal.Final());
            ledger.Close();
        }

        // It is neither made again nor thrown away.
        Assert.Equal(bytes, await File.ReadAllBytesAsync(file));
        var run = await CommandRun.OfAsync(ledger.Data, "", "verify");
        Assert.Equal(1, run.Exit);
        Assert.Contains(Path.GetFileName(file) + ": ", run.Output, StringComparison.Ordinal);
        EmbeddedDamageTests.Flip(file, (long)((bytes.Length - 1) * where));
        ledger.Open();
        Assert.Equal(history.Finals.Count + 2, (await ledger.TotalAsync()).Requests);
    }

    [Fact]
    public async Task Budgets_and_marks_live_on_what_is_whole_of_damaged_sums()
    {
        await using var ledger = new EmbeddedRig(segmentBytes: 4096);
        var history = await CarriedAsync(ledger);
        var spent = ledger.Budgets.Cut("acme").Spent.Select(static entry => (entry.Slot, entry.SpentNanoUsd)).ToHashSet();
        ledger.Close();
        Array.ForEach(ledger.Sums, static file => EmbeddedDamageTests.Flip(file, 60));
        ledger.Open();

        Assert.Equal(ledger.Sums.Length, ledger.Log.Of(Damaged).Length);
        Assert.Equal(spent, ledger.Budgets.Cut("acme").Spent.Select(static entry => (entry.Slot, entry.SpentNanoUsd)).ToHashSet());
        await history.SendAgainAsync(ledger);
    }

    [Theory]
    [InlineData("gone")]
    [InlineData("damaged")]
    public async Task Sums_keep_their_names_when_the_names_of_the_others_are_lost(string what)
    {
        await using var ledger = new EmbeddedRig(segmentBytes: 4096);
        var history = await CarriedAsync(ledger);
        ledger.Close();
        if (what == "gone")
        {
            File.Delete(ledger.Names);
        }
        else
        {
            EmbeddedDamageTests.Flip(ledger.Names, 40);
        }

        ledger.Open();
        await history.CheckAsync(ledger);
        await ledger.Store.CarryAsync(history.Before(95), default);
        await ledger.RestartAsync();
        await history.CheckAsync(ledger);
    }

    [Theory]
    [InlineData("damaged")]
    [InlineData("of another")]
    public async Task Sums_beside_their_segment_that_are_not_its_own_are_put_aside_and_the_segment_counts(string what)
    {
        await using var ledger = new EmbeddedRig(segmentBytes: 4096);
        var history = new CarriedHistory(12, 100);
        await history.TakeAsync(ledger);
        var (path, segment) = (ledger.Segments[0], await File.ReadAllBytesAsync(ledger.Segments[0]));
        var listed = (await ledger.WalkAllAsync()).Ids().ToList();
        await ledger.Store.CarryAsync(history.Before(30), default);
        ledger.Close();
        await File.WriteAllBytesAsync(path, segment);
        if (what == "damaged")
        {
            EmbeddedDamageTests.Flip(ledger.Sums[0], 100);
        }
        else
        {
            // Shorter by its last record and its end, as one is that a copy broke off.
            await File.WriteAllBytesAsync(path, segment[..^40]);
        }

        Assert.Contains(Path.GetFileName(ledger.Sums[0]), (await CommandRun.OfAsync(ledger.Data, "", "verify")).Output, StringComparison.Ordinal);
        ledger.Open();

        Assert.Single(ledger.Log.Of(PutAside));
        Assert.Single(Directory.GetFiles(ledger.Folder, "*.sum.damaged-1"));
        Assert.Equal(listed[0], (await ledger.WalkAllAsync()).Ids().First());
        Assert.Equal((await ledger.TotalAsync()).Requests, ledger.Store.Requests);
        if (what == "damaged")
        {
            await history.CheckAsync(ledger);
        }
    }

    [Fact]
    public async Task A_segment_that_came_back_beside_its_sums_is_deleted_and_counts_once()
    {
        await using var ledger = new EmbeddedRig(segmentBytes: 4096);
        var history = new CarriedHistory(13, 100);
        await history.TakeAsync(ledger);
        var (path, segment) = (ledger.Segments[0], await File.ReadAllBytesAsync(ledger.Segments[0]));
        await ledger.Store.CarryAsync(history.Before(30), default);
        ledger.Close();
        var before = await CommandRun.OfAsync(ledger.Data, "", "verify");
        await File.WriteAllBytesAsync(path, segment);
        var after = await CommandRun.OfAsync(ledger.Data, "", "verify");
        Assert.Equal((before.Exit, before.Output), (after.Exit, after.Output));
        Assert.True(File.Exists(path));
        ledger.Open();

        Assert.False(File.Exists(path));
        await history.CheckAsync(ledger);
    }

    [Fact]
    public async Task Verify_names_evidence_and_lost_records_of_carried_segments_as_before()
    {
        await using var ledger = new EmbeddedRig(segmentBytes: 4096);
        var refused = FakeJournal.Final(input: -7);
        await ledger.TakeAsync(new FakeJournal().Add(FakeJournal.Final()).Add(refused).Lose(4).Add(FakeJournal.Final()).All());
        await ledger.RestartAsync();
        ledger.Close();
        var before = await CommandRun.OfAsync(ledger.Data, "", "verify");
        ledger.Open();
        Assert.Equal(2, await ledger.Store.CarryAsync(DateTimeOffset.FromUnixTimeMilliseconds(FakeJournal.Noon + 1), default));
        ledger.Close();
        var after = await CommandRun.OfAsync(ledger.Data, "", "verify");

        Assert.Equal((1, 1), (before.Exit, after.Exit));
        Assert.Equal(before.Output.Split('\n')[..2], after.Output.Split('\n')[..2]);
        Assert.Contains(refused.Intent.RequestId.ToString(), after.Output, StringComparison.Ordinal);
        Assert.Contains("records 3 to 6", after.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Records_that_were_missing_when_their_segment_was_carried_are_still_said()
    {
        await using var ledger = new EmbeddedRig(segmentBytes: 4096);
        var history = new CarriedHistory(14, 100);
        await history.TakeAsync(ledger, isCorrected: false);
        ledger.Close();
        EmbeddedDamageTests.Flip(ledger.Segments[1], new FileInfo(ledger.Segments[1]).Length / 2);
        File.SetLastWriteTimeUtc(ledger.Segments[1], DateTime.UnixEpoch);
        ledger.Open();
        var said = Assert.Single(ledger.Log.Of(5002));
        await ledger.Store.CarryAsync(history.Before(90), default);
        Assert.True(ledger.Sums.Length > 2);
        for (var start = 0; start < 2; start++)
        {
            await ledger.RestartAsync();
            Assert.Equal(said, Assert.Single(ledger.Log.Of(5002)));
        }

        ledger.Close();
        File.Delete(ledger.Sums[0]);
        ledger.Open();
        Assert.Equal(2, ledger.Log.Of(5002).Length);
        ledger.Close();
        Assert.Contains("were missing", (await CommandRun.OfAsync(ledger.Data, "", "verify")).Output, StringComparison.Ordinal);
    }

    private static async Task<CarriedHistory> CarriedAsync(EmbeddedRig ledger)
    {
        var history = new CarriedHistory(11, 100);
        await history.TakeAsync(ledger);
        await ledger.Store.CarryAsync(history.Before(70), default);
        Assert.True(ledger.Sums.Length > 2);
        await history.CheckAsync(ledger);
        return history;
    }
}
