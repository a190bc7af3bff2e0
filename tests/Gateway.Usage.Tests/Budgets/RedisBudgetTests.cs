using System.Collections.Frozen;
using Gateway.Core.Admission.Redis;
using Gateway.Core.Admission.Shared;
using Gateway.Core.Configuration;
using Gateway.Core.Tests;
using Gateway.Edge.Tests.Rig;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using StackExchange.Redis;

namespace Gateway.Usage.Tests.Budgets;

/// <summary>The service as it runs, with a real redis-server and what a Router does in this test's hands.</summary>
public sealed class RedisBudgetTests
{
    private const string Organisation = "acme";
    private const long Bound = 1_000_000;

    private static readonly BudgetSlot Key = new("key:demo|lifetime", 0);

    [Fact]
    public async Task Counters_are_made_again_from_the_ledger_when_redis_has_lost_them()
    {
        await using var redis = await RedisProcess.StartNewAsync();
        await using var usage = await StartAsync(redis);
        using var connection = await ConnectAsync(redis);
        var router = new RedisAdmissionStore(new RedisCalls(connection, new ManualTime()), TimeProvider.System);
        var journal = new FakeJournal();
        await UntilOpenAsync(usage, router, []);

        // Settled and shipped; shipped, its settlement unanswered; running.
        var (settled, unanswered, running) = (await AdmitAsync(router), await AdmitAsync(router), await AdmitAsync(router));
        Assert.Equal(SettleOutcome.Settled, await router.SettleAsync(Settlement(settled, 100), default));
        await ShipAsync(usage, journal, settled, 100);
        await ShipAsync(usage, journal, unanswered, 20);
        Assert.Equal(new BudgetState(100, 2 * Bound), await CountAsync(usage));

        await redis.KillAsync();
        await UntilAsync(async () => (await usage.ReportAsync()).Entries["redis"].Status is HealthStatus.Degraded);
        Assert.NotEqual(HealthStatus.Unhealthy, await usage.HealthAsync());
        await redis.StartAsync();
        await UntilOpenAsync(usage, router, [unanswered, running]);

        Assert.Equal(new BudgetState(120, Bound), await CountAsync(usage));
        Assert.Equal(SettleOutcome.Repeated, await router.SettleAsync(Settlement(unanswered, 20), default));
        Assert.Equal(SettleOutcome.Repeated, await router.SettleAsync(Settlement(settled, 100), default));
        Assert.Equal(SettleOutcome.Settled, await router.SettleAsync(Settlement(running, 3), default));
        Assert.Equal(new BudgetState(123, 0), await CountAsync(usage));
    }

    [Fact]
    public async Task Holds_without_an_owner_end_with_what_the_ledger_knows()
    {
        await using var redis = await RedisProcess.StartNewAsync();
        await using var usage = await StartAsync(redis);
        using var connection = await ConnectAsync(redis);
        var router = new RedisAdmissionStore(new RedisCalls(connection, new ManualTime()), TimeProvider.System);
        await UntilOpenAsync(usage, router, []);
        var lost = await AdmitAsync(router);
        await ShipAsync(usage, new FakeJournal(), lost, 70);
        Assert.Equal(new BudgetState(0, Bound), await CountAsync(usage));

        // Its lease is over at once.
        await redis.CommandAsync("EVAL \"for _, r in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do redis.call('ZADD', KEYS[1], 1, r) end return 1\" 1 {acme}:exp");
        await UntilAsync(async () => await CountAsync(usage) == new BudgetState(70, 0));
        Assert.Equal(SettleOutcome.Repeated, await router.SettleAsync(Settlement(lost, 70), default));
    }

    [Theory]
    [InlineData(70)]
    [InlineData(-70)]
    public async Task A_correction_of_the_ledger_comes_to_the_counters(long difference)
    {
        await using var redis = await RedisProcess.StartNewAsync();
        await using var usage = await StartAsync(redis);
        using var connection = await ConnectAsync(redis);
        var router = new RedisAdmissionStore(new RedisCalls(connection, new ManualTime()), TimeProvider.System);
        await UntilOpenAsync(usage, router, []);
        var hold = await AdmitAsync(router);
        await router.SettleAsync(Settlement(hold, 100), default);
        await ShipAsync(usage, new FakeJournal(), hold, 100);
        await usage.Ledger.CorrectAsync([new(Guid.CreateVersion7(), hold.RequestId, 100, 100 + difference, "document", DateTimeOffset.UtcNow, "ada")], default);

        await UntilAsync(async () => await CountAsync(usage) == new BudgetState(100 + difference, 0));
        Assert.Empty(usage.Log.Of(5106));
    }

