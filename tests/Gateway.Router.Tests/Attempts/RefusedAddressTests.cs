using System.Net;
using Gateway.Core.Journal;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Attempts;

public sealed class RefusedAddressTests
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    public async Task Provider_NotInternalButOnLoopback_IsNeverConnectedTo(string host)
    {
        await using var upstream = await UpstreamServer.StartJsonAsync("{}");
        var url = upstream.Url.Replace("127.0.0.1", host, StringComparison.Ordinal);
        await using var router = await RouterHost.StartAsync(TestConfig.For(TestConfig.Provider(url) with { Internal = false }));

        using var response = await router.SendAsync(Requests.Plain);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        var body = await response.Content.ReadAsStringAsync();
        Assert.Contains("\"upstream_unreachable\"", body, StringComparison.Ordinal);
        Assert.Contains("internal: true", body, StringComparison.Ordinal);
        Assert.Empty(upstream.Seen);
        var final = Assert.Single(router.Journal.Finals);
        Assert.Equal((RequestEnding.UpstreamFailed, 0L), (final.Ending, final.Usage.Input));
    }
}
