using System.Text.Json;
using Gateway.Core.Context;
using Gateway.Edge.Tests.Rig;

namespace Gateway.Edge.Tests.Endpoints;

/// <summary>Responses that were kept: what reaches the Router, and what does not.</summary>
public sealed class StoredResponseProxyTests(EdgeFixture rig) : IClassFixture<EdgeFixture>
{
    [Theory]
    [InlineData("GET", "/v1/responses/resp_0-A", "/v1/responses/resp_0-A", "")]
    [InlineData("DELETE", "/v1/responses/resp_0-A", "/v1/responses/resp_0-A", "")]
    [InlineData("GET", "/v1/responses/resp_1/input_items", "/v1/responses/resp_1/input_items", "")]
    [InlineData("GET", "/V1/Responses/resp%5F1", "/v1/responses/resp_1", "")]
    [InlineData("GET", "/v1/responses/resp_1?include[]=reasoning.encrypted_content&stream=false&include_obfuscation=true", "/v1/responses/resp_1", "?stream=false")]
    [InlineData("GET", "/v1/responses/resp_1/input_items?order=asc&limit=2&after=a%26b", "/v1/responses/resp_1/input_items", "?order=asc&limit=2&after=a%26b")]
    public async Task Call_GoesToTheRouter_SignedForItsPathAndKey(string method, string path, string target, string query)
    {
        using var response = await SendAsync(method, path);
        Assert.True(200 == (int)response.StatusCode, await response.Content.ReadAsStringAsync());
        var seen = await rig.Router.NextAsync();
        var claims = EdgeServer.Tokens().Verify(seen.Headers["x-gateway-context"], ContextAudience.Router, target);

        Assert.NotNull(claims);
        Assert.Equal((ContextRole.Client, "full", target), (claims.Role, claims.KeyId, claims.Path));
        Assert.Equal((method, target + query), (seen.Method, seen.Target));
        Assert.False(seen.Headers.ContainsKey("authorization"));
    }

    [Theory]
    [InlineData("/v1/responses/resp.1")]
    [InlineData("/v1/responses/a%2Fb")]
    [InlineData("/v1/responses/a%3Ab/input_items")]
    [InlineData("/v1/responses/%C3%A9")]
    [InlineData("/v1/responses/LLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLL")]
    public async Task Id_OfOtherCharactersOrTooLong_Is400(string path)
    {
        foreach (var method in path.EndsWith("items", StringComparison.Ordinal) ? ["GET"] : new[] { "GET", "DELETE" })
        {
            using var response = await SendAsync(method, path);
            await AssertErrorAsync(response, 400, "id");
        }

        Assert.Equal(0, rig.Router.Waiting);
    }

    [Theory]
    [InlineData("/v1/responses/resp_1?foo=1")]
    [InlineData("/v1/responses/resp_1?stream=true&stream=false")]
    [InlineData("/v1/responses/resp_1/input_items?limit=1&limit=2")]
    public async Task QueryParameter_ThatIsNotKnown_Is400(string path)
    {
        using var response = await SendAsync("GET", path);
        await AssertErrorAsync(response, 400, null);
        Assert.Equal(0, rig.Router.Waiting);
    }

    [Theory]
    [InlineData("GET", "/v1/responses/resp_1")]
    [InlineData("DELETE", "/v1/responses/resp_1")]
    [InlineData("GET", "/v1/responses/resp_1/input_items")]
    public async Task Call_WithoutAGoodKey_Is401(string method, string path)
    {
        foreach (var key in new[] { null, "wrong", "gw-expired-key" })
        {
            using var response = await SendAsync(method, path, key);
            await AssertErrorAsync(response, 401, null);
        }

        Assert.Equal(0, rig.Router.Waiting);
    }

    [Theory]
    [InlineData("POST", "/v1/responses/resp_1")]
    [InlineData("DELETE", "/v1/responses/resp_1/input_items")]
    public async Task OtherMethod_Is405(string method, string path)
    {
        using var response = await SendAsync(method, path);
        await AssertErrorAsync(response, 405, null);
        Assert.Equal(0, rig.Router.Waiting);
    }

    [Fact]
    public async Task RefusalOfTheRouter_ReachesTheClientAsItIs()
    {
        const string Refusal = """{"error":{"message":"No response 'resp_9' is kept for this key.","type":"invalid_request_error","param":"id","code":"response_not_found"}}""";
        await using var router = await FakeService.StartAsync();
        router.Answer = static context =>
        {
            context.Response.StatusCode = 404;
            context.Response.ContentType = "application/json";
            return Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(context.Response, Refusal);
        };
        await using var edge = await EdgeServer.StartAsync([router.Url]);
        using var client = edge.Client();

        using var response = await client.GetAsync("/v1/responses/resp_9");

        Assert.Equal(404, (int)response.StatusCode);
        Assert.Equal(Refusal, await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Calls_CountAgainstTheRate()
    {
        await using var edge = await EdgeServer.StartAsync([rig.Router.Url]);
        using var client = edge.Client("gw-limited-key");
        var served = 0;
        while (true)
        {
            using var response = await client.GetAsync("/v1/responses/resp_1");
            if ((int)response.StatusCode == 200)
            {
                await rig.Router.NextAsync();
                Assert.InRange(++served, 1, 13);
                continue;
            }

            await AssertErrorAsync(response, 429, null);
            Assert.NotNull(response.Headers.RetryAfter);
            Assert.True(response.Headers.Contains("x-ratelimit-limit-requests"));
            return;
        }
    }

    private async Task<HttpResponseMessage> SendAsync(string method, string path, string? key = EdgeServer.Key)
    {
        using var client = rig.Edge.Client(key);
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        return await client.SendAsync(request);
    }

    private static async Task AssertErrorAsync(HttpResponseMessage response, int status, string? param)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(status == (int)response.StatusCode, text);
        using var json = JsonDocument.Parse(text);
        var error = json.RootElement.GetProperty("error");
        Assert.NotEmpty(error.GetProperty("message").GetString()!);
        Assert.Equal(param, error.GetProperty("param").GetString());
    }
}
