using Gateway.Core.Configuration;
using Gateway.Router.Balancing;
using Gateway.Router.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Router.Tests.Samples;

public sealed class OfficeHoursTests
{
    [Theory]
    [InlineData(9, "a/m")]
    [InlineData(23, "b/m")]
    public async Task A_strategy_of_ones_own_chooses(int hour, string expected)
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        var config = TestConfig.For(TestConfig.Provider(upstream.Url, "a"), TestConfig.Provider(upstream.Url, "b")) with
        {
            Models = TestConfig.Group("gpt-test", new DeploymentConfig { Provider = "a", Model = "m" }, new DeploymentConfig { Provider = "b", Model = "m" }),
        };
        var time = new Clock(hour);
        await using var router = await RouterHost.StartAsync(config, builder => builder.Services.AddSingleton(new BalancingStrategyOf((_, _) => new OfficeHours(time))));

        using var response = await router.SendAsync(Requests.Plain);

        Assert.Equal(expected, Assert.Single(response.Headers.GetValues("x-gateway-deployment")));
    }

    private sealed class Clock(int hour) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 1, 1, hour, 0, 0, TimeSpan.Zero);
    }
}
