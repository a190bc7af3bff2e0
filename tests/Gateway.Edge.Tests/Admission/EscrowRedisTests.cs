using System.Diagnostics.Metrics;
using Gateway.Core.Admission.Local;
using Gateway.Core.Admission.Redis;
using Gateway.Core.Admission.Shared;
using Gateway.Edge.Admission;
using Gateway.Edge.Tests.Rig;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace Gateway.Edge.Tests.Admission;

/// <summary>The same with the real store: what is put aside is held there, serves while Redis is gone, and no more than it.</summary>
public sealed class EscrowRedisTests : IAsyncLifetime
{
    private static readonly BudgetCharge Budget = Ask.Budget(1_000_000);

    private RedisProcess _redis = null!;
    private ConnectionMultiplexer _usage = null!;
    private ServiceProvider _services = null!;
    private RedisLink _link = null!;
    private RedisAdmissionStore _store = null!;
    private RedisBudgetAuthority _authority = null!;

    public async Task InitializeAsync()
    {
        _redis = await RedisProcess.StartNewAsync();
        _services = new ServiceCollection().AddMetrics().AddSingleton<IConnectionMultiplexer>(_ => ConnectionMultiplexer.Connect(_redis.ConnectionString + ",abortConnect=false")).BuildServiceProvider();
        _link = new RedisLink(new RedisConnection(_services, null, TimeProvider.System, NullLogger<RedisConnection>.Instance), TimeProvider.System, _services.GetRequiredService<IMeterFactory>(), NullLogger<RedisLink>.Instance);
        _store = new RedisAdmissionStore(_link, TimeProvider.System);

        // Usage, whose calls have all the time that they need.
        _usage = await ConnectionMultiplexer.ConnectAsync(_redis.ConnectionString + ",syncTimeout=60000");
        _authority = new RedisBudgetAuthority(new RedisCalls(_usage, new ManualTime()), TimeProvider.System);
        await _link.StartAsync(CancellationToken.None);
        await UntilAsync(() => _store.IsUp);
        var next = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        Assert.True(await _authority.BeginAsync("default", default, next, CancellationToken.None));
        Assert.True(await _authority.OpenAsync("default", next, CancellationToken.None));
    }

    public async Task DisposeAsync()
    {
        await _link.StopAsync(CancellationToken.None);
        _link.Dispose();
        await _services.DisposeAsync();
        await _usage.CloseAsync(allowCommandsToComplete: false);
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task What_is_put_aside_in_Redis_serves_while_it_is_gone_and_no_more()
    {
        var metrics = new EdgeAdmissionMetrics(_services.GetRequiredService<IMeterFactory>());
        var local = new LocalAdmissionStore(TimeProvider.System);
        using var open = new OpenHolds(local, new LedgerModel(), TimeProvider.System, metrics, NullLogger<OpenHolds>.Instance, isAuthority: false);
        using var voids = new VoidQueue(_store, TimeProvider.System, metrics, NullLogger<VoidQueue>.Instance);
        using var escrow = new Escrow(_store, new HoldTable(), voids, TimeProvider.System, metrics, NullLogger<Escrow>.Instance);
        var admission = new EdgeAdmission(local, open, voids, new EdgePeers(metrics), TimeProvider.System, metrics, NullLogger<EdgeAdmission>.Instance, _store, escrow);
        await voids.StartAsync(CancellationToken.None);
        var held = 0L;
        while (held < 500)
        {
            held += (await admission.AdmitAsync(Ask.Paying(10, Budget), CancellationToken.None)) is { Degraded: false } answer ? answer.HeldNanoUsd : 0;
        }

        await UntilAsync(async () =>
        {
            await escrow.RoundAsync(CancellationToken.None);
            return escrow.HeldNanoUsd > 0 && voids.Waiting == 0;
        });
        Assert.InRange(escrow.HeldNanoUsd, 10, 500);
        Assert.Equal(held + escrow.HeldNanoUsd, (await _authority.CountsAsync("default", [Budget.Booking], CancellationToken.None))![0].HeldNanoUsd);

        await _redis.KillAsync();
        await UntilAsync(() => !_store.IsUp);
        var served = 0L;
        for (var i = 0; i < 100; i++)
        {
            var answer = await admission.AdmitAsync(Ask.Paying(10, Budget), CancellationToken.None);
            Assert.True(answer.Degraded);
            Assert.Equal(answer.Outcome is AdmissionOutcome.Admitted ? 10 : 0, answer.HeldNanoUsd);
            served += answer.HeldNanoUsd;
        }

        Assert.Equal(escrow.HeldNanoUsd / 10 * 10, served);
        await voids.StopAsync(CancellationToken.None);
    }

    private static Task UntilAsync(Func<bool> condition) => UntilAsync(() => Task.FromResult(condition()));

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var deadline = new CancellationTokenSource(EdgeServer.Patience);
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!await condition())
        {
            await tick.WaitForNextTickAsync(deadline.Token);
        }
    }
}
