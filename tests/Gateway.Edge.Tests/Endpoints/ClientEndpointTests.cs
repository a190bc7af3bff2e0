using System.Text.Json;
using Gateway.Core.Context;
using Gateway.Edge.Tests.Rig;

namespace Gateway.Edge.Tests.Endpoints;

/// <summary>Every client protocol at the Edge: what goes to the Router, and in which shape refusals come.</summary>
public sealed class ClientEndpointTests(EdgeFixture rig) : IClassFixture<EdgeFixture>
{
    private const string Contents = """{"contents":[{"parts":[{"text":"hi"}]}]}""";
    private const string Messages = """{"model":"gpt-4o","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}""";
    private const string OllamaChat = """{"model":"gpt-4o:latest","messages":[{"role":"user","content":"hi"}]}""";

    [Theory]
    [InlineData("/v1/responses", """{"model":"gpt-4o","input":"x","stream":true}""", "/v1/responses", "gpt-4o", true)]
    [InlineData("/v1/responses/input_tokens", """{"model":"gpt-4o","input":"x"}""", "/v1/responses/input_tokens", "gpt-4o", false)]
    [InlineData("/v1/messages?beta=true", Messages, "/v1/messages", "gpt-4o", false)]
    [InlineData("/v1/messages/count_tokens?beta=true", """{"model":"gpt-4o","messages":[{}]}""", "/v1/messages/count_tokens", "gpt-4o", false)]
    [InlineData("/api/chat", OllamaChat, "/api/chat", "gpt-4o", true)]
    [InlineData("/api/generate", """{"model":"gpt-4o","stream":false}""", "/api/generate", "gpt-4o", false)]
    [InlineData("/api/embed", """{"model":"openai/e:latest","input":"x"}""", "/api/embed", "openai/e:latest", false)]
    [InlineData("/api/embeddings", """{"model":"gpt-4o","prompt":"x"}""", "/api/embeddings", "gpt-4o", false)]
    [InlineData("/v1/chat/completions?api-version=2024-10-21", EdgeServer.ChatBody, "/v1/chat/completions", "gpt-4o", false)]
    [InlineData("/v1beta/models/gpt-4o:generateContent", Contents, "/v1beta/models/gpt-4o:generateContent", "gpt-4o", false)]
    [InlineData("/v1/models/gpt-4o:generateContent", Contents, "/v1beta/models/gpt-4o:generateContent", "gpt-4o", false)]
    [InlineData("/v1beta/models/gpt-4o%3AgenerateContent", Contents, "/v1beta/models/gpt-4o:generateContent", "gpt-4o", false)]
    [InlineData("/v1beta/models/openai/org/x:generateContent", Contents, "/v1beta/models/openai%2Forg%2Fx:generateContent", "openai/org/x", false)]
    [InlineData("/v1beta/models/openai%2Forg%2fx:generateContent", Contents, "/v1beta/models/openai%2Forg%2Fx:generateContent", "openai/org/x", false)]
    [InlineData("/v1beta/models/gpt-4o:streamGenerateContent?alt=sse", Contents, "/v1beta/models/gpt-4o:streamGenerateContent?alt=sse", "gpt-4o", true)]
    [InlineData("/v1beta/models/gpt-4o:streamGenerateContent", Contents, "/v1beta/models/gpt-4o:streamGenerateContent", "gpt-4o", true)]
    [InlineData("/v1beta/models/gpt-4o:streamGenerateContent?$alt=json;enum-encoding=int", Contents, "/v1beta/models/gpt-4o:streamGenerateContent", "gpt-4o", true)]
    [InlineData("/v1beta/models/gpt-4o:generateContent?alt=json", Contents, "/v1beta/models/gpt-4o:generateContent", "gpt-4o", false)]
    [InlineData("/v1beta/models/gpt-4o:embedContent", """{"content":{}}""", "/v1beta/models/gpt-4o:embedContent", "gpt-4o", false)]
    [InlineData("/v1beta/models/gpt-4o:batchEmbedContents", """{"requests":[{"model":"models/gpt-4o"}]}""", "/v1beta/models/gpt-4o:batchEmbedContents", "gpt-4o", false)]
    [InlineData("/v1beta/models/gpt-4o:countTokens", Contents, "/v1beta/models/gpt-4o:countTokens", "gpt-4o", false)]
    public async Task Call_OfEachProtocol_GoesToTheRouter_SignedForItsTarget(string path, string body, string target, string model, bool stream)
    {
        using var client = rig.Edge.Client();
        using var content = EdgeServer.Json(body);

        using var response = await client.PostAsync(path, content);
        Assert.True(200 == (int)response.StatusCode, await response.Content.ReadAsStringAsync());
        var seen = await rig.Router.NextAsync();
        var claims = EdgeServer.Tokens().Verify(seen.Headers["x-gateway-context"], ContextAudience.Router, target);

        Assert.NotNull(claims);
        Assert.Equal((model, stream), (claims.RequestedModel, claims.Stream));
        Assert.Equal(target, seen.Target);
    }

