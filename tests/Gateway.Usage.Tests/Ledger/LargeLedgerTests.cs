using System.Diagnostics;
using System.Globalization;
using Gateway.Core.Admission.Shared;
using Gateway.Core.Journal;
using Gateway.Core.Money;
using Gateway.Usage.Ingest;
using Gateway.Usage.Ledger;
using Xunit.Abstractions;

namespace Gateway.Usage.Tests.Ledger;

/// <summary>
/// A ledger of <c>LEDGER_ENTRIES</c> requests (default 20,000) over 90 days: what it answers, and, printed, how long that takes and how much memory the process has. With <c>LEDGER_FOLDER</c> it is made there
/// once and stays: the second run opens it in a process that made nothing, whose figures count. Build it with <c>-c Release</c> for those.
/// </summary>
public sealed class LargeLedgerTests(ITestOutputHelper output)
{
    private const int Users = 100_000;
    private const int Batch = 1000;
    private const long MsPerDay = 24 * 3_600_000L;

    private static readonly long End = new DateTimeOffset(2026, 4, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();
    private static readonly long Entries = long.Parse(Environment.GetEnvironmentVariable("LEDGER_ENTRIES") ?? "20000", CultureInfo.InvariantCulture);
    private static readonly string? Folder = Environment.GetEnvironmentVariable("LEDGER_FOLDER");
    private static readonly long SegmentBytes = Entries > 1_000_000 ? 64 * 1024 * 1024 : 1024 * 1024;

    [Fact]
    public async Task A_large_ledger_starts_answers_and_takes_while_it_answers()
    {
        var watch = Stopwatch.StartNew();
        await using var usage = await UsageHost.StartAsync(Folder, SegmentBytes);
        Say(watch, $"start with {usage.Ledger.Requests} entries");
        if (usage.Ledger.Requests < Entries)
        {
            await MakeAsync(usage);
            Say(watch, "made");
            await usage.StartAgainAsync(SegmentBytes);
            Say(watch, "start again");
        }

        var count = usage.Ledger.Requests;
        UsageDimension[][] reports =
        [
            [], [UsageDimension.Month], [UsageDimension.Key], [UsageDimension.User], [UsageDimension.Team, UsageDimension.Model], [UsageDimension.Deployment, UsageDimension.Day], [UsageDimension.Provider],
            [UsageDimension.Tag], [UsageDimension.Status, UsageDimension.Hour], [UsageDimension.Organisation, UsageDimension.Key, UsageDimension.Model, UsageDimension.Month], [UsageDimension.Key, UsageDimension.Day],
        ];
        foreach (var groups in reports)
        {
            await SumAsync(usage, new UsageQuery(groups), groups.Contains(UsageDimension.Tag) ? null : count);
        }

        await SumAsync(usage, new UsageQuery([UsageDimension.User], Filters: [new(UsageDimension.Tag, ["env=test"]), new(UsageDimension.Status, ["5xx"])]), null);
        await SumAsync(usage, new UsageQuery([UsageDimension.Day], Filters: [new(UsageDimension.User, ["user-00017"])]), null);
        foreach (var filters in (UsageFilter[]?[])[null, [new(UsageDimension.User, ["user-00017"])], [new(UsageDimension.Key, ["key-0003"]), new(UsageDimension.Status, ["5xx"])], [new(UsageDimension.Tag, ["nothing=here"])]])
        {
            watch.Restart();
            var page = await usage.Ledger.ListAsync(new RequestQuery(100, Filters: filters), default);
            Say(watch, $"page of {page.Requests.Count} by {RandomLedger.Describe(filters)}");
            if (page.Requests.Count > 0)
            {
                watch.Restart();
                Assert.NotNull(await usage.Ledger.FindAsync(page.Requests[^1].Final.Intent.RequestId, default));
                Say(watch, "one of it by its id");
            }
        }

        await TakeWhileItAnswersAsync(usage);
        watch.Restart();
        await usage.StartAgainAsync(SegmentBytes);
        Say(watch, "start again");
        Assert.Equal(count + (20 * Batch), usage.Ledger.Requests);
    }

    private static async Task MakeAsync(UsageHost usage)
    {
        var random = new Random(17);
        var already = usage.Ledger.Requests;
        var journal = new FakeJournal();
        for (var at = already; at < Entries; at += Batch)
        {
            for (var i = 0; i < Batch; i++)
            {
                journal.Add(Next(random, at + i));
            }

            await TakeAsync(usage, journal);
        }
    }

    private async Task TakeWhileItAnswersAsync(UsageHost usage)
    {
        using var stop = new CancellationTokenSource();
        var reports = 0;
        var asking = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await usage.Ledger.SumAsync(new UsageQuery([UsageDimension.User]), default);
                reports++;
            }
        });
        var (journal, random, watch) = (new FakeJournal(), new Random(18), Stopwatch.StartNew());
        for (var batch = 0; batch < 20; batch++)
        {
            for (var i = 0; i < Batch; i++)
            {
                journal.Add(Next(random, Entries));
            }

            await TakeAsync(usage, journal);
        }

        Say(watch, $"{20 * Batch} records taken");
        await stop.CancelAsync();
        await asking;
        output.WriteLine($"beside {reports} reports");
    }

    private static async Task TakeAsync(UsageHost usage, FakeJournal journal)
    {
        var batch = journal.Cut();
        Assert.Null(BatchCheck.Find(batch, out var head));
        Assert.Null((await usage.Ledger.IngestAsync(head, BatchCheck.Records(batch, batch.Length), default)).ExpectedSeq);
    }

    private async Task SumAsync(UsageHost usage, UsageQuery query, long? requests)
    {
        var watch = Stopwatch.StartNew();
        var sums = await usage.Ledger.SumAsync(query, default);
        Say(watch, $"{sums.Groups.Count} groups by {RandomLedger.Describe(query)}");
        if (requests is { } all)
        {
            Assert.Equal(all, sums.Total.Requests);
            Assert.True(query.Groups.Count == 0 || all == sums.Groups.Sum(static group => group.Sum.Requests));
        }
    }

    // Skewed as traffic is: a few keys and users make most of it.
    private static UsageFinal Next(Random random, long at)
    {
        var key = Skewed(random, 1000);
        var user = Skewed(random, Users);
        var model = Skewed(random, 30);
        var time = End - (90 * MsPerDay) + (at * 90 * MsPerDay / Math.Max(1, Entries)) + random.Next(-2000, 2000);
        var team = Invariant($"team-{key % 50:D2}");
        var deployment = Invariant($"{(model % 3 == 0 ? "openai" : model % 3 == 1 ? "azure" : "anthropic")}/model-{model:D2}{(random.Next(4) == 0 ? "-b" : "")}");
        var final = FakeJournal.Final(
            Guid.CreateVersion7(DateTimeOffset.FromUnixTimeMilliseconds(time)), Invariant($"key-{key:D4}"), Invariant($"model-{model:D2}"), deployment, team,
            random.Next(50) switch { 0 => 503, 1 => 429, 2 => 400, _ => 200 }, random.Next(20, 8000), random.Next(1, 2000), time);
        final = final with
        {
            Intent = final.Intent with
            {
                User = Invariant($"user-{user:D5}"),
                Organisation = "acme",
                Owner = Invariant($"owner-{key % 200:D3}"),
                Tags = [key % 2 == 0 ? "env=prod" : "env=test", Invariant($"cost-centre={key % 40}")],
                PriceVersion = "2026-01-31",
                Budgets = [new BudgetSlot(Invariant($"key:key-{key:D4}|month:2026-{1 + (at * 3 / Math.Max(1, Entries)):D2}-01@UTC"), 0), new BudgetSlot("team:" + team + "|lifetime", 0)],
            },
        };
        return random.Next(20) == 0 ? FakeJournal.After(final, ("azure/model-29", new TokenUsage(random.Next(20, 500), 0, 0, 0, 0), random.Next(1_000_000))) : final;
    }

    private static int Skewed(Random random, int count) => (int)(count * Math.Pow(random.NextDouble(), 2.5));

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private void Say(Stopwatch watch, string what)
    {
        output.WriteLine(Invariant($"{watch.ElapsedMilliseconds,8} ms  {Resident() / 1024,5} MB  {what}"));
        watch.Restart();
    }

    private static long Resident() => File.Exists("/proc/self/status")
        ? long.Parse(File.ReadLines("/proc/self/status").First(static line => line.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)
        : Environment.WorkingSet / 1024;
}
