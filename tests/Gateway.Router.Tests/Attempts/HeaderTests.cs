using System.Net;
using System.Text;
using Gateway.Core.Requests;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Attempts;

public sealed class HeaderTests
{
    [Fact]
    public async Task Request_ClientsOwnHeaders_NoneThatNamesOrAuthenticatesItReachesTheUpstream()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var router = await RouterHost.StartAsync(TestConfig.For(TestConfig.Provider(upstream.Url) with { Headers = [new("x-title", "gateway"), new("user-agent", "gateway/1")] }));
        var context = RouterHost.Tokens.Sign(RouterHost.ClaimsFor(Encoding.UTF8.GetBytes(Requests.Plain), LlmEndpoint.ChatCompletions));

        using var response = await router.SendRawAsync(
            Requests.Plain, "/v1/chat/completions", context, CancellationToken.None,
            ("authorization", "Bearer client-secret"), ("x-api-key", "client-secret"), ("api-key", "client-secret"), ("x-goog-api-key", "client-secret"), ("cookie", "a=client-secret"),
            ("x-gateway-priority", "client-secret"), ("accept-encoding", "gzip"), ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"), ("x-forwarded-for", "10.9.8.7"),
            ("te", "trailers"), ("x-unknown", "client-secret"), ("accept", "application/json"), ("user-agent", "client/2"), ("openai-beta", "assistants=v2"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var seen = Assert.Single(upstream.Seen);
        Assert.Equal("Bearer " + TestConfig.Key, seen.Headers["authorization"]);
        Assert.Equal(
            ["accept", "authorization", "content-length", "content-type", "host", "openai-beta", "user-agent", "x-title"],
            seen.Headers.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(("gateway/1", "gateway", "assistants=v2"), (seen.Headers["user-agent"], seen.Headers["x-title"], seen.Headers["openai-beta"]));
        Assert.DoesNotContain("client-secret", string.Join('\n', seen.Headers.Values), StringComparison.Ordinal);
        Assert.Equal(seen.Body.Length.ToString(System.Globalization.CultureInfo.InvariantCulture), seen.Headers["content-length"]);
    }

    [Fact]
    public async Task Response_UpstreamsHeaders_OnlyListedOnesReachTheClient()
    {
        await using var upstream = await UpstreamServer.StartAsync(async context =>
        {
            var headers = context.Response.Headers;
            headers["x-request-id"] = "req_1";
            headers["openai-processing-ms"] = "12";
            headers["openai-version"] = "2020-10-01";
            headers["openai-organization"] = "the-operators-org";
            headers["x-ratelimit-remaining-requests"] = "9";
            headers["set-cookie"] = "a=b";
            headers["server"] = "cloud";
            headers["x-gateway-config"] = "forged";
            headers["cf-ray"] = "1";
            await UpstreamServer.WriteJsonAsync(context, Requests.Answer);
        });
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync(Requests.Plain);

        Assert.Equal(
            ["date", "openai-processing-ms", "openai-version", "server-timing", "x-gateway-attempts", "x-gateway-cache", "x-gateway-cost-usd", "x-gateway-deployment", "x-gateway-model", "x-request-id"],
            response.Headers.Select(static header => header.Key.ToLowerInvariant()).Order(StringComparer.Ordinal));
        Assert.Equal(
            ("req_1", "12", "2020-10-01", "real-model-1", "up/real-model", "1", "off"),
            (One(response, "x-request-id"), One(response, "openai-processing-ms"), One(response, "openai-version"), One(response, "x-gateway-model"), One(response, "x-gateway-deployment"), One(response, "x-gateway-attempts"), One(response, "x-gateway-cache")));
        Assert.StartsWith("upstream;dur=", One(response, "server-timing"), StringComparison.Ordinal);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.ToString());
    }

    [Fact]
    public async Task Response_Stream_CarriesWhatIntermediariesNeed()
    {
        await using var upstream = await UpstreamServer.StartStreamAsync(Requests.Delta("a") + Requests.Finish + Requests.Done);
        await using var router = await RouterHost.StartAsync(upstream);
        using var response = await router.SendAsync(Requests.Stream);
        Assert.Equal(("text/event-stream", "no", "no-cache"), (response.Content.Headers.ContentType?.MediaType, One(response, "x-accel-buffering"), response.Headers.CacheControl?.ToString()));
        Assert.Equal("real-model-1", One(response, "x-gateway-model"));
        Assert.False(response.Headers.Contains("x-gateway-cost-usd"));
    }

    [Theory]
    [InlineData(0, "upstream;dur=0.000")]
    [InlineData(10, "upstream;dur=0.001")]
    [InlineData(12_345_678_90, "upstream;dur=123456.789")]
    public void Timing_OfAnAnswer_IsInMilliseconds(long ticks, string header) => Assert.Equal(header, Router.Attempts.ResponseHead.Timing(TimeSpan.FromTicks(ticks)));

    [Theory]
    [InlineData(0, "0")]
    [InlineData(1, "0.000000001")]
    [InlineData(70_000, "0.00007")]
    [InlineData(1_500_000_000, "1.5")]
    [InlineData(20_000_000_000, "20")]
    [InlineData(long.MaxValue, "9223372036.854775807")]
    public void Cost_OfAnAnswer_IsInDollars(long nanoUsd, string header) => Assert.Equal(header, Router.Attempts.ResponseHead.Usd(nanoUsd));

    [Theory]
    [InlineData("retry-after", "7", "7", "7000")]
    [InlineData("retry-after", "0.5", "1", "500")]
    [InlineData("retry-after", "86400", "60", "60000")]
    [InlineData("retry-after", "Fri, 31 Dec 2100 23:59:59 GMT", "60", "60000")]
    [InlineData("retry-after", "Fri, 01 Jan 2010 00:00:00 GMT", "1", "1000")]
    [InlineData("retry-after", "soon", "1", "1000")]
    [InlineData("retry-after-ms", "99999999999999999999", "60", "60000")]
    [InlineData("retry-after-ms", "12.5", "1", "100")]
    [InlineData("retry-after-ms", "2500", "3", "2500")]
    [InlineData("retry-after-ms", "0", "1", "1000")]
    [InlineData("x-none", "0", "1", "1000")]
    public async Task Response_429_AlwaysTellsWhenToRetry(string name, string value, string seconds, string milliseconds)
    {
        await using var upstream = await UpstreamServer.StartAsync(async context =>
        {
            context.Response.Headers[name] = value;
            await UpstreamServer.WriteJsonAsync(context, """{"error":{"message":"slow down"}}""", 429);
        });
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync(Requests.Plain);

        Assert.Equal(seconds, One(response, "retry-after"));
        Assert.Equal(milliseconds, One(response, "retry-after-ms"));
    }

    [Fact]
    public async Task Response_NamesThatNoHeaderCanHold_DoNotBreakTheAnswer()
    {
        var answer = Requests.Answer.Replace("real-model-1", "mödel\\n1", StringComparison.Ordinal);
        await using var upstream = await UpstreamServer.StartJsonAsync(answer);
        var config = TestConfig.For(upstream.Url) with { Models = TestConfig.Group("gpt-test", new Core.Configuration.DeploymentConfig { Provider = "up", Model = "mödel" }) };
        await using var router = await RouterHost.StartAsync(config);

        using var response = await router.SendAsync(Requests.Plain);

        Assert.Equal(answer, await response.Content.ReadAsStringAsync());
        Assert.Equal(("up%2Fm%C3%B6del", "m%C3%B6del%0A1"), (One(response, "x-gateway-deployment"), One(response, "x-gateway-model")));
    }

    [Fact]
    public async Task Keys_OfAProvider_AreUsedInTurn()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var router = await RouterHost.StartAsync(TestConfig.For(TestConfig.Provider(upstream.Url) with { Keys = [TestConfig.KeyOf("k1"), TestConfig.KeyOf("k2"), TestConfig.KeyOf("k3")] }));
        for (var i = 0; i < 6; i++)
        {
            using var response = await router.SendAsync(Requests.Plain);
        }

        var used = upstream.Seen.Select(static seen => seen.Headers["authorization"]).ToArray();
        Assert.Equal(["Bearer k1", "Bearer k2", "Bearer k3"], used[..3].Order(StringComparer.Ordinal));
        Assert.Equal(used[..3], used[3..]);
    }

    private static string One(HttpResponseMessage response, string name) => Assert.Single(response.Headers.GetValues(name));
}
