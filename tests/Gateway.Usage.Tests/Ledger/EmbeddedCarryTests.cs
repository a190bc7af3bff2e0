using Gateway.Core.Journal;
using Gateway.Core.Tests;
using Gateway.Usage.Ledger;
using Gateway.Usage.Ledger.Columns;
using Gateway.Usage.Ledger.Corrections;
using Gateway.Usage.Tests.Commands;

namespace Gateway.Usage.Tests.Ledger;

/// <summary>What the embedded ledger does with segments whose requests are kept no longer, and with the files that it leaves.</summary>
public sealed class EmbeddedCarryTests
{
    private const int NotCarried = 5021;
    private const int Finished = 5024;

    [Fact]
    public async Task Whole_segments_that_are_older_become_sums_and_the_others_stay()
    {
        await using var ledger = new EmbeddedRig();
        var history = new CarriedHistory(1, 240);
        await history.TakeAsync(ledger);
        var segments = ledger.Segments.Length;
        var walk = (await ledger.WalkAllAsync()).Ids().ToList();

        var carried = (int)await ledger.Store.CarryAsync(history.Before(100), default);

        Assert.InRange(carried, 20, 100);
        Assert.NotEmpty(ledger.Sums);
        Assert.Equal(segments, ledger.Sums.Length + ledger.Segments.Length);
        Assert.Equal(ledger.Segments.Length - 1, ledger.Columns.Length);
        Assert.Equal(history.Finals[carried - 1].Intent.TimeUnixMs + 1, ledger.Store.KeptFrom.ToUnixTimeMilliseconds());
        for (var start = 0; start < 2; start++)
        {
            await history.CheckAsync(ledger);
            Assert.Equal(walk[carried..], (await ledger.WalkAllAsync()).Ids());
            Assert.Equal(walk[carried..].ToHashSet(), (await ledger.PagesAsync(new RequestQuery(50))).Ids().ToHashSet());
            Assert.Null(await ledger.Store.FindAsync(walk[0], default));
            Assert.NotNull(await ledger.Store.FindAsync(walk[carried], default));
            Assert.Equal(0, await ledger.Store.CarryAsync(history.Before(100), default));
            await ledger.RestartAsync();
            Assert.Equal(history.Finals[carried - 1].Intent.TimeUnixMs + 1, ledger.Store.KeptFrom.ToUnixTimeMilliseconds());
        }

        await history.SendAgainAsync(ledger);
        await history.CheckAsync(ledger);
        Assert.Empty(ledger.Log.Of(5002));
    }

    [Fact]
    public async Task A_process_killed_at_any_touch_of_the_disk_while_it_carries_changes_no_answer()
    {
        for (var (touches, finished) = (1, 0); ; touches++)
        {
            await using var ledger = new EmbeddedRig(segmentBytes: 4096);
            var history = new CarriedHistory(2, 60);
            await history.TakeAsync(ledger);
            ledger.Close();
            var disk = new DyingDisk(touches);
            try
            {
                ledger.Open(disk);
                await ledger.Store.CarryAsync(history.Before(45), default);
                await history.CheckAsync(ledger);
            }
            catch (Exception exception) when (exception is IOException or JournalConfigurationException)
            {
                Assert.True(disk.IsDead, exception.ToString());
            }

            ledger.Close();
            ledger.Open();
            finished += ledger.Log.Of(Finished).Length;
            await history.CheckAsync(ledger);
            Assert.Empty(Directory.GetFiles(ledger.Folder, "*.new"));
            Assert.Empty(ledger.Sums.Select(Number).Intersect(ledger.Segments.Select(Number)));
            Assert.Empty(ledger.Columns.Select(Number).Except(ledger.Segments.Select(Number)));

            // Asked again it goes on, and marks are as they were.
            await ledger.Store.CarryAsync(history.Before(45), default);
            Assert.True(ledger.Sums.Length > 1);
            await history.CheckAsync(ledger);
            await ledger.RestartAsync();
            await history.SendAgainAsync(ledger);
            await history.CheckAsync(ledger);
            Assert.Empty(ledger.Log.Of(5002));
            if (!disk.IsDead)
            {
                Assert.True(touches > 60 && finished > 1, $"{touches} touches, {finished} finished at a start");
                return;
            }
        }
    }

