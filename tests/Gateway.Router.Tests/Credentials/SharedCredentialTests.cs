using Gateway.Edge.Tests.Rig;
using Gateway.Router.Catalog;
using Gateway.Router.Cooldowns;
using Gateway.Router.Credentials;
using Gateway.Router.Pipeline;
using Gateway.Router.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Router.Tests.Credentials;

/// <summary>Two Routers that share a real Redis.</summary>
public sealed class SharedCredentialTests
{
    [Fact]
    public async Task Routers_tell_each_other_of_rests_and_quarantines()
    {
        await using var redis = await RedisProcess.StartNewAsync();
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var one = await StartAsync(upstream, redis);
        await using var other = await StartAsync(upstream, redis);
        await UntilAsync(one, () => Peers(one).Count == 2 && Peers(other).Count == 2);

        Lanes(one)[0].Refused(Clock(one).Now, 401);
        Lanes(one)[1].RateLimited(Clock(one).Now, TimeSpan.FromSeconds(60));

        await UntilAsync(one, () => States(other) is "quarantined resting usable");
        using var answer = await other.SendAsync(Requests.Plain);
        Assert.Equal("Bearer c", Assert.Single(upstream.Seen).Headers["authorization"]);
    }

    private static Task<RouterHost> StartAsync(UpstreamServer upstream, RedisProcess redis) => RouterHost.StartAsync(
        TestConfig.For(TestConfig.Provider(upstream.Url) with { Keys = [Keys.Key("a"), Keys.Key("b"), Keys.Key("c")] }), configuration: [new("ConnectionStrings:cache", redis.ConnectionString)]);

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

    private static Deployment Deployment(RouterHost router) => router.Services.GetRequiredService<ModelCatalog>().Current.Resolve("gpt-test")!.Deployments[0];

    private static CredentialLane[] Lanes(RouterHost router) => Deployment(router).State.Lanes;

    private static string States(RouterHost router) =>
        string.Join(' ', Deployment(router).Upstream.Credentials.Describe(Lanes(router), Clock(router).Now).Select(static report => report.State));
}
