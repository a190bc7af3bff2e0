using System.Text;
using Gateway.Core.Context;
using Gateway.Edge.Tests.Rig;

namespace Gateway.Edge.Tests.Endpoints;

/// <summary>Files at the Edge: whose they are, what goes on, and who is refused.</summary>
public sealed class FilesEndpointTests(EdgeFixture rig) : IClassFixture<EdgeFixture>
{
    private const string Named = "openai";

    [Theory]
    [InlineData("GET", "/v1/files?provider=openai", "/v1/files")]
    [InlineData("GET", "/v1/files?purpose=user_data&provider=openai&limit=2", "/v1/files?purpose=user_data&limit=2")]
    [InlineData("GET", "/v1/files/file-1?provider=openai", "/v1/files/file-1")]
    [InlineData("GET", "/v1/files/file-1/content?provider=openai&api-version=x", "/v1/files/file-1/content")]
    [InlineData("GET", "/v1/files/file-1/content/?provider=openai", "/v1/files/file-1/content")]
    [InlineData("GET", "/v1/files/content?provider=openai", "/v1/files/content")]
    [InlineData("DELETE", "/v1/files/file-1?provider=openai", "/v1/files/file-1")]
    public async Task Call_GoesToTheRouter_SignedForItsMethodAndProvider(string method, string path, string target)
    {
        using var client = rig.Edge.Client();
        using var request = new HttpRequestMessage(new HttpMethod(method), path);

        using var response = await client.SendAsync(request);
        Assert.True(200 == (int)response.StatusCode, await response.Content.ReadAsStringAsync());
        var seen = await rig.Router.NextAsync();

        Assert.Equal((method, target), (seen.Method, seen.Target));
        Assert.Empty(seen.Body);
        var claims = EdgeServer.Tokens().Verify(seen.Headers["x-gateway-context"], ContextAudience.Router, $"{method} {target}");
        Assert.Equal([Named], claims?.AllowedProviders);
        Assert.False(seen.Headers.ContainsKey("x-gateway-provider"));
    }

    [Fact]
    public async Task Upload_GoesOnByteForByte()
    {
        using var client = rig.Edge.Client();
        using var content = new ByteArrayContent(Encoding.Latin1.GetBytes("--b1\r\nanything\u00FF--b1--"));
        content.Headers.TryAddWithoutValidation("Content-Type", "multipart/form-data; boundary=\"b1\"");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/files") { Content = content };
        request.Headers.Add("x-gateway-provider", Named);

        using var response = await client.SendAsync(request);
        Assert.True(200 == (int)response.StatusCode, await response.Content.ReadAsStringAsync());
        var seen = await rig.Router.NextAsync();

        Assert.Equal(("POST", "/v1/files", "multipart/form-data; boundary=b1"), (seen.Method, seen.Target, seen.Headers["content-type"]));
        Assert.Equal(Encoding.Latin1.GetBytes("--b1\r\nanything\u00FF--b1--"), seen.Body);
    }

    [Theory]
    [InlineData(EdgeServer.Key, "/v1/files", 400, "invalid_request", "provider")]
    [InlineData(EdgeServer.Key, "/v1/files?provider=nobody", 403, "model_forbidden", "provider")]
    [InlineData("gw-provider-key", "/v1/files?provider=openai", 403, "model_forbidden", "provider")]
    [InlineData(EdgeServer.Key, "/v1/files?provider=openai&provider=other", 400, "invalid_request", "provider")]
    [InlineData(EdgeServer.Key, "/v1/files?provider=openai&debug=1", 400, "invalid_request", null)]
    [InlineData(EdgeServer.Key, "/v1/files?provider=openai&limit=1%262", 400, "invalid_request", null)]
    [InlineData(EdgeServer.Key, "/v1/files/file-1?provider=openai&limit=2", 400, "invalid_request", null)]
    [InlineData(EdgeServer.Key, "/v1/files/a%2Fb?provider=openai", 400, "invalid_request", "id")]
    [InlineData(EdgeServer.Key, "/v1/files/a.b?provider=openai", 400, "invalid_request", "id")]
    [InlineData("gw-wrong-key", "/v1/files?provider=openai", 401, "invalid_api_key", null)]
    public async Task Call_ThatMayNotBe_IsRefused(string key, string path, int status, string code, string? param)
    {
        using var client = rig.Edge.Client(key);

        using var response = await client.GetAsync(path);

        await EdgeServer.AssertErrorAsync(response, status, code, param);
        Assert.Equal(0, rig.Router.Waiting);
    }

    [Fact]
    public async Task Upload_ThatIsNoForm_Is415()
    {
        using var client = rig.Edge.Client();
        using var content = EdgeServer.Json("{}");

        using var response = await client.PostAsync("/v1/files?provider=openai", content);

        await EdgeServer.AssertErrorAsync(response, 415, "unsupported_media_type");
    }

    [Theory]
    [InlineData("a: { protocol: openai, base_url: \"http://127.0.0.1:9/v1\", internal: true }", "", "a")]
    [InlineData("a: { protocol: openai, base_url: \"http://127.0.0.1:9/v1\", internal: true }, b: { protocol: anthropic, base_url: \"http://127.0.0.1:9\", keys: [k], internal: true }", "resolve: { default_provider: b }", "a")]
    [InlineData("a: { protocol: openai, base_url: \"http://127.0.0.1:9/v1\", internal: true }, b: { protocol: openai, base_url: \"http://127.0.0.1:9/v1\", internal: true }", "resolve: { default_provider: b }", "b")]
    public async Task Provider_ThatNobodyNames_IsTheDefaultOrTheOnlyOne(string providers, string resolve, string expected)
    {
        await using var router = await FakeService.StartAsync();
        await using var edge = await EdgeServer.StartAsync([router.Url], config: $$"""
            version: 1
            providers: { {{providers}} }
            models: { m: { deployments: [ { provider: a, model: m } ] } }
            {{resolve}}
            keys: [ { id: k, secret: gw-test-key, models: ["*"] } ]
            """);
        using var client = edge.Client();

        using var response = await client.GetAsync("/v1/files");
        Assert.True(200 == (int)response.StatusCode, await response.Content.ReadAsStringAsync());
        var seen = await router.NextAsync();

        Assert.Equal([expected], EdgeServer.Tokens().Verify(seen.Headers["x-gateway-context"], ContextAudience.Router, "GET /v1/files")?.AllowedProviders);
    }
}