    [Fact]
    public async Task No_report_sees_a_segment_twice_or_not_at_all_while_it_is_carried_and_lists_end_with_what_they_saw()
    {
        await using var ledger = new EmbeddedRig(segmentBytes: 4096);
        var history = new CarriedHistory(3, 300);
        await history.TakeAsync(ledger);
        var expected = RandomLedger.Line(await ledger.TotalAsync());
        await using var walk = ledger.Store.WalkAsync(default).GetAsyncEnumerator();
        Assert.True(await walk.MoveNextAsync());

        var carrying = Task.Run(() => ledger.Store.CarryAsync(history.Before(290), default));
        do
        {
            Assert.Equal(expected, RandomLedger.Line(await ledger.TotalAsync()));
        }
        while (!carrying.IsCompleted);
        Assert.True(await carrying > 200);

        // The files that the walk still needs are deleted and open; afterwards they are the disk's again.
        Assert.Equal(!OperatingSystem.IsLinux(), Deleted(ledger.Folder) == 0);
        var walked = 1;
        while (await walk.MoveNextAsync())
        {
            walked++;
        }

        Assert.Equal(300, walked);
        await walk.DisposeAsync();
        Assert.Equal(0, Deleted(ledger.Folder));
        Assert.Empty(ledger.Log.Of(5006));
    }