    [Fact]
    public async Task Without_redis_nothing_is_kept_and_the_service_is_ready()
    {
        await using var usage = await UsageHost.StartAsync();

        var entry = (await usage.ReportAsync()).Entries["redis"];
        Assert.Equal((HealthStatus.Healthy, "not configured (Edges ask for what was spent)"), (entry.Status, entry.Description));
    }

    private static async Task<UsageHost> StartAsync(RedisProcess redis)
    {
        var usage = await UsageHost.StartAsync(cache: redis.ConnectionString);
        usage.Config.Change(static config => config with
        {
            Organisations = new Dictionary<string, OrganisationConfig> { [Organisation] = new() { Name = Organisation } }.ToFrozenDictionary(),
        });
        return usage;
    }

    /// <summary>Of a Router whose calls have all the time that they need: what is told once must have its answer, however slow the machine is.</summary>
    private static async Task<ConnectionMultiplexer> ConnectAsync(RedisProcess redis)
    {
        var options = ConfigurationOptions.Parse(redis.ConnectionString + ",abortConnect=false,syncTimeout=60000");
        options.ReconnectRetryPolicy = new LinearRetry(500);
        return await ConnectionMultiplexer.ConnectAsync(options);
    }

    /// <summary>Renews as a Router does until the counters can be relied on.</summary>
    private static Task UntilOpenAsync(UsageHost usage, RedisAdmissionStore router, Hold[] holds) => UntilAsync(async () =>
    {
        await router.RenewAsync(Organisation, "router", holds, isAll: true, default);
        return await usage.Service<IBudgetAuthority>().EpochAsync(Organisation, default) is { Phase: EpochPhase.Open };
    });

    private static async Task<Hold> AdmitAsync(RedisAdmissionStore router)
    {
        var id = Guid.CreateVersion7();
        AdmissionAnswer? answer = null;
        await UntilAsync(async () => (answer = await router.AdmitAsync(
            new AdmissionRequest
            {
                Organisation = Organisation,
                RequestId = id,
                Budgets = [new BudgetCharge(Key, 1, 1_000 * Bound, Hard: true, ResetsAt: null)],
                Bound = new MoneyBound(Bound, Bound, 0, 0, 0),
            },
            default)) is not null);
        Assert.Equal((AdmissionOutcome.Admitted, Bound), (answer!.Outcome, answer.HeldNanoUsd));
        return new Hold(id, 0, new AdmissionTicket { Organisation = Organisation, Budgets = [Key], IsHard = true, HeldNanoUsd = answer.HeldNanoUsd });
    }

    private static Settlement Settlement(Hold hold, long cost) => new() { RequestId = hold.RequestId, Ticket = hold.Ticket, CostNanoUsd = cost };

    private static async Task ShipAsync(UsageHost usage, FakeJournal journal, Hold hold, long cost)
    {
        var final = FakeJournal.Final(hold.RequestId);
        journal.Add(final with { Intent = final.Intent with { Organisation = Organisation, Budgets = [Key] }, CostNanoUsd = cost });
        Assert.Equal((200, journal.LastSeq), await usage.PostAsync(journal.Batch(journal.LastSeq, journal.LastSeq)));
    }

    private static async Task<BudgetState> CountAsync(UsageHost usage)
    {
        IReadOnlyList<BudgetState>? counts = null;
        await UntilAsync(async () => (counts = await usage.Service<IBudgetAuthority>().CountsAsync(Organisation, [Key], default)) is not null);
        return counts![0];
    }

    private static async Task UntilAsync(Func<Task<bool>> isDone)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (!await isDone())
        {
            await tick.WaitForNextTickAsync(deadline.Token);
        }
    }
}
