using System.Text.Json;
using Gateway.Core.Journal;

namespace Gateway.Usage.Tests.Commands;

/// <summary>Verbs on the embedded ledger.</summary>
public sealed class EmbeddedCommandTests
{
    [Fact]
    public async Task Verify_finds_nothing_in_a_good_ledger()
    {
        await using var usage = await FilledAsync(FakeJournal.Final(), FakeJournal.Final());

        var run = await CommandRun.OfAsync(usage.Folder, "", "verify");

        Assert.Equal((0, ""), (run.Exit, run.Errors));
        Assert.Contains("2 requests that cost 0.00102 USD", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_names_wrong_costs_attempts_refused_records_and_gaps()
    {
        await using var usage = await UsageHost.StartAsync();
        var dear = FakeJournal.Final() with { CostNanoUsd = 1 };
        var split = FakeJournal.After(FakeJournal.Final(), ("a/x", default, 5)) with { CostNanoUsd = 3 };
        var refused = FakeJournal.Final(input: -7);
        var journal = new FakeJournal().Add(dear).Add(split).Add(refused).Lose(4).Add(FakeJournal.Final());
        await usage.PostAsync(journal.All());
        await usage.StopAsync();

        var run = await CommandRun.OfAsync(usage.Folder, "", "verify");

        Assert.Equal(1, run.Exit);
        var lines = run.Output.Split('\n');
        Assert.Single(lines, line => line.Contains($"{dear.Intent.RequestId}: its cost of 1 nano-USD", StringComparison.Ordinal));
        Assert.Single(lines, line => line.Contains($"{split.Intent.RequestId}: its 2 attempts do not add up", StringComparison.Ordinal));
        Assert.Single(lines, line => line.Contains($"{refused.Intent.RequestId}: a record was refused", StringComparison.Ordinal));
        Assert.Single(lines, line => line.Contains("records 4 to 7 of epoch 1 were lost", StringComparison.Ordinal));
        Assert.Contains("4 problems", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Verify_names_damaged_bytes_and_changes_nothing(bool isLost)
    {
        await using var usage = await UsageHost.StartAsync(segmentBytes: 4096);
        var journal = new FakeJournal();
        for (var i = 1; i <= 100; i++)
        {
            journal.Add(FakeJournal.Final());
            await usage.PostAsync(journal.Batch(i, i));
        }

        await usage.StopAsync();
        var segment = Directory.GetFiles(usage.LedgerFolder, "*.seg").Order().ElementAt(1);
        if (isLost)
        {
            File.Delete(segment);
        }
        else
        {
            var bytes = File.ReadAllBytes(segment);
            bytes[bytes.Length / 2] ^= 1;
            File.WriteAllBytes(segment, bytes);
        }

        var before = Segments(usage);
        var run = await CommandRun.OfAsync(usage.Folder, "", "verify");

        Assert.Equal(1, run.Exit);
        Assert.Contains(isLost ? "before it are missing" : "are damaged", run.Output, StringComparison.Ordinal);
        Assert.Equal(before, Segments(usage));
    }

    [Fact]
    public async Task An_unfinished_record_at_the_end_is_a_note_and_no_problem()
    {
        await using var usage = await FilledAsync(FakeJournal.Final());
        var last = Directory.GetFiles(usage.LedgerFolder, "*.seg").Order().Last(static file => new FileInfo(file).Length > 60);
        var bytes = File.ReadAllBytes(last);
        using (var scan = new SegmentFolderScan(usage.LedgerFolder))
        {
            Assert.True(scan.Next());
        }

        // As a power cut leaves it: no footer, and half of a record.
        await File.WriteAllBytesAsync(last, [.. bytes[..^32], .. bytes[20..60]]);

        var run = await CommandRun.OfAsync(usage.Folder, "", "verify");

        Assert.Equal(0, run.Exit);
        Assert.Contains("unfinished record", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_writes_the_requests_of_a_span_as_the_reports_do()
    {
        var (early, late) = (FakeJournal.Final(), FakeJournal.Final(time: FakeJournal.Noon + 86_400_000));
        await using var usage = await FilledAsync(early, late);

        var csv = await CommandRun.OfAsync(usage.Folder, "", "export", "--format", "csv");
        Assert.Equal(0, csv.Exit);
        Assert.Equal(3, csv.Standard.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.StartsWith("id,time,key", csv.Standard, StringComparison.Ordinal);

        var json = await CommandRun.OfAsync(usage.Folder, "", "export", "--format", "ndjson", "--from", "2026-03-11", "--to", "2026-03-11T12:00:01Z");
        var line = Assert.Single(json.Standard.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(late.Intent.RequestId, JsonDocument.Parse(line).RootElement.GetProperty("id").GetGuid());
        Assert.Contains("1 requests of the embedded ledger", json.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_into_a_file_leaves_no_half_of_one()
    {
        await using var usage = await FilledAsync(FakeJournal.Final());
        var file = Path.Combine(usage.Folder, "out.csv");

        Assert.Equal(0, (await CommandRun.OfAsync(usage.Folder, "", "export", "--format", "csv", "--out", file)).Exit);

        Assert.Equal(2, (await File.ReadAllLinesAsync(file)).Length);
        Assert.False(File.Exists(file + ".part"));
        var run = await CommandRun.OfAsync(usage.Folder, "", "export", "--format", "csv", "--out", Path.Combine(usage.Folder, "none", "out.csv"));
        Assert.Equal(2, run.Exit);
        Assert.Contains("cannot be written", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_done_says_what_to_change()
    {
        await using var usage = await UsageHost.StartAsync();
        var running = await CommandRun.OfAsync(usage.Folder, "", "verify");
        Assert.Equal(2, running.Exit);
        Assert.Contains("in use by a running Usage process", running.Errors, StringComparison.Ordinal);
        await usage.StopAsync();

        var nowhere = await CommandRun.OfAsync(Path.Combine(usage.Folder, "no"), "", "verify");
        Assert.Equal(2, nowhere.Exit);
        Assert.Contains("GATEWAY_DATA", nowhere.Errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(usage.Folder, "no")));

        var when = await CommandRun.OfAsync(usage.Folder, "", "export", "--format", "csv", "--from", "yesterday");
        Assert.Equal(2, when.Exit);
        Assert.Contains("'--from' must be a time in UTC", when.Errors, StringComparison.Ordinal);

        Assert.NotEqual(0, (await CommandRun.OfAsync(usage.Folder, "", "export", "--format", "xml")).Exit);
        Assert.NotEqual(0, (await CommandRun.OfAsync(usage.Folder, "", "move", "--to", "oracle")).Exit);
        var target = await CommandRun.OfAsync(usage.Folder, "", "move", "--to", "postgres");
        Assert.Equal(2, target.Exit);
        Assert.Contains("ConnectionStrings__gatewaydb", target.Errors, StringComparison.Ordinal);
        var away = await CommandRun.OfAsync(usage.Folder, "Host=127.0.0.1;Port=1;Username=u;Password=secretword;Database=x", "verify");
        Assert.Equal(2, away.Exit);
        Assert.Contains("does not answer", away.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("secretword", away.Errors, StringComparison.Ordinal);
    }

    private static async Task<UsageHost> FilledAsync(params UsageFinal[] finals)
    {
        var usage = await UsageHost.StartAsync();
        await usage.PostAsync(finals.Aggregate(new FakeJournal(), static (journal, final) => journal.Add(final)).All());
        await usage.StopAsync();
        return usage;
    }

    private static (string, string)[] Segments(UsageHost usage) =>
        [.. Directory.GetFiles(usage.LedgerFolder, "*.seg*").Order().Select(static file => (Path.GetFileName(file), Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file)))))];
}