    [Fact]
    public async Task GeminiKey_InTheQuery_IsUsedAndStaysHere()
    {
        using var client = rig.Edge.Client(key: null);
        using var content = EdgeServer.Json(Contents);

        using var response = await client.PostAsync($"/v1beta/models/gpt-4o:streamGenerateContent?key={EdgeServer.Key}&alt=sse", content);
        var seen = await rig.Router.NextAsync();

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal("/v1beta/models/gpt-4o:streamGenerateContent?alt=sse", seen.Target);
    }

    [Fact]
    public async Task AnthropicHeaders_ReachTheRouter_AndTheRequestIdTheClient()
    {
        using var client = rig.Edge.Client();
        using var request = EdgeServer.Post("/v1/messages", Messages, ("anthropic-version", "2023-06-01"), ("anthropic-beta", "a-2025-01-01,b"));

        using var response = await client.SendAsync(request);
        var seen = await rig.Router.NextAsync();

        Assert.Equal(("2023-06-01", "a-2025-01-01,b"), (seen.Headers["anthropic-version"], seen.Headers["anthropic-beta"]));
        Assert.Equal(response.Headers.GetValues("x-gateway-request-id"), response.Headers.GetValues("request-id"));
    }

    [Fact]
    public async Task SessionHeader_ReachesTheRouter()
    {
        using var client = rig.Edge.Client();
        using var request = EdgeServer.Post("/v1/messages", Messages, ("x-session-id", "talk-7"));
        using var response = await client.SendAsync(request);
        Assert.Equal("talk-7", (await rig.Router.NextAsync()).Headers["x-session-id"]);
    }

