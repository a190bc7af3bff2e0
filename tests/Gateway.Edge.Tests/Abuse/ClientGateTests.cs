using Gateway.Edge.Abuse;
using Gateway.Edge.Tests.Rig;

namespace Gateway.Edge.Tests.Abuse;

public sealed class ClientGateTests : IAsyncLifetime
{
    private const string Config = EdgeServer.Config + """

          - { id: here, secret: gw-loopback-key, models: ["*"], addresses: ["127.0.0.0/8"] }
          - { id: office, secret: gw-office-key, models: ["*"], addresses: ["10.1.0.0/16", "2001:db8::/32"] }
        """;

    private readonly ManualTime _time = new();
    private FakeService _router = null!;

    public async Task InitializeAsync() => _router = await FakeService.StartAsync();

    public async Task DisposeAsync() => await _router.DisposeAsync();

    [Theory]
    [InlineData("gw-loopback-key", 200)]
    [InlineData("gw-office-key", 403)]
    public async Task Key_WithAddresses_IsGoodFromThoseAlone(string key, int status)
    {
        await using var edge = await EdgeServer.StartAsync([_router.Url], config: Config);
        foreach (var (method, path) in new[] { ("POST", EdgeServer.Chat), ("GET", "/v1/models"), ("GET", "/v1beta/models"), ("GET", "/v1/files?provider=openai"), ("GET", "/v1/responses/resp_1") })
        {
            using var client = edge.Client(key);
            using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = method == "POST" ? EdgeServer.Json(EdgeServer.ChatBody) : null };

            using var response = await client.SendAsync(request);

            Assert.True(status == (int)response.StatusCode, $"{path}: {(int)response.StatusCode}");
            if (status == 403 && !path.StartsWith("/v1beta", StringComparison.Ordinal))
            {
                Assert.DoesNotContain("10.1", await EdgeServer.AssertErrorAsync(response, 403, "address_forbidden"), StringComparison.Ordinal);
            }
        }

        Assert.Equal(status == 200, _router.Waiting > 0);
    }

    [Theory]
    [InlineData(false, "10.1.2.3", 403)]
    [InlineData(true, "10.1.2.3", 200)]
    [InlineData(true, "10.2.2.3", 403)]
    [InlineData(true, "2001:db8::7", 200)]
    public async Task ForwardedAddress_CountsOnlyWhereTheHostSaysSo(bool enabled, string forwarded, int status)
    {
        await using var edge = await EdgeServer.StartAsync([_router.Url], new() { ["ForwardedHeaders_Enabled"] = enabled ? "true" : "false" }, config: Config);
        using var client = edge.Client("gw-office-key");
        using var request = EdgeServer.Post(EdgeServer.Chat, EdgeServer.ChatBody, ("X-Forwarded-For", forwarded));

        using var response = await client.SendAsync(request);

        Assert.Equal(status, (int)response.StatusCode);
    }

    [Theory]
    [InlineData(null, "missing_api_key")]
    [InlineData("gw-nobody", "invalid_api_key")]
    [InlineData("gw-expired-key", "expired_api_key")]
    [InlineData("gw-office-key", "address_forbidden")]
    public async Task RequestsWithoutAGoodKey_PastTheLimitOfAMinute_Are429_AndGoodKeysGoOn(string? key, string code)
    {
        var log = new LogLines();
        await using var edge = await EdgeServer.StartAsync([_router.Url], config: Config, time: _time, log: log);
        using var client = edge.Client(key);
        using var good = edge.Client();
        for (var i = 0; i < ClientGate.FailuresPerMinute; i++)
        {
            using var refused = await client.GetAsync("/v1/models");
            Assert.Contains($"\"{code}\"", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        using var flood = await client.GetAsync("/v1/models");
        Assert.Contains("without a valid API key", await EdgeServer.AssertErrorAsync(flood, 429, "rate_limit_exceeded"), StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(1), flood.Headers.RetryAfter?.Delta);
        Assert.Single(log.Lines, static line => line.Contains("without a valid key", StringComparison.Ordinal));

        using var content = EdgeServer.Json(EdgeServer.ChatBody);
        using var served = await good.PostAsync(EdgeServer.Chat, content);
        Assert.Equal(200, (int)served.StatusCode);

        _time.Advance(TimeSpan.FromSeconds(1));
        using var toldAgain = await client.GetAsync("/v1/models");
        Assert.Contains($"\"{code}\"", await toldAgain.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", 60)]
    [InlineData("public_requests_per_minute: 7, ", 7)]
    public async Task PublicModels_WithoutAKey_AreServedSoOftenAMinute_AndWithAKeyBeyondThat(string setting, int perMinute)
    {
        var config = EdgeServer.Config.Replace("model: gpt-4o-mini } ] }", "model: gpt-4o-mini } ], access: public }", StringComparison.Ordinal)
            .Replace("server: { ", $"server: {{ {setting}", StringComparison.Ordinal);
        await using var edge = await EdgeServer.StartAsync([_router.Url], config: config, time: _time);
        using var nobody = edge.Client(key: null);
        using var somebody = edge.Client();
        const string Body = """{"model":"gpt-4o-mini","messages":[{"role":"user","content":"hi"}]}""";
        for (var i = 0; i < perMinute; i++)
        {
            using var content = EdgeServer.Json(Body);
            using var served = await nobody.PostAsync(EdgeServer.Chat, content);
            Assert.Equal(200, (int)served.StatusCode);
        }

        using var again = EdgeServer.Json(Body);
        using var refused = await nobody.PostAsync(EdgeServer.Chat, again);
        Assert.Contains($"{perMinute} requests a minute", await EdgeServer.AssertErrorAsync(refused, 429, "rate_limit_exceeded"), StringComparison.Ordinal);

        using var withKey = EdgeServer.Json(Body);
        using var known = await somebody.PostAsync(EdgeServer.Chat, withKey);
        Assert.Equal(200, (int)known.StatusCode);
    }
}
