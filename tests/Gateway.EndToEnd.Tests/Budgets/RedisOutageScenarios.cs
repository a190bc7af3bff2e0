using System.Globalization;
using Gateway.Rig.Faults;
using Xunit.Abstractions;

namespace Gateway.EndToEnd.Tests.Budgets;

/// <summary>
/// Redis is slow, broken, full, empty or back in the past while requests come at a steady rate: keys without hard budgets notice nothing, those with one never overspend.
/// </summary>
public sealed class RedisOutageScenarios(ITestOutputHelper output)
{
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(5);

    [Fact]
    public Task Frozen_ForTenSeconds() => RunAsync("frozen", TimeSpan.FromSeconds(10), static (rig, _) => Do(() => rig.Redis!.Freeze()), static (rig, _) => Do(() => rig.Redis!.Thaw()));

    [Fact]
    public Task SlowedTo200Milliseconds() => RunAsync(
        "slow", TimeSpan.FromSeconds(6), static (rig, _) => Do(() => rig.RedisLink!.Use(new LinkFaults { Delay = TimeSpan.FromMilliseconds(200) })), static (rig, _) => Do(() => rig.RedisLink!.Use(LinkFaults.None)));

    [Fact]
    public Task Resetting() => RunAsync("reset", TimeSpan.FromSeconds(5), ResetAsync, static (rig, _) => Do(() => rig.RedisLink!.Use(LinkFaults.None)));

    [Fact]
    public Task Full() => RunAsync("full", TimeSpan.FromSeconds(5), static (rig, _) => CommandAsync(rig, "CONFIG SET maxmemory 1"), static (rig, _) => CommandAsync(rig, "CONFIG SET maxmemory 0"));

    [Fact]
    public Task RestartedEmpty_IsRebuiltFromTheLedger() => RunAsync(
        "empty", TimeSpan.FromSeconds(1), static (rig, _) => rig.Redis!.KillAsync(),
        static async (rig, _) =>
        {
            rig.Redis!.Start();
            await RedisServer.WaitAsync(rig.Redis);
        });

    [Fact]
    public Task RestoredFromAnOldSnapshot_IsNoticed_AndRebuiltFromTheLedger() => RunAsync(
        "snapshot", TimeSpan.FromSeconds(1), static (rig, _) => rig.Redis!.KillAsync(),
        static async (rig, _) =>
        {
            rig.Redis!.Start();
            await RedisServer.WaitAsync(rig.Redis);
        },
        early: static (rig, _) => CommandAsync(rig, "SAVE"), redis: ["--save", "3600 1000000", "--appendonly", "no", "--dbfilename", "old.rdb"]);

    private static Task Do(Action action)
    {
        action();
        return Task.CompletedTask;
    }

