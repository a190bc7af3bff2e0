using Gateway.Edge.Tests.Rig;
using Gateway.Router.Catalog;
using Gateway.Router.Cooldowns;
using Gateway.Router.Pipeline;
using Gateway.Router.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Router.Tests.Cooldowns;

/// <summary>Two Routers that share a real Redis.</summary>
public sealed class HintRedisTests
{
    [Fact]
    public async Task Routers_hear_of_each_other_and_of_what_opened()
    {
        await using var redis = await RedisProcess.StartNewAsync();
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var one = await StartAsync(upstream, redis);
        await using var other = await StartAsync(upstream, redis);
        await UntilAsync(one, () => Peers(one).Count == 2 && Peers(other).Count == 2);

        var now = Clock(one).Now;
        for (var i = 0; i < 5; i++)
        {
            State(one).Breaker.Failed(now);
        }

        await UntilAsync(one, () => State(other).Breaker.StateAt(Clock(other).Now) == BreakerState.HalfOpen);
        Assert.Equal(BreakerState.Open, State(one).Breaker.StateAt(now));

        // A lone deployment goes on serving on hearsay, and shows that it is well.
        using var answer = await other.SendAsync(Requests.Plain);
        Assert.Equal(200, (int)answer.StatusCode);

        await other.Services.GetRequiredService<HintBus>().StopAsync(default);
        await UntilAsync(one, () => Peers(one).Count == 1);
    }

    [Fact]
    public async Task A_lost_Redis_changes_nothing_here()
    {
        await using var redis = await RedisProcess.StartNewAsync();
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var one = await StartAsync(upstream, redis);
        await using var other = await StartAsync(upstream, redis);
        await UntilAsync(one, () => Peers(one).Count == 2);
        await redis.KillAsync();
        for (var i = 0; i < 5; i++)
        {
            State(one).Breaker.Failed(Clock(one).Now);
        }

        Assert.Equal(BreakerState.Open, State(one).Breaker.StateAt(Clock(one).Now));
        await other.RoundTripsAsync();
        Assert.Equal(BreakerState.Closed, State(other).Breaker.StateAt(Clock(other).Now));
        Assert.Equal(2, Peers(one).Count);
    }

    private static Task<RouterHost> StartAsync(UpstreamServer upstream, RedisProcess redis) =>
        RouterHost.StartAsync(TestConfig.For(upstream.Url), configuration: [new("ConnectionStrings:cache", redis.ConnectionString)]);

    private static async Task UntilAsync(RouterHost router, Func<bool> condition)
    {
        for (var i = 0; i < 10_000 && !condition(); i++)
        {
            await router.RoundTripsAsync();
        }

        Assert.True(condition());
    }

    private static RouterPeers Peers(RouterHost router) => router.Services.GetRequiredService<RouterPeers>();

    private static RouterClock Clock(RouterHost router) => router.Services.GetRequiredService<RouterClock>();

    private static DeploymentState State(RouterHost router) => router.Services.GetRequiredService<ModelCatalog>().Current.Resolve("gpt-test")!.Deployments[0].State;
}