    [Theory]
    [InlineData("header")]
    [InlineData("record")]
    [InlineData("end")]
    [InlineData("cut")]
    public async Task A_damaged_segment_is_not_carried_nor_any_after_it(string what)
    {
        await using var ledger = new EmbeddedRig(segmentBytes: 4096);
        var history = new CarriedHistory(4, 100);
        await history.TakeAsync(ledger);
        var (segments, length) = (ledger.Segments, new FileInfo(ledger.Segments[1]).Length);
        if (what == "cut")
        {
            using var file = File.OpenHandle(segments[1], FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            RandomAccess.SetLength(file, length - 32);
        }
        else
        {
            EmbeddedDamageTests.Flip(segments[1], what switch { "header" => 10, "record" => length / 2, _ => length - 1 });
        }

        await ledger.Store.CarryAsync(history.Before(100), default);

        Assert.Single(ledger.Sums);
        Assert.Equal(segments[1..], ledger.Segments);
        Assert.StartsWith("Segment 2 of the ledger is not carried", Assert.Single(ledger.Log.Of(NotCarried)), StringComparison.Ordinal);
        await history.CheckAsync(ledger);
    }

    [Fact]
    public async Task A_segment_whose_columns_say_something_else_is_not_carried()
    {
        await using var ledger = new EmbeddedRig(segmentBytes: 4096);
        var history = new CarriedHistory(9, 60);
        await history.TakeAsync(ledger, isCorrected: false);
        ledger.Close();

        // Whole, of this very segment, and with a cost that no record has.
        using (var names = NameFile.Open(ledger.Folder, JournalDisk.Real, static _ => 0))
        {
            var columns = ColumnFile.TryOpen(ledger.Folder, ledger.Columns[1], out _)!;
            var (others, offsets) = (new OpenSegment(columns.Segment), new long[columns.Count]);
            columns.Read(LedgerColumn.Offset, 0, offsets);
            foreach (var (offset, i) in offsets.Distinct().Select(static (offset, i) => (offset, i)))
            {
                var final = history.Finals[20 + i];
                others.Add(i == 3 ? final with { CostNanoUsd = final.CostNanoUsd + 1, AttemptRecords = [] } : final, offset, names.Names);
            }

            new ColumnFileWriter(ledger.Folder, JournalDisk.Real, names).Write(others, columns.Known);
            columns.Dispose();
        }

        ledger.Open();
        Assert.Empty(ledger.Log.Of(5007));
        await ledger.Store.CarryAsync(history.Before(60), default);

        Assert.Single(ledger.Sums);
        Assert.Contains("do not say the same", Assert.Single(ledger.Log.Of(NotCarried)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_segment_with_records_that_this_build_cannot_read_is_not_carried()
    {
        await using var ledger = new EmbeddedRig();
        var history = new CarriedHistory(5, 60);
        await history.TakeAsync(ledger);
        ledger.Close();
        using (var log = new SegmentLog(new SegmentLogOptions { Folder = ledger.Folder, Producer = Guid.NewGuid(), Epoch = 1 }))
        {
            log.Append(JournalRecordType.Final, 99, Guid.NewGuid(), (new RecordOrigin(Guid.NewGuid(), 1, 1), ReadOnlyMemory<byte>.Empty), LedgerRecords.WriteCopy, out _);
        }

        ledger.Open();
        await ledger.Store.CarryAsync(history.Before(60), default);

        Assert.Contains("layout 99", Assert.Single(ledger.Log.Of(NotCarried)), StringComparison.Ordinal);
        await ledger.RestartAsync();
        Assert.Single(ledger.Log.Of(5005));
        await history.CheckAsync(ledger);
    }

    [Fact]
    public async Task Numbers_go_on_when_all_closed_segments_are_gone()
    {
        await using var ledger = new EmbeddedRig(segmentBytes: 4096);
        var history = new CarriedHistory(6, 60);
        await history.TakeAsync(ledger);
        await ledger.RestartAsync();
        await ledger.Store.CarryAsync(history.Before(60), default);
        Assert.Single(ledger.Segments);
        Assert.Equal(60, history.Finals.Count(final => final.Intent.TimeUnixMs < ledger.Store.KeptFrom.ToUnixTimeMilliseconds()));

        // As a start leaves it that dies before it has made a segment.
        ledger.Close();
        Array.ForEach(ledger.Segments, File.Delete);
        ledger.Open();
        Assert.True(string.CompareOrdinal(Number(ledger.Segments[0]), Number(ledger.Sums[^1])) > 0);
        await history.CheckAsync(ledger);
        var late = history.Finals[0] with { Intent = history.Finals[0].Intent with { RequestId = Guid.CreateVersion7() } };
        await ledger.TakeAsync(late);
        history.Finals.Add(late);
        for (var start = 0; start < 2; start++)
        {
            await ledger.RestartAsync();
            Assert.Empty(ledger.Log.Of(5002));
            await history.CheckAsync(ledger);
            Assert.Equal(late.Intent.RequestId, Assert.Single(await ledger.WalkAllAsync()).Final.Intent.RequestId);
            await history.SendAgainAsync(ledger);
        }

        ledger.Close();
        Assert.DoesNotContain("missing", (await CommandRun.OfAsync(ledger.Data, "", "verify")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_segment_with_a_correction_that_may_have_to_be_told_to_budgets_stays()
    {
        await using var ledger = new EmbeddedRig(segmentBytes: 4096);
        var history = new CarriedHistory(7, 60);
        await history.TakeAsync(ledger, isCorrected: false);
        await history.CorrectAsync(ledger, history.Finals[0], 77, DateTimeOffset.UtcNow);
        await ledger.RestartAsync();
        await ledger.Store.CarryAsync(history.Before(60), default);
        Assert.NotEmpty(ledger.Sums);
        Assert.Equal(2, ledger.Segments.Length);

        for (var start = 0; start < 2; start++)
        {
            Assert.Single(ledger.Budgets.Corrections("acme", 0).News);
            await history.CheckAsync(ledger);
            await ledger.RestartAsync();
        }
    }

    [Fact]
    public async Task Corrections_of_carried_requests_in_segments_that_are_kept_go_on_counting()
    {
        await using var ledger = new EmbeddedRig(segmentBytes: 4096);
        var history = new CarriedHistory(8, 60);
        await history.TakeAsync(ledger);
        await history.CorrectAsync(ledger, history.Finals[0], 5);
        await history.CorrectAsync(ledger, history.Finals[0], 500_000);
        await ledger.Store.CarryAsync(history.Before(40), default);
        Assert.True(ledger.Sums.Length > 1);
        Assert.Null(await ledger.Store.FindAsync(history.Finals[0].Intent.RequestId, default));

        // Also when their columns are made again, and when they are carried themselves.
        ledger.Close();
        Array.ForEach(ledger.Columns, File.Delete);
        var verified = (await CommandRun.OfAsync(ledger.Data, "", "verify")).Output;
        Assert.Contains("after 4 corrections", verified, StringComparison.Ordinal);
        Assert.DoesNotContain("correction of it and not the request", verified, StringComparison.Ordinal);
        ledger.Open();
        await history.CheckAsync(ledger);
        var again = new CostCorrection(Guid.CreateVersion7(), history.Finals[0].Intent.RequestId, 500_000, 1, "document", DateTimeOffset.UnixEpoch, "ada");
        Assert.Contains("older than what is kept", Assert.Single(await ledger.Store.CorrectAsync([again], default)).Reason, StringComparison.Ordinal);
        await ledger.Store.CarryAsync(history.Before(60), default);
        await ledger.RestartAsync();
        await ledger.Store.CarryAsync(history.Before(60), default);
        Assert.Single(ledger.Segments);
        await history.CheckAsync(ledger);
        await ledger.RestartAsync();
        await history.CheckAsync(ledger);
    }

    [Fact]
    public async Task A_segment_that_does_not_fill_is_closed_in_time()
    {
        var time = new ManualTime();
        time.Skip(DateTimeOffset.UnixEpoch.AddMilliseconds(FakeJournal.Noon) - time.GetUtcNow());
        await using var ledger = new EmbeddedRig(segmentBytes: 1024 * 1024, time: time);
        await ledger.TakeAsync(FakeJournal.Final());
        for (var day = 1; day <= 11; day++)
        {
            time.Skip(TimeSpan.FromDays(1));
            Assert.Equal(0, await ledger.Store.CarryAsync(time.GetUtcNow().AddDays(-20), default));
            Assert.Equal(day < 2 ? 1 : 2, ledger.Segments.Length);
        }

        await ledger.TakeAsync(FakeJournal.Final(time: time.GetUtcNow().ToUnixTimeMilliseconds()));
        time.Skip(TimeSpan.FromDays(10));
        Assert.Equal(1, await ledger.Store.CarryAsync(time.GetUtcNow().AddDays(-20), default));
        Assert.Single(await ledger.WalkAllAsync());
        Assert.Equal(2, (await ledger.TotalAsync()).Requests);
    }

    [Fact]
    public async Task A_sum_that_is_too_great_for_one_row_is_as_great_as_it_was()
    {
        await using var ledger = new EmbeddedRig();
        var journal = new FakeJournal();
        for (var i = 0; i < 3; i++)
        {
            journal.Add(FakeJournal.Final() with { CostNanoUsd = 1L << 62 });
        }

        await ledger.TakeAsync(journal.Add(FakeJournal.Final(key: "other")).All());
        await ledger.RestartAsync();
        var query = new UsageQuery([UsageDimension.Key]);
        var before = RandomLedger.Lines(await ledger.Store.SumAsync(query, default));
        Assert.Equal(4, await ledger.Store.CarryAsync(DateTimeOffset.FromUnixTimeMilliseconds(FakeJournal.Noon + 1), default));

        Assert.Equal(before, RandomLedger.Lines(await ledger.Store.SumAsync(query, default)));
        Assert.Contains("demo: 3 in 300", before[0], StringComparison.Ordinal);
        Assert.EndsWith($"cost {long.MaxValue}", before[0], StringComparison.Ordinal);
    }

    private static string Number(string path) => Path.GetFileNameWithoutExtension(path);

    private static int Deleted(string folder) => !OperatingSystem.IsLinux() ? 0 : Directory.GetFiles("/proc/self/fd")
        .Count(file => new FileInfo(file).LinkTarget is { } target && target.StartsWith(folder, StringComparison.Ordinal) && target.EndsWith("(deleted)", StringComparison.Ordinal));
}
