using Gateway.Rig.History;
using Xunit.Abstractions;

namespace Gateway.EndToEnd.Tests.Balancing;

/// <summary>Which Simulator gets which share under each strategy, read at the Simulators' meters and held against the formula.</summary>
[Collection(BalancingRig.Name)]
public sealed class StrategyShareTests(BalancingRig balancing, ITestOutputHelper output)
{
    private readonly GatewayRig _rig = balancing.Rig;

    [Fact]
    public async Task Weights_of_1_2_7_give_shares_within_2_percent_and_keys_of_1_3_too()
    {
        using var run = new ShareRun(balancing, "turns", output);
        await QuietAsync();
        await run.SendAsync(1000, 16, _ => run.SendAsync("turns", "tokens=1"));

        run.AssertAllGood();
        var rows = await run.MeterAsync();
        var shares = Shares.OfRequests(rows, 3);
        var keys = rows.Where(row => row.Simulator == 2).GroupBy(row => row.Credential).Select(key => key.Count() / (double)rows.Count(row => row.Simulator == 2)).Order().ToArray();
        run.Say($"shares {Shares.Text(shares)}, keys of the third {Shares.Text(keys)}");
        AssertWithin(0.02, shares, [0.1, 0.2, 0.7]);
        AssertWithin(0.02, keys, [0.25, 0.75]);
    }

    [Fact]
    public async Task A_host_that_is_stuck_holds_no_more_calls_than_the_others_under_least_busy()
    {
        const int Clients = 12;
        using var run = new ShareRun(balancing, "busy", output);
        await QuietAsync();
        await _rig.ControlAsync(0, """{"rules":[{"model":"busy","capacity":2,"directives":"gap=100ms"}]}""");
        await run.SendAsync(300, Clients, _ => run.SendAsync("busy", "tokens=5"));

        run.AssertAllGood();
        var rows = await run.MeterAsync();
        var shares = Shares.OfRequests(rows, 3);
        var most = Shares.MostAtOnce(rows, 0);
        run.Say($"shares {Shares.Text(shares)}, at most {most} at once at the stuck one");

        // Of 12 calls no host has more than a third while another has fewer; in turns the stuck one would soon hold them all.
        Assert.InRange(most, 3, Clients / 3);
        Assert.True(shares[0] < 0.2, "The stuck host has the share of a free one.");
        Assert.InRange(shares[1] / (shares[1] + shares[2]), 0.35, 0.65);
    }

    [Fact]
    public async Task Lowest_cost_follows_the_shape_of_each_request()
    {
        using var run = new ShareRun(balancing, "cheap", output);
        await QuietAsync();
        var read = string.Concat(Enumerable.Repeat("many words are to be read here and few to be said ", 100));
        await run.SendAsync(120, 6, index => index % 2 == 0
            ? run.SendAsync("cheap", "tokens=4", ""","max_tokens":8""", prompt: "long " + read)
            : run.SendAsync("cheap", "tokens=300", ""","max_tokens":1000""", prompt: "short "));

        run.AssertAllGood();
        var rows = await run.MeterAsync();
        var readers = rows.Where(row => row.PromptTokens > 500).ToList();
        var writers = rows.Where(row => row.PromptTokens <= 500).ToList();
        run.Say($"long prompts {Shares.Text(Shares.OfRequests(readers, 2))}, long answers {Shares.Text(Shares.OfRequests(writers, 2))}");
        Assert.Equal((60, 60), (readers.Count, writers.Count));
        Assert.Equal([1, 0], Shares.OfRequests(readers, 2));
        Assert.Equal([0, 1], Shares.OfRequests(writers, 2));
    }

    [Fact]
    public async Task Most_quota_learns_from_the_headers_and_gives_by_the_size_of_the_quotas()
    {
        using var run = new ShareRun(balancing, "quota", output);
        await QuietAsync();
        await _rig.ControlAsync(0, """{"rules":[{"credential":"quota-key-a","limits":{"requests":120,"window":"10m"}}]}""");
        await _rig.ControlAsync(1, """{"rules":[{"credential":"quota-key-b","limits":{"requests":360,"window":"10m"}}]}""");
        await run.SendAsync(240, 4, _ => run.SendAsync("quota", "tokens=1"));

        run.AssertAllGood();
        var shares = Shares.OfRequests(await run.MeterAsync(), 2);
        run.Say($"shares {Shares.Text(shares)}");

        // The same part of both is used when they share as 120 to 360; parts within a hundredth are equal.
        Assert.InRange(shares[0], 0.20, 0.30);
    }

