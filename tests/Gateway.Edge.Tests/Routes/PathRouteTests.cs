using System.Collections.Frozen;
using System.Net.Http.Json;
using System.Text.Json;
using Gateway.Core.Configuration;
using Gateway.Core.Context;
using Gateway.Edge.Tests.Rig;

namespace Gateway.Edge.Tests.Routes;

/// <summary>/support answers with gpt-4o-mini, /private with gpt-4o and only in streams, /plain with the request's own model and never in streams, /open with a public model.</summary>
public sealed class PathRouteTests : IAsyncLifetime
{
    private const string Contents = """{"contents":[{"parts":[{"text":"hi"}]}]}""";
    private const string Messages = """{"model":"claude","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}""";

    private readonly HeldConfigStore _store = new(static config => config with
    {
        Models = config.Models.Values.Select(static group => group.Name == "slow" ? group with { Access = AccessLevel.Public } : group).ToFrozenDictionary(static group => group.Name),
        Routes =
        [
            new RouteConfig { Path = "/support", Model = "fast" },
            new RouteConfig { Path = "/support/private", Model = "gpt-4o", Streaming = RouteStreaming.Only },
            new RouteConfig { Path = "/plain", Streaming = RouteStreaming.Never, Processors = ["enhance", "short"] },
            new RouteConfig { Path = "/open", Model = "slow" },
        ],
    });

    private FakeService _router = null!;
    private EdgeServer _edge = null!;

    public async Task InitializeAsync()
    {
        _router = await FakeService.StartAsync();
        _edge = await EdgeServer.StartAsync([_router.Url], store: _store);
    }

    public async Task DisposeAsync()
    {
        await _edge.DisposeAsync();
        await _router.DisposeAsync();
    }

    [Theory]
    [InlineData("/support/v1/chat/completions", """{"model":"anything","messages":[{}]}""", "/v1/chat/completions", "anything")]
    [InlineData("/support/v1/messages?beta=true", Messages, "/v1/messages", "claude")]
    [InlineData("/support/v1/responses", """{"model":"x","input":"x"}""", "/v1/responses", "x")]
    [InlineData("/support/v1/embeddings", """{"model":"x","input":"x"}""", "/v1/embeddings", "x")]
    [InlineData("/support/v1beta/models/own:generateContent", Contents, "/v1beta/models/own:generateContent", "own")]
    [InlineData("/support/v1/models/own:streamGenerateContent?alt=sse", Contents, "/v1beta/models/own:streamGenerateContent?alt=sse", "own")]
    [InlineData("/support/api/chat", """{"model":"llama","messages":[{}]}""", "/api/chat", "llama")]
    public async Task Every_endpoint_is_served_below_the_path_with_its_model(string path, string body, string target, string asked)
    {
        using var response = await PostAsync(path, body, "gw-alias-key");
        var claims = await ClaimsAsync(target);

        Assert.Equal((asked, "fast"), (claims.RequestedModel, claims.RouteModel));
        Assert.Equal(200, (int)response.StatusCode);
    }

    [Fact]
    public async Task A_path_without_a_model_leaves_the_choice_to_the_request()
    {
        using var response = await PostAsync("/plain/v1/chat/completions", EdgeServer.ChatBody);
        var claims = await ClaimsAsync(EdgeServer.Chat);

        Assert.Equal(("gpt-4o", ""), (claims.RequestedModel, claims.RouteModel));
    }

    [Theory]
    [InlineData("/plain/v1/chat/completions", EdgeServer.ChatBody, "/v1/chat/completions", "enhance,short")]
    [InlineData("/plain/v1/messages", """{"model":"gpt-4o","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}""", "/v1/messages", "enhance,short")]
    [InlineData("/plain/v1/embeddings", """{"model":"gpt-4o","input":"x"}""", "/v1/embeddings", "")]
    [InlineData("/plain/v1/messages/count_tokens", """{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]}""", "/v1/messages/count_tokens", "")]
    [InlineData("/support/v1/chat/completions", EdgeServer.ChatBody, "/v1/chat/completions", "")]
    [InlineData("/v1/chat/completions", EdgeServer.ChatBody, "/v1/chat/completions", "")]
    public async Task The_processors_of_the_path_are_signed_for_chats(string path, string body, string target, string expected)
    {
        using var response = await PostAsync(path, body);

        Assert.Equal(expected, string.Join(',', (await ClaimsAsync(target)).Processors));
    }

