using System.Net;
using Gateway.Core.Configuration;
using Gateway.Router.Cooldowns;
using Gateway.Router.Pipeline;
using Gateway.Router.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Router.Tests.Cooldowns;

public sealed class ProviderProberTests
{
    private static readonly ProbeConfig Often = new() { Path = "/models", Interval = TimeSpan.FromMilliseconds(5), Timeout = TimeSpan.FromSeconds(30) };

    [Theory]
    [InlineData(200, true)]
    [InlineData(404, true)]
    [InlineData(401, false)]
    [InlineData(403, false)]
    [InlineData(429, false)]
    [InlineData(500, false)]
    [InlineData(503, false)]
    public void Whatever_is_no_failure_and_no_refusal_is_healthy(int status, bool healthy) => Assert.Equal(healthy, ProviderProber.IsHealthy((HttpStatusCode)status));

    [Fact]
    public async Task A_probe_opens_an_address_that_fails_and_closes_it_when_it_answers()
    {
        var status = 500;
        await using var upstream = await UpstreamServer.StartAsync(context => UpstreamServer.WriteJsonAsync(context, "{}", Volatile.Read(ref status)));
        await using var router = await RouterHost.StartAsync(TestConfig.For(TestConfig.Provider(upstream.Url) with { Probe = Often }));
        var states = router.Services.GetRequiredService<DeploymentStates>();
        await UntilAsync(router, () => states.EndpointOf("up")!.Breaker.OpenUntil != 0);
        Assert.Equal(("/v1/models", $"Bearer {TestConfig.Key}"), (upstream.Seen[0].Path, upstream.Seen[0].Headers["authorization"]));

        // The deployment is out for much longer than the test; that its address answers is reason enough to try it.
        var state = states.Find("up/real-model")!;
        var now = router.Services.GetRequiredService<RouterClock>().Now;
        for (var i = 0; i < 5; i++)
        {
            state.Breaker.Failed(now);
        }

        for (var i = 0; i < 6; i++)
        {
            now = state.Breaker.OpenUntil;
            Assert.True(state.Breaker.TryBeginProbe(now));
            state.Breaker.Failed(now, began: now);
        }

        Volatile.Write(ref status, 200);
        await UntilAsync(router, () => states.EndpointOf("up")!.Breaker.OpenUntil == 0);
        await UntilAsync(router, () => state.Breaker.StateAt(router.Services.GetRequiredService<RouterClock>().Now) == BreakerState.HalfOpen);
        Assert.Contains(router.Logs.Lines, static line => line.EventId == 3607 && line.Message.Contains("status 500", StringComparison.Ordinal));
        Assert.Single(router.Logs.Lines, static line => line.EventId == 3608);
    }

    [Fact]
    public async Task Probes_begin_and_end_with_the_document()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync("{}");
        var without = TestConfig.For(upstream.Url);
        var with = TestConfig.For(TestConfig.Provider(upstream.Url) with { Probe = Often });
        await using var router = await RouterHost.StartAsync(without);
        await router.RoundTripsAsync();
        Assert.Empty(upstream.Seen);
        router.Config.Change(with);
        await UntilAsync(router, () => upstream.Seen.Count > 3);
        router.Config.Change(TestConfig.For(TestConfig.Provider(upstream.Url) with { Probe = Often with { Path = "/other" } }));
        await UntilAsync(router, () => upstream.Seen.Any(static seen => seen.Path == "/v1/other"));
        router.Config.Change(without);

        // One that began before the change may still arrive.
        var seen = -1;
        await UntilAsync(router, () => seen == (seen = upstream.Seen.Count));
        await router.RoundTripsAsync();
        await router.RoundTripsAsync();
        Assert.InRange(upstream.Seen.Count, seen, seen + 1);
    }

    private static async Task UntilAsync(RouterHost router, Func<bool> condition)
    {
        for (var i = 0; i < 10_000 && !condition(); i++)
        {
            await router.RoundTripsAsync();
        }

        Assert.True(condition());
    }
}