    [Theory]
    [InlineData("/v1beta/models/gpt-4o:streamGenerateContent?alt=media", Contents)]
    [InlineData("/v1beta/models/gpt-4o:streamGenerateContent?alt=sse&alt=json", Contents)]
    [InlineData("/v1beta/models/gpt-4o:streamGenerateContent?alt=sse&$alt=json", Contents)]
    [InlineData("/v1beta/models/gpt-4o:generateContent?model=x", Contents)]
    [InlineData("/v1/messages?alt=sse", Messages)]
    [InlineData("/api/chat?stream=false", OllamaChat)]
    public async Task QueryParameters_ThatNoSdkSends_Are400(string path, string body)
    {
        using var client = rig.Edge.Client();
        using var content = EdgeServer.Json(body);

        using var response = await client.PostAsync(path, content);

        Assert.Equal(400, (int)response.StatusCode);
        Assert.Contains("query", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(0, rig.Router.Waiting);
    }

    [Theory]
    [InlineData("POST", "/v1/messages", null, "{}", 401, "anthropic", "authentication_error")]
    [InlineData("POST", "/v1/messages", "gw-test-key", "{}", 400, "anthropic", "invalid_request_error")]
    [InlineData("POST", "/v1/messages", "gw-narrow-key", Messages, 403, "anthropic", "permission_error")]
    [InlineData("POST", "/v1/messages/unknown", "gw-test-key", "{}", 404, "anthropic", "not_found_error")]
    [InlineData("DELETE", "/v1/messages", "gw-test-key", null, 405, "anthropic", "invalid_request_error")]
    [InlineData("POST", "/v1beta/models/gpt-4o:generateContent", null, Contents, 401, "gemini", "UNAUTHENTICATED")]
    [InlineData("POST", "/v1beta/models/gpt-4o:generateContent", "gw-test-key", "[", 400, "gemini", "INVALID_ARGUMENT")]
    [InlineData("POST", "/v1beta/models/gpt-4o:generateContent", "gw-narrow-key", Contents, 403, "gemini", "PERMISSION_DENIED")]
    [InlineData("POST", "/v1beta/models/gpt-4o:destroy", "gw-test-key", Contents, 404, "gemini", "NOT_FOUND")]
    [InlineData("GET", "/v1beta/models/nothing", "gw-test-key", null, 404, "gemini", "NOT_FOUND")]
    [InlineData("GET", "/v1beta/nothing", "gw-test-key", null, 404, "gemini", "NOT_FOUND")]
    [InlineData("POST", "/v1/models/gpt-4o:generateContent", null, Contents, 401, "gemini", "UNAUTHENTICATED")]
    [InlineData("POST", "/api/chat", null, OllamaChat, 401, "ollama", "")]
    [InlineData("POST", "/api/chat", "gw-test-key", "nonsense", 400, "ollama", "")]
    [InlineData("POST", "/api/pull", "gw-test-key", "{}", 404, "ollama", "")]
    [InlineData("POST", "/v1/responses", null, "{}", 401, "openai", "missing_api_key")]
    public async Task Refusal_ComesInTheClientsShape(string method, string path, string? key, string? body, int status, string shape, string word)
    {
        using var client = rig.Edge.Client(key);
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = body is null ? null : EdgeServer.Json(body) };

        using var response = await client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();

        Assert.True(status == (int)response.StatusCode, text);
        using var json = JsonDocument.Parse(text);
        var error = json.RootElement.GetProperty("error");
        switch (shape)
        {
            case "anthropic":
                Assert.Equal("error", json.RootElement.GetProperty("type").GetString());
                Assert.Equal(word, error.GetProperty("type").GetString());
                Assert.Equal(Assert.Single(response.Headers.GetValues("request-id")), json.RootElement.GetProperty("request_id").GetString());
                break;
            case "gemini":
                Assert.Equal((status, word), (error.GetProperty("code").GetInt32(), error.GetProperty("status").GetString()));
                break;
            case "ollama":
                Assert.Equal(JsonValueKind.String, error.ValueKind);
                break;
            default:
                Assert.Equal(word, error.GetProperty("code").GetString());
                break;
        }
    }

    [Theory]
    [InlineData("/v1beta/models/gpt-4o:streamGenerateContent", '[')]
    [InlineData("/v1beta/models/gpt-4o:streamGenerateContent?alt=sse", '{')]
    [InlineData("/v1beta/models/gpt-4o:generateContent", '{')]
    public async Task Refusal_OfAGeminiStreamAsArray_IsAnArray(string path, char first)
    {
        using var client = rig.Edge.Client("gw-narrow-key");
        using var content = EdgeServer.Json(Contents);

        using var response = await client.PostAsync(path, content);

        Assert.Equal(403, (int)response.StatusCode);
        Assert.Equal(first, (await response.Content.ReadAsStringAsync())[0]);
    }

    [Theory]
    [InlineData("/v1/messages", Messages, true)]
    [InlineData("/api/chat", OllamaChat, false)]
    public async Task RateLimit_IsToldInTheClientsHeaders(string path, string body, bool anthropic)
    {
        await using var edge = await EdgeServer.StartAsync([rig.Router.Url]);
        using var client = edge.Client("gw-limited-key");
        HttpResponseMessage response;
        do
        {
            using var content = EdgeServer.Json(body);
            response = await client.PostAsync(path, content);
            if ((int)response.StatusCode == 200)
            {
                await rig.Router.NextAsync();
            }
        }
        while ((int)response.StatusCode == 200);

        Assert.Equal(429, (int)response.StatusCode);
        Assert.NotNull(response.Headers.RetryAfter);
        Assert.True(response.Headers.Contains("retry-after-ms"));
        Assert.True(response.Headers.Contains("x-ratelimit-limit-requests"));
        Assert.Equal(anthropic, response.Headers.Contains("anthropic-ratelimit-requests-limit"));
        if (anthropic)
        {
            Assert.Equal(("12", "0"), (response.Headers.GetValues("anthropic-ratelimit-requests-limit").Single(), response.Headers.GetValues("anthropic-ratelimit-requests-remaining").Single()));
            Assert.True(DateTimeOffset.Parse(response.Headers.GetValues("anthropic-ratelimit-requests-reset").Single(), System.Globalization.CultureInfo.InvariantCulture) > DateTimeOffset.UtcNow);
        }

        response.Dispose();
    }
}
