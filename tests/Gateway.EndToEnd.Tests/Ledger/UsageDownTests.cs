using System.Globalization;
using Gateway.Rig.History;
using Xunit.Abstractions;

namespace Gateway.EndToEnd.Tests.Ledgers;

/// <summary>Usage is away while requests come at a steady rate: nobody who asks notices, operators see it, journals grow by what waits and no more, and when it is back everything is caught up.</summary>
public sealed class UsageDownTests(ITestOutputHelper output)
{
    /// <summary>Environment variable: seconds that Usage is away.</summary>
    private const string SecondsVariable = "RIG_USAGE_DOWN";

    private const int SegmentBytes = 256 * 1024;

    /// <summary>Most bytes of the two records of one request here.</summary>
    private const int BytesOfRequest = 2048;

    /// <summary>Two records a request: 120,000 in ten minutes.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(3);

    /// <summary>What the gateway waits for an address that does not answer.</summary>
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task UsageIsAway_NoRequestFails_JournalsKeepAll_AndTheLedgerCatchesUp()
    {
        var away = TimeSpan.FromSeconds(int.TryParse(Environment.GetEnvironmentVariable(SecondsVariable), CultureInfo.InvariantCulture, out var seconds) ? seconds : 10);
        using var limit = new CancellationTokenSource(away + TimeSpan.FromMinutes(6));
        using var enough = new CancellationTokenSource();
        await using var rig = await GatewayRig.StartAsync(new RigOptions
        {
            Config = LedgerDocument.Text,
            Edges = 2,
            Routers = 2,
            Environment = new Dictionary<string, string?> { ["Gateway__Journal__SegmentBytes"] = SegmentBytes.ToString(CultureInfo.InvariantCulture) },
        });
        using var load = new LedgerLoad(rig);
        using var admin = rig.Admin();

        // So that what is compared with is the time of a gateway that has been at work, and not that of its first requests.
        await load.RunAsync(8, static number => number <= 400, limit.Token);
        var calm = Now();
        var paced = load.PaceAsync(Interval, enough.Token, limit.Token);
        await Task.Delay(Calm, limit.Token);

        var sentBefore = load.Sent;
        var gone = Now();
        await rig.Usage.KillAsync();
        await Task.Delay(away, limit.Token);

        // While it lasts: no Router is taken out of rotation, and both say what waits.
        double? unshipped = 0;
        foreach (var router in rig.Routers)
        {
            var (code, status, detail) = await LedgerWatch.ReadyAsync(router, "ledger", limit.Token);
            output.WriteLine($"{router.Name}: {code} {status}, {detail}");
            Assert.Equal((200, "degraded"), (code, status));
            Assert.Contains("wait in the journal", detail, StringComparison.Ordinal);
            Assert.True(await LedgerWatch.MetricAsync(router, "gateway_journal_lag_seconds", limit.Token) > away.TotalSeconds / 2);
            Assert.True(await LedgerWatch.MetricAsync(router, "gateway_journal_waiting", limit.Token) > 0);
            await LedgerWatch.SaysAsync(router, "does not take records", limit.Token);
            unshipped += await LedgerWatch.MetricAsync(router, "gateway_journal_unshipped_bytes", limit.Token);
        }

        var back = Now();
        await rig.Usage.StartAndWaitAsync("/ready");
        var sent = load.Sent - sentBefore;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{sent} requests in {(back - gone).TotalSeconds:0.0} s without Usage; {unshipped / 1024:0} KiB wait in the journals, {unshipped / sent:0} bytes a request"));
        Assert.InRange(unshipped ?? 0, sent * 100d, (sent + 100) * (double)BytesOfRequest);

        // Caught up while requests go on coming: as far behind as one who never was away. And then for good.
        double? taken = 0;
        await LedgerWatch.UntilAsync(async () => (taken = await LedgerWatch.MetricAsync(rig.Usage, "gateway_ledger_taken_total", limit.Token)) >= sent, limit.Token);
        var caught = Now();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{2 * taken:0} records caught up in {(caught - back).TotalSeconds:0.0} s, the start of Usage among them"));
        await Task.Delay(Calm, limit.Token);
        await enough.CancelAsync();
        await paced;
        await LedgerWatch.CaughtUpAsync(rig, limit.Token);

        var history = await LedgerWatch.HistoryAsync(rig, admin, load, limit.Token);
        var reckoning = LedgerReckoning.Of(history, LedgerDocument.Rules);
        reckoning.Assert(output);
        await LedgerReckoning.AssertSumsAsync(admin, history.Ledger, limit.Token);
        Assert.Empty(reckoning.Flagged);
        Assert.Empty(history.Clients.Where(static client => !client.IsGood).Select(static client => $"{client.Name} {client.Status} {client.Code}"));
        var before = Times("before", history, calm, gone);
        var during = Times("without Usage", history, gone, back);
        var after = Times("while it catches up", history, back, caught);

        // Nothing on a request's way waits for Usage. One that did would wait for a time-out or two, whatever else the machine has to do.
        Assert.True(during < before + Most, $"Half of the requests took {during.TotalMilliseconds:0} ms without Usage, {before.TotalMilliseconds:0} ms before.");
        Assert.True(after < before + Most, $"Half of the requests took {after.TotalMilliseconds:0} ms while it caught up, {before.TotalMilliseconds:0} ms before.");

        // What the ledger has is kept no longer.
        foreach (var router in rig.Routers)
        {
            Assert.Equal("ready", (await LedgerWatch.ReadyAsync(router, "ledger", limit.Token)).Status);
            await LedgerWatch.SaysAsync(router, "takes records again", limit.Token);
        }

        await LedgerWatch.UntilAsync(
            () => Task.FromResult(Directory.GetFiles(Path.Combine(rig.DataFolder, "data", "router"), "*.seg", SearchOption.AllDirectories).Sum(static path => new FileInfo(path).Length) <= 2 * 3 * SegmentBytes),
            limit.Token);
    }

    private static DateTimeOffset Now() => DateTimeOffset.UtcNow;

    /// <summary>Says how long the plain requests took that were sent in a span.</summary>
    /// <returns>What half of them took at most.</returns>
    private TimeSpan Times(string when, RunHistory history, DateTimeOffset from, DateTimeOffset to)
    {
        var (first, last) = (from.ToUnixTimeMilliseconds() * 1000, to.ToUnixTimeMilliseconds() * 1000);
        var times = history.Clients.Where(client => !client.Stream && client.SentUs >= first && client.SentUs < last).Select(static client => client.Took).Order().ToList();
        if (times.Count == 0)
        {
            return TimeSpan.Zero;
        }

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{when}: {times.Count} plain requests, p50 {times[times.Count / 2].TotalMilliseconds:0.0} ms, p99 {times[times.Count * 99 / 100].TotalMilliseconds:0.0} ms, at most {times[^1].TotalMilliseconds:0} ms"));
        return times[times.Count / 2];
    }
}
