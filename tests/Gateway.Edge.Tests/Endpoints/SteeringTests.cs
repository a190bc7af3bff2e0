using System.Text.Json;
using Gateway.Core.Configuration;
using Gateway.Core.Context;
using Gateway.Core.Requests;
using Gateway.Edge.Tests.Rig;

namespace Gateway.Edge.Tests.Endpoints;

/// <summary>Bodies that choose how they are routed, and keys that may not.</summary>
public sealed class SteeringTests : IAsyncLifetime
{
    private const string Provider = """{"model":"gpt-4o","provider":{"only":["openai"]},"messages":[{}]}""";

    private FakeService _router = null!;
    private EdgeServer _edge = null!;

    public async Task InitializeAsync()
    {
        _router = await FakeService.StartAsync();
        _edge = await EdgeServer.StartAsync([_router.Url], store: new HeldConfigStore(static config => config with
        {
            Keys = [.. config.Keys, new VirtualKeyConfig { Id = "tame", Secret = "gw-tame-key", Models = ["*"], MaySteer = false }],
            Routes = [new RouteConfig { Path = "/support", Model = "fast" }],
        }));
    }

    public async Task DisposeAsync()
    {
        await _edge.DisposeAsync();
        await _router.DisposeAsync();
    }

    [Theory]
    [InlineData(EdgeServer.Chat, Provider)]
    [InlineData(EdgeServer.Chat, """{"models":["gpt-4o","fast"],"messages":[{}]}""")]
    [InlineData("/v1/messages", """{"model":"gpt-4o","max_tokens":1,"models":["fast"],"messages":[{}]}""")]
    public async Task What_the_body_steers_with_is_signed_and_the_bytes_go_on(string path, string body)
    {
        using var response = await PostAsync(path, body);
        var seen = await _router.NextAsync();
        var claims = EdgeServer.Tokens().Verify(seen.Headers["x-gateway-context"], ContextAudience.Router, path)!;

        Assert.True(200 == (int)response.StatusCode, await response.Content.ReadAsStringAsync());
        Assert.Equal(body, System.Text.Encoding.UTF8.GetString(seen.Body));
        Assert.True(RequestFactsReader.TryRead(seen.Body, path == EdgeServer.Chat ? LlmOperation.ChatCompletions : LlmOperation.Messages, out var facts, out _));
        Assert.NotEqual(0, claims.Steering);
        Assert.Equal((SteeringDigest.Of(seen.Body, facts.OwnMembers), "gpt-4o"), (claims.Steering, claims.RequestedModel));
    }

    [Theory]
    [InlineData(Provider, "provider")]
    [InlineData("""{"model":"gpt-4o","models":["fast"],"messages":[{}]}""", "models")]
    public async Task A_key_that_may_not_steer_is_told_the_field(string body, string field)
    {
        using var response = await PostAsync(EdgeServer.Chat, body, "gw-tame-key");

        Assert.Contains($"Leave out '{field}'", await EdgeServer.AssertErrorAsync(response, 403, "model_forbidden", field), StringComparison.Ordinal);
        Assert.Equal(0, _router.Waiting);
    }

    [Fact]
    public async Task A_key_that_may_not_steer_may_still_send_the_empty_fields_of_its_SDK()
    {
        using var response = await PostAsync(EdgeServer.Chat, """{"model":"gpt-4o","models":null,"provider":{},"messages":[{}]}""", "gw-tame-key");

        Assert.Equal(200, (int)response.StatusCode);
        await _router.NextAsync();
    }

    [Theory]
    [InlineData("gw-narrow-key", """{"model":"gpt-4o-mini","models":["fast","gpt-4o"],"messages":[{}]}""", 403, "model_forbidden", "models")]
    [InlineData("gw-test-key", """{"model":"gpt-4o-mini","models":["nothing"],"messages":[{}]}""", 404, "model_not_found", "models")]
    [InlineData("gw-test-key", """{"model":"gpt-4o","provider":{"zdr":true},"messages":[{}]}""", 400, "invalid_request", "provider.zdr")]
    public async Task Other_models_need_the_same_permission(string key, string body, int status, string code, string param)
    {
        using var response = await PostAsync(EdgeServer.Chat, body, key);

        await EdgeServer.AssertErrorAsync(response, status, code, param);
        Assert.Equal(0, _router.Waiting);
    }

    [Fact]
    public async Task Below_a_path_with_a_model_the_body_s_models_mean_nothing()
    {
        using var response = await PostAsync("/support/v1/chat/completions", """{"models":["nothing","else"],"messages":[{}]}""");

        Assert.Equal(200, (int)response.StatusCode);
        await _router.NextAsync();
    }

    [Fact]
    public async Task Anthropic_clients_are_refused_in_their_shape()
    {
        using var response = await PostAsync("/v1/messages", """{"model":"gpt-4o","max_tokens":1,"provider":{"order":["openai"]},"messages":[{}]}""", "gw-tame-key");

        Assert.Equal(403, (int)response.StatusCode);
        Assert.Equal("permission_error", JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("error").GetProperty("type").GetString());
    }

    private async Task<HttpResponseMessage> PostAsync(string path, string body, string key = EdgeServer.Key)
    {
        using var client = _edge.Client(key);
        using var content = EdgeServer.Json(body);
        return await client.PostAsync(path, content);
    }
}
