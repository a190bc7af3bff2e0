using Xunit.Abstractions;

namespace Gateway.EndToEnd.Tests.Balancing;

/// <summary>Tenants that want more than an upstream has: what a flood does to a calm one, and who gets how much.</summary>
[Collection(BalancingRig.Name)]
public sealed class TenantShareTests(BalancingRig balancing, ITestOutputHelper output)
{
    private const double CalmPerSecond = 4;
    private const double NoisyPerSecond = 100 * CalmPerSecond;
    private const int Tries = 3;

    private static readonly TimeSpan Flood = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Saturation = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task A_tenant_with_a_hundred_times_the_traffic_makes_a_calm_one_wait_less_than_200_ms()
    {
        await balancing.Rig.ControlAsync(0, """{"rules":[{"model":"crowded","directives":"slow_headers=50ms"},{"model":"roomy","directives":"slow_headers=50ms"}]}""");
        var best = TimeSpan.MaxValue;
        for (var i = 0; i < Tries && best >= LongestWait; i++)
        {
            // What a machine that is busy adds is chance; what the queue adds comes every time.
            best = TimeSpan.FromTicks(Math.Min(best.Ticks, (await FloodAsync()).Ticks));
        }

        Assert.True(best < LongestWait, $"The calm tenant waits {best.TotalMilliseconds:0} ms.");
    }

    [Fact]
    public async Task Tenants_that_both_want_all_share_by_their_weights_within_5_percent()
    {
        await balancing.Rig.ControlAsync(1, """{"rules":[{"model":"even","directives":"slow_headers=50ms"}]}""");
        await balancing.Rig.ControlAsync(2, """{"rules":[{"model":"uneven","directives":"slow_headers=50ms"}]}""");
        for (var i = 1; ; i++)
        {
            var shares = await Task.WhenAll(
                ShareOfFirstAsync("even", BalancingRig.SmallTeamKey, BalancingRig.CalmTeamKey),
                ShareOfFirstAsync("uneven", BalancingRig.SmallTeamKey, BalancingRig.BigTeamKey));
            if (i == Tries || (IsNear(shares[0], 0.5) && IsNear(shares[1], 0.25)))
            {
                Assert.InRange(shares[0], 0.5 * 0.95, 0.5 * 1.05);
                Assert.InRange(shares[1], 0.25 * 0.95, 0.25 * 1.05);
                return;
            }
        }

        static bool IsNear(double share, double expected) => Math.Abs(share - expected) < 0.05 * expected;
    }

    /// <summary>95th percentile of what the calm tenant waits: its latency less that of the same requests, at the same moments, where there is room.</summary>
    private async Task<TimeSpan> FloodAsync()
    {
        using var noisy = new ShareRun(balancing, "noisy", output, BalancingRig.NoisyTeamKey);
        using var calm = new ShareRun(balancing, "calm", output, BalancingRig.CalmTeamKey);
        using var free = new ShareRun(balancing, "free", output, BalancingRig.CalmTeamKey);
        using var stop = new CancellationTokenSource(Flood);
        using var flood = new CancellationTokenSource(Flood);
        await Task.WhenAll(
            ShareRun.PaceAsync(NoisyPerSecond, () => noisy.SendAsync("crowded", "tokens=1"), flood.Token),
            ShareRun.PaceAsync(CalmPerSecond, () => Task.WhenAll(calm.SendAsync("crowded", "tokens=1"), free.SendAsync("roomy", "tokens=1")), stop.Token));

        calm.AssertAllGood();
        free.AssertAllGood();
        var (loaded, unloaded) = (Percentile(calm), Percentile(free));
        var answered = noisy.Seen.Count(seen => seen.IsGood);
        var most = Shares.MostAtOnce(await noisy.MeterAsync(), 0);
        calm.Say($"p95 {loaded.TotalMilliseconds:0} ms in the crowd, {unloaded.TotalMilliseconds:0} ms beside it, median wait {(Percentile(calm, 0.5) - Percentile(free, 0.5)).TotalMilliseconds:0} ms; "
            + $"{calm.Sent} requests of the calm tenant, {noisy.Sent} of the noisy one, {answered} of them answered, p50 {Percentile(noisy, 0.5).TotalMilliseconds:0} ms, at most {most} at once");
        Assert.True(noisy.Sent > 50 * calm.Sent, "The flood was none.");
        Assert.True(most is BalancingRig.Places or BalancingRig.Places - 1, $"The upstream was not full: {most}.");
        return loaded - unloaded;
    }

    private async Task<double> ShareOfFirstAsync(string model, string firstKey, string secondKey)
    {
        using var first = new ShareRun(balancing, $"{model}-first", output, firstKey);
        using var second = new ShareRun(balancing, $"{model}-second", output, secondKey);
        using var stop = new CancellationTokenSource(Saturation);
        await Task.WhenAll(
            ShareRun.KeepAsync(40, () => first.SendAsync(model, "tokens=1"), stop.Token),
            ShareRun.KeepAsync(40, () => second.SendAsync(model, "tokens=1"), stop.Token));

        first.AssertAllGood();
        second.AssertAllGood();

        // Without the first second of either, when not everybody is there yet, and the last moments, when nobody comes any more.
        var rows = new[] { await first.MeterAsync(), await second.MeterAsync() };
        var from = rows.Max(side => side[0].StartedUs) + 1_000_000;
        var until = rows.Min(side => side[0].StartedUs) + (Saturation.Ticks / TimeSpan.TicksPerMicrosecond) - 200_000;
        var counts = Array.ConvertAll(rows, side => side.Count(row => row.StartedUs > from && row.StartedUs < until));
        var share = counts[0] / (double)(counts[0] + counts[1]);
        first.Say($"{counts[0]} to {counts[1]}: {share:P1}");
        return share;
    }

    private static TimeSpan Percentile(ShareRun run, double share = 0.95) => TimeSpan.FromMilliseconds(Shares.Percentile(run.Seen.Select(seen => seen.Took.TotalMilliseconds), share));
}
