using Gateway.Rig.History;
using Xunit.Abstractions;

namespace Gateway.EndToEnd.Tests.Balancing;

/// <summary>What takes its time: leaving a slow host, tiers, and the ramp after a failure. All at once, because each is mostly waiting.</summary>
[Collection(BalancingRig.Name)]
public sealed class TimedShareTests(BalancingRig balancing, ITestOutputHelper output)
{
    private const double SecondUs = 1_000_000;

    private static readonly TimeSpan LongestLearning = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(4);

    /// <summary>Outage, a cooldown of at most 6 s, and the ramp of 15 s with something of what comes after it.</summary>
    private static readonly TimeSpan OutageAndRamp = TimeSpan.FromSeconds(24);

    [Fact]
    public async Task A_slow_host_is_left_the_second_tier_stands_in_and_the_weight_comes_back_in_steps()
    {
        await balancing.Rig.ControlAsync(0, """
            {"rules":[
              {"model":"fast","directives":"ttft=1000ms"},
              {"model":"tiers","for":"4s","directives":"status=500"},
              {"model":"ramp","for":"4s","directives":"status=500"}]}
            """);
        await balancing.Rig.ControlAsync(1, """{"rules":[{"model":"fast","directives":"ttft=100ms"}]}""");
        await balancing.Rig.ControlAsync(2, """{"rules":[{"model":"fast","directives":"ttft=100ms"}]}""");
        Task[] parts = [LeaveSlowAsync(), StandInAsync(), RampAsync()];
        await Task.WhenAll(parts).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        var failures = parts.SelectMany(part => part.Exception?.InnerExceptions.Select(failure => failure.Message) ?? []).ToList();
        Assert.True(failures.Count == 0, string.Join('\n', failures));
    }

    private async Task LeaveSlowAsync()
    {
        using var run = new ShareRun(balancing, "fast", output);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(run.Limit);
        stop.CancelAfter(LongestLearning);
        var load = ShareRun.PaceAsync(12, () => run.SendAsync("fast", "tokens=2", stream: true), stop.Token);

        // Looked at from time to time: most often it is left long before the half minute is over.
        var share = double.NaN;
        var rows = 0;
        using var tick = new PeriodicTimer(TimeSpan.FromSeconds(3));
        while (!stop.IsCancellationRequested && await tick.WaitForNextTickAsync(run.Limit))
        {
            (share, rows) = LastThird(run.Seen);
            if (rows >= 50 && share < 0.1)
            {
                await stop.CancelAsync();
            }
        }

        await load;
        run.AssertAllGood();
        var meter = await run.MeterAsync();
        var late = meter.Skip(meter.Count * 2 / 3).ToList();
        share = Shares.OfRequests(late, 3)[0];
        var seconds = (meter[^1].StartedUs - meter[0].StartedUs) / SecondUs;
        run.Say($"after {seconds:0} s a host that is ten times slower has {share:P1} of the last {late.Count} of {meter.Count} requests");
        Assert.True(share < 0.1, $"After {seconds:0} s a host that is ten times slower still has {share:P0} of the requests.");
        Assert.All(Shares.OfRequests(late, 3).Skip(1), fast => Assert.InRange(fast, 0.25, 0.75));
    }

    /// <summary>As the client sees it: the meter is read once, when it is over.</summary>
    private static (double Share, int Count) LastThird(IReadOnlyCollection<ClientObservation> seen)
    {
        var late = seen.OrderBy(one => one.SentUs).Skip(seen.Count * 2 / 3).ToList();
        return (late.Count(one => one.Deployment.StartsWith("a/", StringComparison.Ordinal)) / Math.Max(1.0, late.Count), late.Count);
    }

    private async Task StandInAsync()
    {
        using var run = new ShareRun(balancing, "tiers", output);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(run.Limit);
        stop.CancelAfter(OutageAndRamp / 2);
        await ShareRun.PaceAsync(10, () => run.SendAsync("tiers", "tokens=1"), stop.Token);

        run.AssertAllGood();
        var rows = await run.MeterAsync();
        var back = rows.First(row => row.Simulator == 0 && row.Status == 200).StartedUs;
        var failed = rows.Count(row => row.Simulator == 0 && row.Status == 500);
        var during = rows.Count(row => row.Simulator == 1);
        // What was chosen while the first tier's probe was on its way may still go to the second.
        var stray = rows.Count(row => row.Simulator == 1 && row.StartedUs > back + SecondUs);
        run.Say($"first tier: {failed} failures, {rows.Count - failed - during} answers; second tier: {during} answers, {stray} of them after the first was back");
        Assert.InRange(failed, 5, 15);
        Assert.True(during > 20, "The second tier did not stand in.");
        Assert.Equal(0, stray);
    }

    private async Task RampAsync()
    {
        using var run = new ShareRun(balancing, "ramp", output);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(run.Limit);
        stop.CancelAfter(OutageAndRamp);
        await ShareRun.PaceAsync(25, () => run.SendAsync("ramp", "tokens=1"), stop.Token);

        run.AssertAllGood();
        var rows = await run.MeterAsync();
        var back = rows.First(row => row.Simulator == 0 && row.Status == 200 && row.StartedUs > rows[0].StartedUs + (Outage.TotalSeconds * SecondUs)).EndedUs;

        // 10, 25, 50 and 100 % of its weight against the other's whole one, 5 s each; half a second at either side is left out.
        double[] expected = [0.1 / 1.1, 0.25 / 1.25, 0.5 / 1.5, 0.5];
        var shares = expected.Select((_, step) =>
        {
            var slice = rows.Where(row => row.StartedUs > back + (((5 * step) + 0.5) * SecondUs) && row.StartedUs < back + (((5 * step) + 4.5) * SecondUs)).ToList();
            return (Share: Shares.OfRequests(slice, 2)[0], slice.Count);
        }).ToArray();
        run.Say($"{rows.Count(row => row.Status == 500)} failures, back after {(back - rows[0].StartedUs) / SecondUs:0.0} s, then {Shares.Text(shares.Select(share => share.Share))} of {string.Join(", ", shares.Select(share => share.Count))} requests");
        Assert.All(shares.Zip(expected), pair => Assert.InRange(pair.First.Share, pair.Second - 0.04, pair.Second + 0.04));
    }
}