    [Fact]
    public async Task A_session_stays_and_when_a_host_dies_only_its_own_sessions_move()
    {
        const int Sessions = 200;
        using var run = new ShareRun(balancing, "homes", output);
        await QuietAsync();
        await run.SendAsync(2 * Sessions, 12, index => Visit(run, index % Sessions));
        run.AssertAllGood();
        var before = Homes(await run.MeterAsync());
        var spread = Enumerable.Range(0, 3).Select(simulator => before.Values.Count(home => home.Single() == simulator) / (double)Sessions).ToArray();
        run.Say($"{Sessions} sessions at {Shares.Text(spread)}");
        Assert.All(before.Values, home => Assert.Single(home));

        // Three standard deviations of a draw by weights of 1 : 1 : 2.
        Assert.InRange(spread[0], 0.16, 0.34);
        Assert.InRange(spread[1], 0.16, 0.34);
        Assert.InRange(spread[2], 0.39, 0.61);

        using var after = new ShareRun(balancing, "homeless", output);
        await _rig.Simulators[0].KillAsync();
        await after.SendAsync(2 * Sessions, 12, index => Visit(after, index % Sessions));
        await _rig.Simulators[0].StartAndWaitAsync();
        after.AssertAllGood();
        var now = Homes(await after.MeterAsync());
        after.Say($"{now.Count(session => !session.Value.SetEquals(before[session.Key]))} of {before.Count(session => session.Value.Contains(0))} sessions of the dead host moved");
        Assert.Equal(Sessions, now.Count);
        foreach (var (session, home) in now)
        {
            Assert.Single(home);
            Assert.True(before[session].Contains(0) || home.SetEquals(before[session]), $"Session {session} left a host that lives.");
        }

        static Task Visit(ShareRun run, int session) => run.SendAsync("homes", "tokens=1", $",\"prompt_cache_key\":\"session-{session}\"", mark: $"{session}");
    }

    [Fact]
    public async Task Hybrid_presets_put_first_what_they_are_named_for()
    {
        await QuietAsync();
        string[] presets = ["cost", "balanced", "req", "token"];
        var models = presets.Select(preset => "mix-" + preset).ToList();
        await SlowAndFastAsync(models, slow: "ttft=900ms", fast: "ttft=90ms");
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        var runs = models.ConvertAll(model => new ShareRun(balancing, model, output));
        await Task.WhenAll(runs.Zip(models, (run, model) => ShareRun.KeepAsync(6, () => run.SendAsync(model, "tokens=2", stream: true), stop.Token)));

        // Work and not requests: a slow host that has half of the calls answers few of them.
        var slow = new Dictionary<string, double>();
        foreach (var (run, preset) in runs.Zip(presets))
        {
            run.AssertAllGood();
            var rows = await run.MeterAsync();
            slow[preset] = Shares.OfWork(rows, 2)[0];
            run.Say($"work {Shares.Text(Shares.OfWork(rows, 2))}, requests {Shares.Text(Shares.OfRequests(rows, 2))} (slow and cheap : fast and dear)");
            run.Dispose();
        }

        Assert.True(slow["cost"] > 0.9, $"cost: the cheap host has {slow["cost"]:P0} of the work.");
        Assert.True(slow["token"] < 0.45, $"token: the slow host has {slow["token"]:P0} of the work.");
        Assert.InRange(slow["balanced"], slow["token"], slow["cost"]);
        Assert.InRange(slow["req"], slow["token"], slow["cost"]);
    }

    private async Task SlowAndFastAsync(IEnumerable<string> models, string slow, string fast)
    {
        await _rig.ControlAsync(0, Rules(models, slow));
        await _rig.ControlAsync(1, Rules(models, fast));

        static string Rules(IEnumerable<string> models, string directives) =>
            $"{{\"rules\":[{string.Join(',', models.Select(model => $"{{\"model\":\"{model}\",\"directives\":\"{directives}\"}}"))}]}}";
    }

    private static Dictionary<string, HashSet<int>> Homes(IEnumerable<MeterEntry> rows) =>
        rows.GroupBy(ShareRun.MarkOf).ToDictionary(session => session.Key, session => session.Select(row => row.Simulator).ToHashSet());

    private async Task QuietAsync()
    {
        for (var simulator = 0; simulator < _rig.Simulators.Count; simulator++)
        {
            await _rig.ControlAsync(simulator, "{}");
        }
    }

    /// <param name="relative">Of each expected share.</param>
    private static void AssertWithin(double relative, double[] shares, double[] expected)
    {
        Assert.Equal(expected.Length, shares.Length);
        Assert.All(shares.Zip(expected), pair => Assert.InRange(pair.First, pair.Second * (1 - relative), pair.Second * (1 + relative)));
    }
}
