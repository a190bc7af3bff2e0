using Gateway.Rig.History;
using Xunit.Abstractions;

namespace Gateway.EndToEnd.Tests.Scenarios;

/// <summary>What takes its time: waits that a provider asks for, recovery, learning who is slow. Side by side, because each is mostly waiting.</summary>
[Collection(ScenarioRig.Name)]
public sealed class TimedScenarios(ScenarioRig rig, ITestOutputHelper output)
{
    private const long SecondUs = 1_000_000;
    private const long OnItsWayUs = SecondUs / 2;

    private static readonly TimeSpan Run = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(6);

    [Fact]
    public async Task RetryAfterIsObeyed_RecoveryIsSlow_SlowHostsAreLeft()
    {
        await using var run = new ScenarioRun(rig, "timed", output);
        await run.ControlAsync(
            """
            {"model":"seconds","times":1,"directives":"status=429 retry_after=3"},
            {"model":"date","times":1,"directives":"status=429 retry_after=date:3s"},
            {"model":"milliseconds","times":1,"directives":"status=429 retry_after_ms=2500"},
            {"model":"nonsense","times":3,"directives":["status=429 retry_after=soon","status=429 retry_after=-5","status=429 retry_after="]},
            {"model":"quota","limits":{"requests":20,"window":"2s"}},
            {"model":"recovery","for":"6s","directives":"status=500"},
            {"model":"latency","directives":"ttft=400ms"}
            """.Replace("\"status=429 retry_after=\"", "\"status=429\"", StringComparison.Ordinal),
            """{"model":"latency","directives":"ttft=40ms"}""");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(run.Limit);
        stop.CancelAfter(Run);
        using var brief = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
        brief.CancelAfter(TimeSpan.FromSeconds(6));

        var waits = new[] { "seconds", "date", "milliseconds", "nonsense" }.Select(model =>
            run.PaceAsync(TimeSpan.FromMilliseconds(60), () => run.Request(model, "tokens=3"), brief.Token)).ToList();
        var quota = run.PaceAsync(TimeSpan.FromMilliseconds(40), () => run.Request("quota", "tokens=3"), brief.Token);
        var recovery = run.PaceAsync(TimeSpan.FromMilliseconds(40), () => run.Request("recovery", "tokens=3"), stop.Token);
        var latency = run.PaceAsync(TimeSpan.FromMilliseconds(40), () => run.Request("latency", "tokens=3"), stop.Token);
        await Task.WhenAll([.. waits, quota, recovery, latency]);

        await run.AssertAllGoodAsync(run.Seen);
        var history = await run.CheckAsync();
        AssertRested(run, history, "seconds", TimeSpan.FromSeconds(3));
        AssertRested(run, history, "date", TimeSpan.FromSeconds(3));
        AssertRested(run, history, "milliseconds", TimeSpan.FromMilliseconds(2500));
        AssertQuota(run, history);
        AssertRecovered(run, history);
        AssertLeft(run, history);
    }

    /// <summary>Nothing is sent to the limited host before its time, and something soon after.</summary>
    private static void AssertRested(ScenarioRun run, RunHistory history, string model, TimeSpan wait)
    {
        var rows = history.Meter.Where(row => row.Model == model && row.Simulator == 0).ToList();
        var limited = rows.Single(row => row.Status == 429);
        // What was on its way at that moment could not know.
        var next = rows.Where(row => row.StartedUs > limited.EndedUs + OnItsWayUs).Select(row => (row.StartedUs - limited.EndedUs) / (double)SecondUs).DefaultIfEmpty(double.NaN).Min();
        run.Say($"{model}: asked again {next:0.00} s after a 429 for {wait.TotalSeconds} s");
        Assert.True(next >= wait.TotalSeconds - 0.02, $"{model}: asked again after {next:0.00} s, not {wait.TotalSeconds}.");
        Assert.True(next < wait.TotalSeconds + 2.5, $"{model}: left alone for {next:0.00} s, not {wait.TotalSeconds}.");
    }

    /// <summary>A host that may be asked ten times a second, and tells in its headers what is left, is asked about as often.</summary>
    private static void AssertQuota(ScenarioRun run, RunHistory history)
    {
        var rows = history.Meter.Where(row => row.Model == "quota" && row.Simulator == 0).ToList();
        var refused = rows.Count(row => row.Status == 429);
        run.Say($"quota: {rows.Count} calls to the limited host, {refused} of them refused");
        Assert.True(rows.Count - refused > 15, "The limited host is not asked again when it may be.");
        Assert.True(refused < 12, "The limited host is asked although it said that nothing is left.");
    }

    /// <summary>While it is down it gets probes, afterwards more and more until it has its half again.</summary>
    private static void AssertRecovered(ScenarioRun run, RunHistory history)
    {
        var rows = history.Meter.Where(row => row.Model == "recovery").ToList();
        var start = rows[0].StartedUs;
        var shares = Enumerable.Range(0, (int)Run.TotalSeconds / 2).Select(slot =>
        {
            var slice = rows.Where(row => (row.StartedUs - start) / (2 * SecondUs) == slot).ToList();
            return slice.Count == 0 ? 0 : slice.Count(row => row.Simulator == 0) / (double)slice.Count;
        }).ToList();
        run.Say($"recovery: share of the host in each 2 s: {string.Join(' ', shares.Select(share => share.ToString("0.00", System.Globalization.CultureInfo.InvariantCulture)))}");

        var failed = rows.Count(row => row.Simulator == 0 && row.Status == 500);
        Assert.True(failed < 20, $"A host that was down was asked {failed} times.");
        Assert.True(shares[2] < 0.1, "A host that is down gets a real share.");
        Assert.InRange(shares.TakeLast(3).Average(), 0.4, 0.6);
        // Between nothing and a half there is a ramp: 10, 25 and 50 % of its weight, five seconds each.
        Assert.InRange(shares.Skip(4).Count(share => share is > 0.03 and < 0.4), 4, 9);
    }

    private static void AssertLeft(ScenarioRun run, RunHistory history)
    {
        var rows = history.Meter.Where(row => row.Model == "latency").ToList();
        var late = rows.Where(row => row.StartedUs - rows[0].StartedUs > 30 * SecondUs).ToList();
        var share = late.Count(row => row.Simulator == 0) / (double)late.Count;
        run.Say($"latency: after 30 s the slow host has {share:P1} of {late.Count} requests");
        Assert.True(share < 0.1, $"After 30 s a host that is ten times slower still has {share:P0} of the requests.");
    }
}
