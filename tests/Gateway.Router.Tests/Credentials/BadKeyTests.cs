using System.Net;
using Gateway.Core.Configuration;
using Gateway.Router.Tests.Hosting;
using Microsoft.AspNetCore.Http;

namespace Gateway.Router.Tests.Credentials;

/// <summary>Over HTTP: what clients see of bad and limited keys.</summary>
public sealed class BadKeyTests
{
    [Theory]
    [InlineData(401, """{"error":{"message":"Incorrect API key provided","type":"invalid_request_error","code":"invalid_api_key"}}""")]
    [InlineData(403, """{"error":{"message":"No access","type":"invalid_request_error"}}""")]
    [InlineData(400, """{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}""")]
    [InlineData(429, """{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}""")]
    public async Task One_bad_key_of_two_is_no_error_to_any_client(int status, string body)
    {
        await using var upstream = await UpstreamServer.StartAsync(async context =>
        {
            var isBad = context.Request.Headers.Authorization == "Bearer bad";
            context.Response.StatusCode = isBad ? status : 200;
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(isBad ? body : Requests.Answer);
        });
        await using var router = await RouterHost.StartAsync(TestConfig.For(TestConfig.Provider(upstream.Url) with { Keys = [Keys.Key("bad"), Keys.Key("good")] }));
        for (var i = 0; i < 20; i++)
        {
            using var response = await router.SendAsync(Requests.Plain);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        Assert.Equal(1, upstream.Seen.Count(static seen => seen.Headers["authorization"] == "Bearer bad"));
    }

    [Fact]
    public async Task The_providers_401_never_reaches_the_client()
    {
        await using var upstream = await UpstreamServer.StartAsync(static context =>
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return Task.CompletedTask;
        });
        await using var router = await RouterHost.StartAsync(TestConfig.For(TestConfig.Provider(upstream.Url) with { Keys = [Keys.Key("a"), Keys.Key("b")] }));
        for (var i = 0; i < 4; i++)
        {
            using var response = await router.SendAsync(Requests.Plain);
            Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
            Assert.Contains("upstream_auth", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        Assert.Equal(2, upstream.Seen.Count);
    }

    [Fact]
    public async Task Where_every_key_rests_the_client_is_told_the_earliest_time()
    {
        await using var upstream = await UpstreamServer.StartAsync(static async context =>
        {
            context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
            context.Response.Headers.RetryAfter = context.Request.Headers.Authorization == "Bearer a" ? "40" : "20";
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync("""{"error":{"message":"Rate limit reached","type":"requests","code":"rate_limit_exceeded"}}""");
        });
        await using var router = await RouterHost.StartAsync(TestConfig.For(TestConfig.Provider(upstream.Url) with { Keys = [Keys.Key("a"), Keys.Key("b")] }));
        using (await router.SendAsync(Requests.Plain))
        {
        }

        using var response = await router.SendAsync(Requests.Plain);

        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.InRange(response.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 10, 20);
        Assert.Equal(2, upstream.Seen.Count);
    }

    [Fact]
    public async Task A_limit_of_a_key_in_the_document_holds()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        var limited = Keys.Key("a", limits: new UpstreamLimits { RequestsPerMinute = 6 });
        await using var router = await RouterHost.StartAsync(TestConfig.For(TestConfig.Provider(upstream.Url) with { Keys = [limited, Keys.Key("b")] }));
        for (var i = 0; i < 10; i++)
        {
            using var response = await router.SendAsync(Requests.Plain);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        Assert.InRange(upstream.Seen.Count(static seen => seen.Headers["authorization"] == "Bearer a"), 1, 3);
    }
}
