using Gateway.Router.Pipeline;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Samples;

public sealed class TeamHeaderStageTests
{
    [Theory]
    [InlineData("research", "research")]
    [InlineData("", null)]
    public async Task Answer_OfAKeyWithATeam_NamesIt(string team, string? expected)
    {
        await using var upstream = await UpstreamServer.StartStreamAsync(Requests.Delta("a") + Requests.Finish + Requests.Usage + Requests.Done);
        await using var router = await RouterHost.StartAsync(TestConfig.For(upstream.Url), static builder => builder.Services.AddLlmStage<TeamHeaderStage>());

        using var response = await router.SendAsync(Requests.Stream, claims: claims => claims with { Team = team });

        Assert.Equal(expected, response.Headers.TryGetValues("x-team", out var values) ? string.Join(',', values) : null);
    }
}
