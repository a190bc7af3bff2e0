using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Gateway.EndToEnd.Tests;

public sealed class ModerationTests : IAsyncLifetime
{
    private const string Config = """
        version: 1
        server: { admin_key: "${GATEWAY_ADMIN_KEY}" }
        providers:
          sim: { protocol: openai, base_url: "${SIMULATOR_URL}/v1", keys: [sim-key-1], internal: true }
        models:
          gpt-4o: { deployments: [ { provider: sim, model: sim-large } ] }
        moderation:
          policies:
            strict:
              mode: required
              input:
                - { check: keywords, list: [forbidden fruit], action: block }
                - { check: regex, pattern: "[0-9]{4}-[0-9]{4}", action: redact, replacement: "[number]" }
            lenient:
              mode: best_effort
              input: [ { check: keywords, list: [forbidden fruit], action: block } ]
        keys:
          - { id: strict, secret: strict-key, models: ["*"], moderation: strict }
          - { id: lenient, secret: lenient-key, models: ["*"], moderation: lenient }
          - { id: free, secret: free-key, models: ["*"] }
        """;

    private GatewayRig _rig = null!;

    public async Task InitializeAsync() => _rig = await GatewayRig.StartAsync(new RigOptions { Config = Config, Redis = false });

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    [Fact]
    public async Task BlockedPhrase_IsRefused_AndNeverReachesTheUpstream()
    {
        var before = await MeteredRequestsAsync();

        using var response = await ChatAsync("strict-key", "Give me the Forbidden  Fruit.");
        var body = await response.Content.ReadAsStringAsync();

        Assert.Equal(400, (int)response.StatusCode);
        Assert.Contains("\"code\":\"content_blocked\"", body, StringComparison.Ordinal);
        Assert.DoesNotContain("Fruit", body, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(before, await MeteredRequestsAsync());
    }

    [Theory]
    [InlineData("/v1/responses", """{"model":"gpt-4o","input":"TEXT"}""")]
    [InlineData("/v1/messages", """{"model":"gpt-4o","max_tokens":50,"messages":[{"role":"user","content":[{"type":"text","text":"TEXT"}]}]}""")]
    [InlineData("/v1beta/models/gpt-4o:generateContent", """{"contents":[{"parts":[{"text":"TEXT"}]}]}""")]
    [InlineData("/api/chat", """{"model":"gpt-4o","stream":false,"messages":[{"role":"user","content":"TEXT"}]}""")]
    [InlineData("/api/generate", """{"model":"gpt-4o","stream":false,"prompt":"TEXT"}""")]
    [InlineData("/v1/embeddings", """{"model":"gpt-4o","input":"TEXT"}""")]
    public async Task Policy_OfAnyClientProtocol_BlocksAndRedacts(string path, string body)
    {
        var before = await MeteredRequestsAsync();
        using var client = _rig.Client("strict-key");
        using var blocked = new StringContent(body.Replace("TEXT", "Give me the forbidden fruit.", StringComparison.Ordinal), Encoding.UTF8, "application/json");
        using var redacted = new StringContent(body.Replace("TEXT", "[sim echo] call 1234-5678", StringComparison.Ordinal), Encoding.UTF8, "application/json");

        using var refused = await client.PostAsync(path, blocked);
        var told = await refused.Content.ReadAsStringAsync();
        Assert.Equal(before, await MeteredRequestsAsync());
        using var served = await client.PostAsync(path, redacted);
        var answer = await served.Content.ReadAsStringAsync();

        Assert.Equal(400, (int)refused.StatusCode);
        Assert.DoesNotContain("fruit", told, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(200, (int)served.StatusCode);
        if (path != "/v1/embeddings")
        {
            // A vector says nothing of the text that reached the upstream; elsewhere the answer is its echo.
            Assert.Contains("[number]", answer, StringComparison.Ordinal);
            Assert.DoesNotContain("1234", answer, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task OtherKeys_AreNotModerated()
    {
        using var response = await ChatAsync("free-key", "Give me the forbidden fruit.");

        Assert.Equal(200, (int)response.StatusCode);
    }

    [Fact]
    public async Task ModerationStopped_RequiredLetsNothingThrough_BestEffortServesAndFlags()
    {
        var before = await MeteredRequestsAsync();
        await _rig.Moderation.KillAsync();

        using var required = await ChatAsync("strict-key", "hello");
        using var bestEffort = await ChatAsync("lenient-key", "hello");
        using var none = await ChatAsync("free-key", "hello");

        Assert.Equal(503, (int)required.StatusCode);
        Assert.Contains("\"code\":\"moderation_unavailable\"", await required.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.True(required.Headers.Contains("retry-after"));
        Assert.Equal(200, (int)bestEffort.StatusCode);
        Assert.Equal("moderation", bestEffort.Headers.GetValues("x-gateway-degraded").Single());
        Assert.Equal(200, (int)none.StatusCode);
        Assert.False(none.Headers.Contains("x-gateway-degraded"));
        Assert.Equal(before + 2, await MeteredRequestsAsync());

        await _rig.Moderation.StartAndWaitAsync();
        using var again = await ChatAsync("strict-key", "hello");
        Assert.Equal(200, (int)again.StatusCode);
    }

    [Fact]
    public async Task ModerationsEndpoint_AnswersInOpenAIsShape()
    {
        using var client = _rig.Client("strict-key");
        using var content = new StringContent("""{"model":"omni-moderation-latest","input":["a fine day","the forbidden fruit"]}""", Encoding.UTF8, "application/json");

        using var response = await client.PostAsync("/v1/moderations", content);
        var results = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("results");

        Assert.False(results[0].GetProperty("flagged").GetBoolean());
        Assert.True(results[1].GetProperty("flagged").GetBoolean());
    }

    private async Task<HttpResponseMessage> ChatAsync(string key, string text)
    {
        using var client = _rig.Client(key);
        using var content = new StringContent(JsonSerializer.Serialize(new { model = "gpt-4o", messages = new[] { new { role = "user", content = text } } }), Encoding.UTF8, "application/json");
        return await client.PostAsync("/v1/chat/completions", content);
    }

    private async Task<long> MeteredRequestsAsync()
    {
        using var meter = _rig.Meter();
        return (await meter.GetFromJsonAsync<JsonElement>("/meter")).GetProperty("requests").GetInt64();
    }
}
