using Gateway.Core.Admission.Shared;
using Gateway.Core.Journal;
using Gateway.Usage.Budgets;
using Gateway.Usage.Ledger;

namespace Gateway.Usage.Tests.Ledger;

/// <summary>The segments are the truth: whatever happens to what stands beside them, the ledger answers the same.</summary>
public sealed class EmbeddedDamageTests
{
    private const int Stale = 5007;
    private const int Damaged = 5006;

    private static readonly BudgetSlot Lifetime = new("key:demo|lifetime", 0);
    private static readonly UsageQuery Query = new([UsageDimension.User, UsageDimension.Tag, UsageDimension.Deployment, UsageDimension.Day]);

    [Fact]
    public async Task A_start_makes_nothing_again_that_is_whole()
    {
        await using var ledger = new EmbeddedRig();
        await FillAsync(ledger);
        await ledger.RestartAsync();
        var before = ledger.Columns.ToDictionary(static path => path, File.GetLastWriteTimeUtc);
        Assert.Equal(before.Count + 1, ledger.Segments.Length);    // all but the open one
        Assert.True(before.Count > 3);
        await ledger.RestartAsync();

        Assert.Empty(ledger.Log.Of(Stale));
        Assert.All(before, static file => Assert.Equal(file.Value, File.GetLastWriteTimeUtc(file.Key)));
    }

