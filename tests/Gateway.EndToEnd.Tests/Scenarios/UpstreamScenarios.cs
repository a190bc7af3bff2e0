using Gateway.Rig.Faults;
using Xunit.Abstractions;

namespace Gateway.EndToEnd.Tests.Scenarios;

/// <summary>Providers that fail a little, altogether, for one credential, or too slowly for a deadline.</summary>
[Collection(ScenarioRig.Name)]
public sealed class UpstreamScenarios(ScenarioRig rig, ITestOutputHelper output)
{
    [Fact]
    public async Task PartialServerErrors_AreNoClientErrors()
    {
        await using var run = new ScenarioRun(rig, "partial", output);
        await run.ControlAsync($$"""{"model":"partial","share":0.15,"seed":{{ScenarioRig.Seed}},"directives":["status=500","status=502","status=504"]}""", "");

        var seen = await run.SendAsync(400, 16, index => run.Request("partial", "tokens=8") with { Stream = index % 2 == 0 });

        await run.AssertAllGoodAsync(seen);
        var history = await run.CheckAsync();
        Assert.Contains(history.Meter, row => row.Status == 502);
    }

    [Fact]
    public async Task ThirdOfAllCallsFailing_IsRetriedWithinTheBudgetOnly()
    {
        await using var run = new ScenarioRun(rig, "budget", output);
        // Each third: never so many in a row, nor so large a share, that a breaker would end it.
        const string Rule = """{"model":"budget","every":3,"directives":"status=500"}""";
        await run.ControlAsync(Rule, Rule);

        var seen = await run.SendAsync(900, 16, index => run.Request("budget", "tokens=4") with { Stream = index % 2 == 0 });

        // The check holds the calls against 1.1 for each request and ten a minute; what is beyond is told to the client at once.
        var history = await run.CheckAsync();
        var failed = seen.Count(one => !one.IsGood);
        run.Say($"{history.Meter.Count} calls for {seen.Count} requests, {failed} client errors");
        Assert.InRange(history.Meter.Count, seen.Count * 1.05, (seen.Count * 1.1) + 20);
        Assert.InRange(failed, seen.Count / 10, seen.Count / 3);
        await run.AssertAllAsync(seen.Where(one => !one.IsGood), one => one is { Errors: 1, Status: 500 });
    }

    [Fact]
    public async Task OneBadCredentialOfTwo_IsLeftAlone_AndNoClientSeesIt()
    {
        await using var run = new ScenarioRun(rig, "keys", output);
        await run.ControlAsync("""{"credential":"tk-bad","directives":["status=401","status=403"]}""", "");

        var seen = await run.SendAsync(300, 16, index => run.Request("keys", "tokens=8") with { Stream = index % 2 == 0 });

        await run.AssertAllGoodAsync(seen);
        var history = await run.CheckAsync();
        var refused = history.Meter.Count(row => row.Credential == ScenarioDocument.Fingerprint("tk-bad"));
        run.Say($"the bad credential was shown {refused} times");
        // Once, and by those that were on their way at that moment.
        Assert.InRange(refused, 1, 16);
    }