    private static async Task ResetAsync(GatewayRig rig, CancellationToken stop)
    {
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(150));
        for (var i = 0; i < 30; i++)
        {
            rig.RedisLink!.ResetAll();
            await tick.WaitForNextTickAsync(stop);
        }
    }

    /// <param name="early">Done after the first seconds of load, long before the fault.</param>
    private async Task RunAsync(
        string key, TimeSpan fault, Func<GatewayRig, CancellationToken, Task> break_, Func<GatewayRig, CancellationToken, Task> mend,
        Func<GatewayRig, CancellationToken, Task>? early = null, IReadOnlyList<string>? redis = null)
    {
        await using var rig = await GatewayRig.StartAsync(new RigOptions { Config = BudgetDocument.Text, Edges = 2, Routers = 2, RedisLink = true, RedisArguments = redis });
        using var client = new BudgetClient(rig);
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(limit.Token);

        // So that what is compared with is the time of a gateway that has been at work, and not that of its first requests.
        await Task.WhenAll(Enumerable.Range(0, 8).Select(number => WarmAsync(client, number)));
        var free = LoadAsync(client, "many", TimeSpan.FromMilliseconds(10), enough.Token);
        var hard = LoadAsync(client, key, TimeSpan.FromMilliseconds(100), enough.Token);

        await Task.Delay(Calm, limit.Token);
        await (early?.Invoke(rig, limit.Token) ?? Task.CompletedTask);
        await Task.Delay(Calm / 2, limit.Token);
        var broken = TimeProvider.System.GetTimestamp();
        await break_(rig, limit.Token);
        await Task.Delay(fault, limit.Token);
        await mend(rig, limit.Token);
        var mended = TimeProvider.System.GetTimestamp();
        await Task.Delay(Recovery + Calm, limit.Token);
        await enough.CancelAsync();
        var (frees, hards) = (await free, await hard);

        Describe("without a hard budget", frees, broken, mended);
        Describe("with one", hards, broken, mended);
        Assert.All(frees, static one => Assert.Equal((200, ""), (one.Answer.Status, one.Answer.Code)));
        Assert.All(hards, static one => Assert.True(
            one.Answer is { Status: 200 } or { Status: 429, Code: "budget_exceeded" } or { Status: 503, Code: "budget_unavailable", RetryAfter: not null }, $"{one.Answer.Status} {one.Answer.Code}"));
        var after = TimeProvider.System.GetElapsedTime(0, mended) + Recovery;
        Assert.All(hards.Where(one => one.At > after), static one => Assert.True(one.Answer.Status is 200 or 429, $"{one.Answer.Status} {one.Answer.Code} after the recovery"));
        Assert.All(frees.Where(one => one.At > after), static one => Assert.Null(one.Answer.Degraded));
        Assert.Contains(hards, one => one.At > after && one.Answer.Status is 200 or 429);
        await BudgetEnd.SettledAsync(rig, client, key, $"key:{key}", TimeSpan.FromSeconds(100), BudgetDocument.DollarNanoUsd, output);
    }

    private static async Task WarmAsync(BudgetClient client, int number)
    {
        for (var i = 0; i < 50; i++)
        {
            await client.SendAsync(number + i, "many");
        }
    }

    private static async Task<List<(TimeSpan At, BudgetAnswer Answer)>> LoadAsync(BudgetClient client, string key, TimeSpan interval, CancellationToken enough)
    {
        var running = new List<(TimeSpan At, Task<BudgetAnswer> Answer)>();
        using var tick = new PeriodicTimer(interval);
        try
        {
            for (var i = 0; await tick.WaitForNextTickAsync(enough); i++)
            {
                running.Add((TimeProvider.System.GetElapsedTime(0), client.SendAsync(i, key, cancellationToken: CancellationToken.None)));
            }
        }
        catch (OperationCanceledException) when (enough.IsCancellationRequested)
        {
            // Enough.
        }

        var answers = new List<(TimeSpan, BudgetAnswer)>();
        foreach (var (at, answer) in running)
        {
            answers.Add((at, await answer));
        }

        return answers;
    }

    private void Describe(string who, List<(TimeSpan At, BudgetAnswer Answer)> all, long broken, long mended)
    {
        var (from, to) = (TimeProvider.System.GetElapsedTime(0, broken), TimeProvider.System.GetElapsedTime(0, mended));
        Say("before", all.Where(one => one.At < from));
        Say("first second", all.Where(one => one.At >= from && one.At < from + TimeSpan.FromSeconds(1)));
        Say("later, while it lasts", all.Where(one => one.At >= from + TimeSpan.FromSeconds(1) && one.At < to));
        Say("after", all.Where(one => one.At >= to));

        void Say(string when, IEnumerable<(TimeSpan At, BudgetAnswer Answer)> some)
        {
            var list = some.Select(static one => one.Answer).ToList();
            if (list.Count > 0)
            {
                var times = list.Select(static answer => answer.Took.TotalMilliseconds).Order().ToList();
                var codes = string.Join(", ", list.GroupBy(static answer => $"{answer.Status} {answer.Code}".Trim()).Select(static group => $"{group.Count()} x {group.Key}"));
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{who}, {when}: {codes}; p50 {times[times.Count / 2]:0.0} ms, p99 {times[times.Count * 99 / 100]:0.0} ms, degraded {list.Count(static answer => answer.Degraded is not null)}"));
            }
        }
    }

    private static async Task CommandAsync(GatewayRig rig, string command)
    {
        using var redis = new RedisAsk(rig.Redis!.Port);
        Assert.Equal("+OK", await redis.LineAsync(command));
    }
}