    [Fact]
    public async Task A_start_surveys_no_closed_segment_that_nobody_wrote_to_and_a_bad_sector_in_it_costs_no_sum()
    {
        await using var ledger = new EmbeddedRig();
        var answers = await FillAsync(ledger);
        ledger.Close();
        var segment = ledger.Segments[1];
        var time = File.GetLastWriteTimeUtc(segment);
        Flip(segment, new FileInfo(segment).Length / 2);
        File.SetLastWriteTimeUtc(segment, time);
        ledger.Open();

        // Its record cannot be shown any more, but it was counted.
        Assert.Empty(ledger.Log.Of(5002));
        Assert.Empty(ledger.Log.Of(5003));
        Assert.Equal(answers.Sums, RandomLedger.Lines(await ledger.Store.SumAsync(Query, default)));
        Assert.Equal(answers.Walk.Count - 1, (await ledger.WalkAllAsync()).Count);
        Assert.NotEmpty(ledger.Log.Of(Damaged));
        Assert.Equal(answers.Spent, ledger.Budgets.SpentIn("acme", [Lifetime])[0]);
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.2)]
    [InlineData(0.5)]
    [InlineData(0.7)]
    [InlineData(0.9)]
    [InlineData(0.97)]
    [InlineData(1.0)]
    public async Task Damaged_columns_are_made_again(double where)
    {
        await using var ledger = new EmbeddedRig();
        var answers = await FillAsync(ledger);
        ledger.Close();
        foreach (var file in ledger.Columns)
        {
            Flip(file, (long)((new FileInfo(file).Length - 1) * where));
        }

        var count = ledger.Columns.Length;
        ledger.Open();

        // The first bytes only tell people what it is.
        Assert.Equal(where == 0 ? 0 : count, ledger.Log.Of(Stale).Length);
        await answers.AssertAsync(ledger);
        await ledger.RestartAsync();
        Assert.Empty(ledger.Log.Of(Stale));
        await answers.AssertAsync(ledger);
    }

    [Theory]
    [InlineData("cut")]
    [InlineData("empty")]
    [InlineData("gone")]
    [InlineData("exchanged")]
    [InlineData("text")]
    public async Task Columns_that_are_not_those_of_their_segment_are_made_again(string what)
    {
        await using var ledger = new EmbeddedRig();
        var answers = await FillAsync(ledger);
        ledger.Close();
        var (first, second) = (ledger.Columns[0], ledger.Columns[1]);
        switch (what)
        {
            case "cut":
                File.WriteAllBytes(first, File.ReadAllBytes(first)[..^100]);
                break;
            case "empty":
                File.WriteAllBytes(first, []);
                break;
            case "gone":
                File.Delete(first);
                break;
            case "exchanged":
                File.Copy(second, first, overwrite: true);
                break;
            default:
                File.WriteAllText(first, "These are no columns, and more than a trailer long.");
                break;
        }

        ledger.Open();
        await answers.AssertAsync(ledger);
        await ledger.RestartAsync();
        Assert.Empty(ledger.Log.Of(Stale));
        await answers.AssertAsync(ledger);
    }

    [Theory]
    [InlineData("gone")]
    [InlineData("empty")]
    [InlineData("head")]
    [InlineData("middle")]
    [InlineData("last")]
    [InlineData("longer")]
    public async Task Names_that_are_lost_or_damaged_are_made_again(string what)
    {
        await using var ledger = new EmbeddedRig();
        var answers = await FillAsync(ledger);
        ledger.Close();
        var length = new FileInfo(ledger.Names).Length;
        switch (what)
        {
            case "gone":
                File.Delete(ledger.Names);
                break;
            case "empty":
                File.WriteAllBytes(ledger.Names, []);
                break;
            case "head":
                Flip(ledger.Names, 3);
                break;
            case "middle":
                Flip(ledger.Names, length / 2);
                break;
            case "last":
                Flip(ledger.Names, length - 1);
                break;
            default:
                File.AppendAllBytes(ledger.Names, [1, 2, 3, 4, 5, 6, 7, 8, 9]);    // a run that was never finished
                break;
        }

        ledger.Open();
        await answers.AssertAsync(ledger);

        // New names get numbers that nothing else has.
        var more = new RandomLedger(77).Next();
        await ledger.TakeAsync(more with { Intent = more.Intent with { User = "new here", KeyId = "new too" } });
        for (var restart = 0; restart < 2; restart++)
        {
            await ledger.RestartAsync();
            Assert.Equal(answers.Walk.Count + 1, ledger.Store.Requests);
            Assert.Equal(1, (await ledger.Store.SumAsync(new UsageQuery([], Filters: [new(UsageDimension.User, ["new here"]), new(UsageDimension.Key, ["new too"])]), default)).Total.Requests);
        }
    }

    [Fact]
    public async Task A_damaged_segment_is_said_at_every_start_and_its_columns_have_the_rest()
    {
        await using var ledger = new EmbeddedRig();
        var answers = await FillAsync(ledger);
        ledger.Close();
        Flip(ledger.Segments[1], new FileInfo(ledger.Segments[1]).Length / 2);
        File.SetLastWriteTimeUtc(ledger.Segments[1], DateTime.UnixEpoch);
        for (var start = 0; start < 3; start++)
        {
            ledger.Open();
            Assert.Single(ledger.Log.Of(5002));
            Assert.Equal(answers.Walk.Count - 1, ledger.Store.Requests);
            Assert.Equal(answers.Walk.Count - 1, (await ledger.TotalAsync()).Requests);
            ledger.Close();
        }
    }

    [Fact]
    public async Task A_segment_that_is_gone_is_said_and_its_columns_count_no_more()
    {
        await using var ledger = new EmbeddedRig();
        var answers = await FillAsync(ledger);
        ledger.Close();
        File.Delete(ledger.Segments[1]);
        ledger.Open();

        Assert.Single(ledger.Log.Of(5002));
        Assert.Equal(ledger.Segments.Length - 1, ledger.Columns.Length);
        Assert.InRange(ledger.Store.Requests, 1, answers.Walk.Count - 1);
        Assert.Equal(ledger.Store.Requests, (await ledger.WalkAllAsync()).Count);
    }

    [Fact]
    public async Task Columns_that_cannot_be_written_stay_in_memory_until_the_next_start()
    {
        await using var ledger = new EmbeddedRig(disk: new RefusingDisk(".col.new"));
        var answers = await FillAsync(ledger);
        Assert.NotEmpty(ledger.Log.Of(5009));
        Assert.Empty(ledger.Columns);
        await answers.AssertAsync(ledger);
        await ledger.RestartAsync();

        Assert.NotEmpty(ledger.Columns);
        await answers.AssertAsync(ledger);
    }

    [Fact]
    public async Task Records_of_a_newer_layout_are_said_at_every_start()
    {
        await using var ledger = new EmbeddedRig();
        var answers = await FillAsync(ledger);
        ledger.Close();
        using (var log = new SegmentLog(new SegmentLogOptions { Folder = ledger.Folder, Producer = Guid.NewGuid(), Epoch = 1 }))
        {
            log.Append(JournalRecordType.Final, 99, Guid.NewGuid(), (new RecordOrigin(Guid.NewGuid(), 1, 1), ReadOnlyMemory<byte>.Empty), LedgerRecords.WriteCopy, out _);
        }

        for (var start = 0; start < 3; start++)
        {
            ledger.Open();
            Assert.StartsWith("1 records", Assert.Single(ledger.Log.Of(5005)), StringComparison.Ordinal);
            Assert.Equal(answers.Walk.Count, ledger.Store.Requests);
            ledger.Close();
        }
    }

    [Fact]
    public async Task A_process_killed_between_any_two_touches_of_the_disk_loses_nothing_that_was_acknowledged()
    {
        for (var touches = 4; ; touches += 3)
        {
            if (!await KillAsync(touches))
            {
                Assert.True(touches > 100, $"The ledger touched the disk {touches} times only.");
                return;
            }
        }
    }

    /// <returns>False when the disk lived to the end.</returns>
    private static async Task<bool> KillAsync(int touches)
    {
        await using var ledger = new EmbeddedRig(segmentBytes: 4096);
        ledger.Close();
        var disk = new DyingDisk(touches);
        var random = new RandomLedger(touches);
        var finals = Enumerable.Range(0, 80).Select(_ => random.Next()).ToList();
        var journal = finals.Aggregate(new FakeJournal(), static (journal, final) => journal.Add(final));
        var acknowledged = 0L;
        try
        {
            ledger.Open(disk);
            for (var from = 1; from <= 80 && !disk.IsDead; from += 8)
            {
                acknowledged = (await ledger.TakeAsync(journal.Batch(from, from + 7))).ToSeq;
            }
        }
        catch (Exception exception) when (exception is IOException or JournalConfigurationException)
        {
            Assert.True(disk.IsDead, exception.ToString());
        }

        ledger.Close();
        ledger.Open();
        Assert.Equal(finals.Take((int)acknowledged).Select(static final => final.Intent.RequestId), (await ledger.WalkAllAsync()).Ids().Take((int)acknowledged));

        // What was not acknowledged comes again, and what was there counts once.
        await ledger.TakeAllAsync(journal, 30);
        for (var restart = 0; restart < 2; restart++)
        {
            Assert.Equal(80, ledger.Store.Requests);
            Assert.Equal(RandomLedger.Lines(RandomLedger.Model(Query, finals)), RandomLedger.Lines(await ledger.Store.SumAsync(Query, default)));
            await ledger.RestartAsync();
        }

        return disk.IsDead;
    }

    private static async Task<Answers> FillAsync(EmbeddedRig ledger)
    {
        var random = new RandomLedger(4);
        var journal = new FakeJournal();
        for (var i = 0; i < 300; i++)
        {
            var final = random.Next();
            journal.Add(final with { Intent = final.Intent with { Organisation = "acme", Budgets = [Lifetime] } });
        }

        await ledger.TakeAllAsync(journal, 20);
        return new Answers(ledger.Budgets.SpentIn("acme", [Lifetime])[0], RandomLedger.Lines(await ledger.Store.SumAsync(Query, default)), [.. (await ledger.WalkAllAsync()).Ids()], [.. (await ledger.PagesAsync(new RequestQuery(90))).Ids()]);
    }

    internal static void Flip(string path, long at)
    {
        var bytes = File.ReadAllBytes(path);
        bytes[at] ^= 1;
        File.WriteAllBytes(path, bytes);
    }

    private sealed record Answers(long Spent, List<string> Sums, List<Guid> Walk, List<Guid> Pages)
    {
        public async Task AssertAsync(EmbeddedRig ledger)
        {
            Assert.Equal(Walk.Count, ledger.Store.Requests);
            Assert.Equal(Spent, ledger.Budgets.SpentIn("acme", [Lifetime])[0]);
            Assert.Equal(Math.Min(Walk.Count, BudgetBook.DefaultRingCapacity), ledger.Budgets.Cut("acme").Settled.Count);
            Assert.Equal(Sums, RandomLedger.Lines(await ledger.Store.SumAsync(Query, default)));
            Assert.Equal(Walk, (await ledger.WalkAllAsync()).Ids());
            Assert.Equal(Pages, (await ledger.PagesAsync(new RequestQuery(90))).Ids());
            foreach (var id in Walk.Take(40))
            {
                Assert.Equal(id, (await ledger.Store.FindAsync(id, default))?.Final.Intent.RequestId);
            }
        }
    }
}