    [Theory]
    [InlineData("/support/private/v1/chat/completions", """{"model":"fast","stream":true,"messages":[{}]}""", "gw-alias-key", 403, "model_forbidden", "model")]
    [InlineData("/support/v1/chat/completions", EdgeServer.ChatBody, "gw-provider-key", 403, "model_forbidden", "model")]
    [InlineData("/support/v1/chat/completions", EdgeServer.ChatBody, null, 401, "missing_api_key", null)]
    [InlineData("/support/private/v1/chat/completions", EdgeServer.ChatBody, EdgeServer.Key, 400, "invalid_request", "stream")]
    [InlineData("/plain/v1/chat/completions", """{"model":"fast","stream":true,"messages":[{}]}""", EdgeServer.Key, 400, "invalid_request", "stream")]
    [InlineData("/support/v1/chat/completions", """{"model":7,"messages":[{}]}""", EdgeServer.Key, 400, "invalid_request", "model")]
    public async Task What_the_path_does_not_take_is_refused(string path, string body, string? key, int status, string code, string? param)
    {
        using var response = await PostAsync(path, body, key);

        Assert.DoesNotContain("gpt-4o", await EdgeServer.AssertErrorAsync(response, status, code, param), StringComparison.Ordinal);
        Assert.Equal(0, _router.Waiting);
    }

    [Theory]
    [InlineData("/support/private/v1/chat/completions", """{"model":"x","stream":true,"messages":[{}]}""")]
    [InlineData("/support/private/v1/embeddings", """{"model":"x","input":"x"}""")]
    [InlineData("/plain/v1/chat/completions", """{"model":"gpt-4o","stream":false,"messages":[{}]}""")]
    public async Task What_the_path_takes_goes_on(string path, string body)
    {
        using var response = await PostAsync(path, body);

        Assert.True(200 == (int)response.StatusCode, await response.Content.ReadAsStringAsync());
        await _router.NextAsync();
    }

    [Fact]
    public async Task A_public_model_of_a_path_needs_no_key()
    {
        using var response = await PostAsync("/open/v1/chat/completions", EdgeServer.ChatBody, key: null);

        Assert.Equal("public", (await ClaimsAsync(EdgeServer.Chat)).KeyId);
    }

    [Theory]
    [InlineData("/support/v1/models", "gw-test-key", "fast")]
    [InlineData("/support/v1/models", "gw-provider-key", "")]
    [InlineData("/plain/v1/models", "gw-alias-key", "fast,slow")]
    public async Task The_list_below_a_path_holds_its_model_alone(string path, string key, string expected)
    {
        using var client = _edge.Client(key);

        var list = await client.GetFromJsonAsync<JsonElement>(path);

        Assert.Equal(expected, string.Join(',', list.GetProperty("data").EnumerateArray().Select(static model => model.GetProperty("id").GetString())));
    }

    [Theory]
    [InlineData("/support/v1/models/fast", 200)]
    [InlineData("/support/v1/models/gpt-4o", 404)]
    [InlineData("/v1/models/gpt-4o", 200)]
    public async Task One_model_below_a_path_is_found_by_its_name(string path, int status)
    {
        using var client = _edge.Client();

        using var response = await client.GetAsync(path);

        Assert.Equal(status, (int)response.StatusCode);
    }