    [Fact]
    public async Task AllOut_IsRefusedAtOnce_AndServesAgainAfterTheRecovery()
    {
        await using var run = new ScenarioRun(rig, "out", output);
        await run.ControlAsync("", "");
        await run.AssertAllGoodAsync(await run.SendAsync(40, 8, _ => run.Request("out", "tokens=4")));
        // Each failure once before all is out, so that the figures are those of a gateway that has been at work: no client sees these.
        await run.ControlAsync("""{"model":"out","times":2,"directives":"status=503"}""", """{"model":"out","times":4,"directives":["status=500","cut_after=0"]}""");
        await run.AssertAllGoodAsync(await run.SendAsync(40, 4, _ => run.Request("out", "tokens=4")));
        await run.ControlAsync("""{"model":"out","directives":"status=503"}""", """{"model":"out","directives":["status=500","cut_after=0"]}""");

        var refused = await run.SendAsync(1500, 16, _ => run.Request("out", "tokens=4"));
        var (p50, p99) = (ScenarioRun.Percentile(refused.Select(one => one.Took), 0.5), ScenarioRun.Percentile(refused.Select(one => one.Took), 0.99));
        // The very first find out that all are out: each makes its calls.
        var known = ScenarioRun.Percentile(refused.OrderBy(static one => one.SentUs).Skip(50).Select(static one => one.Took), 0.99);
        run.Say($"p99 once it is known that all are out {known.TotalMilliseconds:0.0} ms");
        run.Say($"{refused.Count} refusals, p50 {p50.TotalMilliseconds:0.0} ms, p99 {p99.TotalMilliseconds:0.0} ms (wanted: 100 ms, plus the noise of a shared machine)");

        // The same without the crowd: what the gateway takes, and not how long a request waits for one of two processors that its client shares.
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(run.Limit);
        enough.CancelAfter(TimeSpan.FromSeconds(5));
        var paced = await run.PaceAsync(TimeSpan.FromMilliseconds(5), () => run.Request("out", "tokens=4"), enough.Token);
        run.Say($"{paced.Count} refusals, one each 5 ms: p50 {ScenarioRun.Percentile(paced.Select(one => one.Took), 0.5).TotalMilliseconds:0.0} ms, p99 {ScenarioRun.Percentile(paced.Select(one => one.Took), 0.99).TotalMilliseconds:0.0} ms");

        await run.AssertAllAsync([.. refused, .. paced], one => one is { Status: 429 or >= 500, Errors: 1, Terminals: 0 } && (one.Status is not (429 or 503) || one.RetryAfter is not null));
        // A busy machine of two cores adds to the slowest of all requests, but not a wait to most of them.
        Assert.True(p50 < TimeSpan.FromMilliseconds(100) && p99 < TimeSpan.FromSeconds(2), $"p50 of refusals is {p50.TotalMilliseconds:0} ms, p99 {p99.TotalMilliseconds:0} ms.");

        await run.ControlAsync("", "");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(run.Limit);
        stop.CancelAfter(TimeSpan.FromSeconds(12));
        var after = (await run.PaceAsync(TimeSpan.FromMilliseconds(50), () => run.Request("out", "tokens=4"), stop.Token)).OrderBy(one => one.SentUs).ToList();
        var lastBad = after.LastOrDefault(one => !one.IsGood);
        var healed = TimeSpan.FromMicroseconds((lastBad?.EndedUs ?? after[0].SentUs) - after[0].SentUs);
        run.Say($"served without errors from {healed.TotalSeconds:0.0} s after the recovery on");
        Assert.True(healed < TimeSpan.FromSeconds(10), $"Still refused {healed.TotalSeconds:0.0} s after the recovery: {(lastBad is null ? "" : ScenarioRun.Describe(lastBad))}");
        await run.CheckAsync();
    }

    [Fact]
    public async Task AllLimited_IsA429ThatSaysWhen_AndNobodyIsAskedMeanwhile()
    {
        await using var run = new ScenarioRun(rig, "rested", output);
        await run.ControlAsync("""{"model":"rested","directives":"status=429 retry_after=8"}""", """{"model":"rested","directives":"status=429 retry_after=20"}""");

        var seen = await run.SendAsync(60, 6, index => run.Request("rested", "tokens=4") with { Stream = index % 2 == 0 });

        await run.AssertAllAsync(seen, one => one is { Status: 429, Errors: 1 } && int.TryParse(one.RetryAfter, out var seconds) && seconds is >= 1 and <= 20);
        var history = await run.CheckAsync();
        run.Say($"{history.Meter.Count} calls for {seen.Count} requests, told to come again in {seen.Min(one => one.RetryAfter)} to {seen.Max(one => one.RetryAfter)} s");
        // The first ones, at both hosts, side by side.
        Assert.InRange(history.Meter.Count, 2, 12);
    }

