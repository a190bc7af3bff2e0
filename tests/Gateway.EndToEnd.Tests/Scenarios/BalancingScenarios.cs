using Xunit.Abstractions;

namespace Gateway.EndToEnd.Tests.Scenarios;

/// <summary>Who gets which share, against providers whose weight, price and load is known.</summary>
[Collection(ScenarioRig.Name)]
public sealed class BalancingScenarios(ScenarioRig rig, ITestOutputHelper output)
{
    [Fact]
    public async Task Weights_AreKeptWithinTwoPercent()
    {
        await using var run = new ScenarioRun(rig, "weights", output);
        await run.ControlAsync("", "");

        await run.AssertAllGoodAsync(await run.SendAsync(400, 8, _ => run.Request("weights", "tokens=3")));

        var share = await ShareOfFirstAsync(run);
        Assert.InRange(share, 0.74, 0.76);
    }

    [Fact]
    public async Task LeastBusy_LeavesAHostThatLetsItsRequestsWait()
    {
        await using var run = new ScenarioRun(rig, "busy", output);
        await run.ControlAsync("""{"model":"busy","capacity":1}""", "");

        // 16 at once, 40 ms each: the first host ends 25 in a second, the second as many as come.
        await run.AssertAllGoodAsync(await run.SendAsync(300, 16, _ => run.Request("busy", "tokens=3 slow_headers=40ms")));

        var share = await ShareOfFirstAsync(run);
        Assert.True(share < 0.4, $"A host that serves one at a time has {share:P0} of the requests.");
    }

    [Theory]
    [InlineData("cost-talk", 4, 200, 1)]
    [InlineData("cost-read", 3000, 3, 0)]
    public async Task LowestCost_GoesByTheShapeOfTheRequest(string model, int words, int tokens, int cheapest)
    {
        await using var run = new ScenarioRun(rig, model, output);
        await run.ControlAsync("", "");
        var prompt = string.Concat(Enumerable.Repeat("word ", words));

        await run.AssertAllGoodAsync(await run.SendAsync(20, 4, _ =>
        {
            var request = run.Request(model);
            return request with { Prompt = $"{request.Prompt} {prompt} [sim tokens={tokens}]", Rest = $",\"max_tokens\":{tokens * 2}" };
        }));

        var history = await run.CheckAsync();
        Assert.All(history.Meter, row => Assert.Equal(cheapest, row.Simulator));
    }

    [Fact]
    public async Task Talks_StayWhereTheyBegan()
    {
        await using var run = new ScenarioRun(rig, "talks", output);
        await run.ControlAsync("", "");
        var talkOf = new Dictionary<string, int>(StringComparer.Ordinal);

        for (var turn = 0; turn < 4; turn++)
        {
            await run.AssertAllGoodAsync(await run.SendAsync(24, 8, talk =>
            {
                var request = run.Request("talks");
                lock (talkOf)
                {
                    talkOf[request.Tag] = talk;
                }

                return request with { Rest = $",\"prompt_cache_key\":\"talk-{talk}\"" };
            }));
        }

        var history = await run.CheckAsync();
        var hosts = history.Meter.GroupBy(row => talkOf[row.User]).Select(calls => calls.Select(row => row.Simulator).Distinct().ToList()).ToList();
        run.Say($"{hosts.Count} talks, {hosts.Count(host => host is [0])} of them at the first host");
        Assert.All(hosts, host => Assert.Single(host));
        Assert.Equal([0, 1], hosts.Select(host => host[0]).Distinct().Order());
    }

    [Fact]
    public async Task Flood_OfOneKey_LetsTheCalmOneThrough()
    {
        await using var flood = new ScenarioRun(rig, "flood", output, "flood-scenario-key");
        await using var calm = new ScenarioRun(rig, "calm", output, "calm-scenario-key");
        await calm.ControlAsync("", "");
        const string Work = "tokens=3 slow_headers=20ms";
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(calm.Limit);
        stop.CancelAfter(TimeSpan.FromSeconds(5));

        // Four places, and eighty that want one at any time.
        var pressure = Task.WhenAll(Enumerable.Range(0, 80).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await flood.SendAsync(flood.Request("shared", Work));
            }
        })));
        var seen = await calm.PaceAsync(TimeSpan.FromMilliseconds(100), () => calm.Request("shared", Work), stop.Token);
        await pressure;

        var (mine, theirs) = (ScenarioRun.Percentile(seen.Select(one => one.Took), 0.95), ScenarioRun.Percentile(flood.Seen.Select(one => one.Took), 0.5));
        calm.Say($"{seen.Count} requests, p95 {mine.TotalMilliseconds:0} ms beside {flood.Seen.Count} of the flood with p50 {theirs.TotalMilliseconds:0} ms (wanted: a wait below 200 ms, plus the noise of a shared machine)");
        await calm.AssertAllGoodAsync(seen);
        Assert.True(mine < TimeSpan.FromMilliseconds(600), $"p95 of the calm key is {mine.TotalMilliseconds:0} ms.");
        await calm.CheckAsync();
        await flood.CheckAsync();
    }

    private static async Task<double> ShareOfFirstAsync(ScenarioRun run)
    {
        var history = await run.CheckAsync();
        var share = history.Meter.Count(row => row.Simulator == 0) / (double)history.Meter.Count;
        run.Say($"the first host has {share:P1} of {history.Meter.Count} requests");
        return share;
    }
}