    [Theory]
    [InlineData("/unknown/v1/chat/completions", "Did you mean /v1/chat/completions?")]
    [InlineData("/supportive/v1/chat/completions", "Did you mean /v1/chat/completions?")]
    [InlineData("/Support/v1/chat/completions", "Did you mean /v1/chat/completions?")]
    [InlineData("/support/chat/completions", "Did you mean /v1/chat/completions?")]
    [InlineData("/support/v1/completionz", "/v1")]
    [InlineData("/support", "/v1")]
    [InlineData("/support/admin/v1/usage", "/v1")]
    [InlineData("/support/health", "/v1")]
    [InlineData("/support/support/v1/chat/completions", "Did you mean /v1/chat/completions?")]
    public async Task Anything_else_is_no_endpoint(string path, string hint)
    {
        using var response = await PostAsync(path, EdgeServer.ChatBody, EdgeServer.AdminKey);

        var message = await EdgeServer.AssertErrorAsync(response, 404, "unknown_endpoint");
        Assert.Contains($"'{path}'", message, StringComparison.Ordinal);
        Assert.Contains(hint, message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refusals_below_a_path_have_the_shape_of_the_client()
    {
        using var response = await PostAsync("/support/v1/messages", Messages, key: "wrong");

        Assert.Equal("authentication_error", (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetProperty("type").GetString());
    }

    [Fact]
    public async Task Paths_follow_the_configuration()
    {
        _store.Change(_store.Current.Config with { Routes = [new RouteConfig { Path = "/later", Model = "slow" }] });

        using var gone = await PostAsync("/support/v1/chat/completions", EdgeServer.ChatBody);
        using var here = await PostAsync("/later/v1/chat/completions", EdgeServer.ChatBody);

        Assert.Equal((404, 200), ((int)gone.StatusCode, (int)here.StatusCode));
        Assert.Equal("slow", (await ClaimsAsync(EdgeServer.Chat)).RouteModel);
    }

    [Fact]
    public async Task The_document_says_paths_access_and_who_may_steer()
    {
        var document = EdgeServer.Config
            .Replace("openai: { protocol: openai,", "openai: { protocol: openai, tags: { region: eu },", StringComparison.Ordinal)
            .Replace("gpt-4o-mini: {", "gpt-4o-mini: { access: public,", StringComparison.Ordinal)
            .Replace("models: [\"gpt-4o-mini\"]", "models: [\"gpt-4o-mini\"], may_steer: false, priority: batch, weight: 3, requires: { region: eu }", StringComparison.Ordinal)
            + "\nroutes: [ { path: /support/v1, model: gpt-4o-mini, streaming: never } ]\n";
        await using var edge = await EdgeServer.StartAsync([_router.Url], config: document);
        using var nobody = edge.Client(key: null);
        using var narrow = edge.Client("gw-narrow-key");
        using var chat = EdgeServer.Json(EdgeServer.ChatBody);
        using var stream = EdgeServer.Json("""{"model":"x","stream":true,"messages":[{}]}""");
        using var steers = EdgeServer.Json("""{"model":"gpt-4o-mini","provider":{"sort":"price"},"messages":[{}]}""");

        using var served = await nobody.PostAsync("/support/v1/chat/completions", chat);
        var open = await ClaimsAsync(EdgeServer.Chat);
        using var again = await narrow.PostAsync("/support/v1/chat/completions", chat);
        var claims = await ClaimsAsync(EdgeServer.Chat);
        using var streamed = await nobody.PostAsync("/support/v1/chat/completions", stream);
        using var steered = await narrow.PostAsync(EdgeServer.Chat, steers);

        Assert.Equal(("public", "gpt-4o-mini"), (open.KeyId, open.RouteModel));
        Assert.Equal((RequestPriority.Batch, 3, "region=eu", false), (claims.Priority, claims.Weight, string.Join(',', claims.RequiredTags), claims.MaySteer));
        await EdgeServer.AssertErrorAsync(streamed, 400, "invalid_request", "stream");
        await EdgeServer.AssertErrorAsync(steered, 403, "model_forbidden", "provider");
    }

    private async Task<ContextClaims> ClaimsAsync(string target)
    {
        var seen = await _router.NextAsync();
        Assert.Equal(target, seen.Target);
        return EdgeServer.Tokens().Verify(seen.Headers["x-gateway-context"], ContextAudience.Router, target)!;
    }

    private async Task<HttpResponseMessage> PostAsync(string path, string body, string? key = EdgeServer.Key)
    {
        using var client = _edge.Client(key);
        using var content = EdgeServer.Json(body);
        return await client.PostAsync(path, content);
    }
}