    [Fact]
    public async Task AllLimitedForAMoment_IsWaitedFor()
    {
        await using var run = new ScenarioRun(rig, "paused", output);
        const string Rule = """{"model":"paused","times":1,"directives":"status=429 retry_after_ms=900"}""";
        await run.ControlAsync(Rule, Rule);

        var seen = await run.SendAsync(24, 8, index => run.Request("paused", "tokens=4") with { Stream = index % 2 == 0 });

        run.Say($"the last answer came after {seen.Max(one => one.Took).TotalMilliseconds:0} ms");
        await run.AssertAllGoodAsync(seen);
        await run.AssertAllAsync(seen, one => one.Took < TimeSpan.FromSeconds(4));
        await run.CheckAsync();
    }

    [Theory]
    [InlineData("head", "slow_headers=10s")]
    [InlineData("first", "ttft=10s")]
    [InlineData("rest", "gap=300ms tokens=100")]
    public async Task Deadline_ShorterThanTheWork_IsKept(string slow, string directives)
    {
        var model = $"deadline-{slow}";
        await using var run = new ScenarioRun(rig, model, output);
        await run.ControlAsync("", "");

        // As much again is for the machine: it may be busy.
        var deadline = TimeSpan.FromSeconds(2);

        var seen = await run.SendAsync(24, 12, index => run.Request(model, directives) with { Stream = index % 2 == 0, Deadline = deadline });

        run.Say($"the last answer came after {seen.Max(one => one.Took).TotalMilliseconds:0} ms");
        await run.AssertAllAsync(seen, one => one is { Errors: 1, Terminals: 0 });
        await run.AssertAllAsync(seen, one => one.Took < deadline * 2);
        await run.CheckAsync();
    }

    [Fact]
    public async Task Fallback_IsAuthorisedAndPricedOnItsOwn()
    {
        await using var run = new ScenarioRun(rig, "fallback", output);
        await using var narrow = new ScenarioRun(rig, "narrow", output, "narrow-scenario-key");
        await run.ControlAsync("""{"model":"dear","directives":"status=503"},{"model":"dear-alone","directives":"status=503"}""", "");

        // Few enough for the budget of extra calls: each of them takes one.
        await run.AssertAllGoodAsync(await run.SendAsync(8, 2, index => run.Request("dear", "tokens=8") with { Stream = index % 2 == 0 }));
        var denied = await narrow.SendAsync(8, 2, index => narrow.Request("dear-alone", "tokens=8") with { Stream = index % 2 == 0 });

        var history = await run.CheckAsync();
        Assert.All(history.Ledger, entry => Assert.Equal(("dear", "b/cheap"), (entry.Model, entry.Attempts![^1].Deployment)));
        await narrow.AssertAllAsync(denied, one => one is { Status: >= 429, Errors: 1 });
        Assert.DoesNotContain((await narrow.CheckAsync()).Meter, row => row.Model == "cheap");
    }

    [Fact]
    public async Task LinkThatIsRefused_Reset_AndSilent_IsRoutedAround()
    {
        await using var run = new ScenarioRun(rig, "linked", output);
        await run.ControlAsync("", "");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(run.Limit);
        var load = run.PaceAsync(TimeSpan.FromMilliseconds(12), () => run.Request("linked", "tokens=6"), stop.Token);

        foreach (var faults in new[] { new LinkFaults { Refuse = true }, LinkFaults.None, new LinkFaults { ResetAfterDown = 30 }, LinkFaults.None, new LinkFaults { Delay = TimeSpan.FromMilliseconds(5), Jitter = TimeSpan.FromMilliseconds(10) } })
        {
            rig.Rig.Links[0].Use(faults);
            if (faults.Refuse)
            {
                rig.Rig.Links[0].ResetAll();
            }

            await Task.Delay(TimeSpan.FromSeconds(1.5), run.Limit);
        }

        await stop.CancelAsync();
        var seen = await load;

        // What was on its way through the link when it died may have begun to speak; nothing else may show.
        var bad = seen.Where(one => !one.IsGood).ToList();
        await run.AssertAllAsync(bad, one => one is { Status: 200, Errors: 1, Terminals: 0, Text.Length: > 0 });
        run.Say($"{seen.Count} requests, {bad.Count} cut in the middle");
        Assert.True(bad.Count < 10);
        await run.CheckAsync();
    }
}
