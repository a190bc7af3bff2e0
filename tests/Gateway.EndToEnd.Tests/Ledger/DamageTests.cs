using System.Globalization;
using Gateway.Rig.History;
using Xunit.Abstractions;

namespace Gateway.EndToEnd.Tests.Ledgers;

/// <summary>Bytes of a running gateway's ledger go bad while Usage is down: what is lost has a name and an alarm, what the Routers still have comes again, and all the rest is right.</summary>
public sealed class DamageTests(ITestOutputHelper output)
{
    private const int Before = 400;
    private const int Meanwhile = 60;

    [Fact]
    public async Task BytesOfClosedAndOpenSegmentsGoBad_WhatIsLostIsNamed_TheTailComesAgain_TheRestIsRight()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(8));
        await using var rig = await GatewayRig.StartAsync(new RigOptions
        {
            Config = LedgerDocument.Text,
            Routers = 2,
            Redis = false,
            Environment = new Dictionary<string, string?> { ["Gateway__Ledger__SegmentBytes"] = "16384" },
        });
        using var load = new LedgerLoad(rig);
        using var admin = rig.Admin();
        var folder = Path.Combine(rig.DataFolder, "data", "usage");

        // 1. A ledger of several segments, and Usage dies.
        var sent = Before;
        while (true)
        {
            await load.RunAsync(8, number => number <= sent, limit.Token);
            await LedgerWatch.CaughtUpAsync(rig, limit.Token);
            await rig.Usage.KillAsync();
            if (SegmentBytes.Finals(SegmentBytes.Files(folder)[^1]).Count >= 5)
            {
                break;
            }

            // The open one has only just begun.
            sent += 10;
            await rig.Usage.StartAndWaitAsync("/ready");
        }

        var files = SegmentBytes.Files(folder);
        Assert.True(files.Length >= 4, $"{files.Length} segments");

        // 2. One record in a closed segment, one in the open one, and the end of that one, which the Routers were told is safe.
        var closed = SegmentBytes.Finals(files[1]) is var finals ? finals[finals.Count / 2] : default;
        var open = SegmentBytes.Finals(files[^1]);
        var (middle, tail) = (open[1], open[^2]);
        SegmentBytes.Flip(files[1], closed);
        SegmentBytes.Flip(files[^1], middle);
        SegmentBytes.CutInside(files[^1], tail);

        // 3. Traffic goes on without it, and wakes both Routers when it is back.
        await load.RunAsync(4, number => number <= sent + Meanwhile, limit.Token);
        await rig.Usage.StartAndWaitAsync("/ready");
        await LedgerWatch.CaughtUpAsync(rig, limit.Token);
        var history = await LedgerWatch.HistoryAsync(rig, admin, load, limit.Token);

        Assert.Empty(history.Clients.Where(static client => !client.IsGood).Select(static client => $"{client.Name} {client.Status} {client.Code}"));

        // 4. Exactly two requests are missing, and it is said which records they were.
        var lost = history.Clients.Select(static client => client.RequestId).Except(history.Ledger.Select(static entry => entry.Id), StringComparer.Ordinal);
        Assert.Equal(Ids([closed, middle]), lost.Order(StringComparer.Ordinal));
        Assert.Contains(rig.Usage.Output.Split('\n'), line => line.Contains($"lacks its records {Text(closed.Seq)} to {Text(closed.Seq)}: requests are missing", StringComparison.Ordinal));
        Assert.Contains(rig.Usage.Output.Split('\n'), line => line.Contains($"lacks its records {Text(middle.Seq)} to {Text(middle.Seq)}: requests are missing", StringComparison.Ordinal));
        Assert.Equal(2, rig.Usage.Output.Split("A segment of the ledger").Length - 1);
        Assert.Equal(2, Directory.GetFiles(folder, "*.damaged-*").Length);

        // 5. The end was sent again by the Router that had it: nobody has to know.
        Assert.Contains(history.Ledger, entry => entry.Id == tail.RequestId.ToString());
        await LedgerWatch.UntilAsync(() => Task.FromResult(rig.Routers.Any(static router => router.Output.Contains("sending again from there", StringComparison.Ordinal))), limit.Token);
        output.WriteLine($"{history.Ledger.Count} of {history.Clients.Count} requests are in the ledger; two are lost by name");

        // 6. All the rest is right: the clients, the provider and the ledger tell the same.
        var gone = Ids([closed, middle]).ToHashSet(StringComparer.Ordinal);
        var rest = history.Clients.Where(client => !gone.Contains(client.RequestId)).ToList();
        var tags = rest.Select(static client => client.Tag).ToHashSet(StringComparer.Ordinal);
        LedgerReckoning.Of(new RunHistory(rest, [.. history.Meter.Where(row => tags.Contains(row.User))], history.Ledger), LedgerDocument.Rules).Assert(output);
        await LedgerReckoning.AssertSumsAsync(admin, history.Ledger, limit.Token);

        // 7. Who looks later is told as well.
        await rig.Usage.StopAsync();
        var verified = await rig.CommandAsync("verify", TimeSpan.FromMinutes(1));
        output.WriteLine(verified.Output);
        Assert.Equal(1, verified.ExitCode);
        Assert.Contains($"records {Text(closed.Seq)} to {Text(closed.Seq)} are missing", verified.Output, StringComparison.Ordinal);
        Assert.Contains($"records {Text(middle.Seq)} to {Text(middle.Seq)} are missing", verified.Output, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Ids(SegmentRecord[] records) => records.Select(static record => record.RequestId.ToString()).Order(StringComparer.Ordinal);

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
