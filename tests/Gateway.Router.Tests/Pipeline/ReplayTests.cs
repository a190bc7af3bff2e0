using System.Net;
using System.Text;
using Gateway.Core.Requests;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Pipeline;

public sealed class ReplayTests
{
    [Fact]
    public async Task Context_UsedASecondTime_Gets401AndASecurityEvent()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var router = await RouterHost.StartAsync(upstream);
        var context = RouterHost.Tokens.Sign(RouterHost.ClaimsFor(Encoding.UTF8.GetBytes(Requests.Plain), LlmEndpoint.ChatCompletions));

        using var first = await router.SendRawAsync(Requests.Plain, "/v1/chat/completions", context);
        using var second = await router.SendRawAsync(Requests.Plain, "/v1/chat/completions", context);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Unauthorized), (first.StatusCode, second.StatusCode));
        Assert.Contains("\"context_rejected\"", await second.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Single(upstream.Seen);
        Assert.Contains(router.Logs.Lines, static line => line.EventId == 3005 && line.Message.StartsWith("Security event", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Context_SignedAnewForTheSameRequest_IsRefusedToo()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var router = await RouterHost.StartAsync(upstream);
        var id = Guid.NewGuid();

        using var first = await router.SendAsync(Requests.Plain, claims: claims => claims with { RequestId = id });
        using var second = await router.SendAsync(Requests.Plain, claims: claims => claims with { RequestId = id });

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Unauthorized), (first.StatusCode, second.StatusCode));
    }

    [Fact]
    public async Task Context_ThatWasRefused_DoesNotUseUpTheRequest()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var router = await RouterHost.StartAsync(upstream);
        var context = RouterHost.Tokens.Sign(RouterHost.ClaimsFor(Encoding.UTF8.GetBytes(Requests.Plain), LlmEndpoint.ChatCompletions));

        using var forged = await router.SendRawAsync(Requests.Plain, "/v1/chat/completions", context[..^1] + (context[^1] == 'A' ? 'B' : 'A'));
        using var honest = await router.SendRawAsync(Requests.Plain, "/v1/chat/completions", context);

        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.OK), (forged.StatusCode, honest.StatusCode));
    }
}
