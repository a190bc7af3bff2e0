using System.Text;
using System.Text.Json;
using Gateway.Core.Context;
using Gateway.Edge.Tests.Rig;
using Microsoft.AspNetCore.Http;

namespace Gateway.Edge.Tests.Admin;

public sealed class ExplainTests : IAsyncLifetime
{
    private const string Path = "/admin/v1/explain";

    private const string Config = EdgeServer.Config + """

          - { id: no-steering, secret: gw-plain-key, models: ["*"], may_steer: false }
        routes:
          - { path: /support/v1, model: gpt-4o-mini, streaming: never }
        """;

    private FakeService _router = null!;
    private EdgeServer _edge = null!;

    public async Task InitializeAsync()
    {
        _router = await FakeService.StartAsync();
        _router.Answer = static context => context.Response.WriteAsync("""{"router":"one","would":"call","error":null,"choice":{"deployment":"openai/gpt-4o"},"groups":[]}""");
        _edge = await EdgeServer.StartAsync([_router.Url], config: Config);
    }

    public async Task DisposeAsync()
    {
        await _edge.DisposeAsync();
        await _router.DisposeAsync();
    }

    [Fact]
    public async Task The_Router_is_asked_with_the_claims_of_the_key_and_the_very_bytes_and_both_answers_are_told()
    {
        const string Request = """{ "model" : "gpt-4o", "max_tokens":7,  "messages":[{"role":"user","content":"h\u00eb"}], "user":"u" }""";
        var told = await ExplainAsync($$$"""{"key":"full","request":{{{Request}}},"headers":{"x-session-id":"s-1","x-request-timeout":"5"}}""");
        var seen = await _router.NextAsync();
        Assert.Equal("/internal/explain/v1/chat/completions", seen.Target);
        Assert.Equal(Request, Encoding.UTF8.GetString(seen.Body));
        Assert.Equal("s-1", seen.Headers["x-session-id"]);
        var claims = ClaimsOf(seen);
        Assert.Equal((ContextRole.Admin, "full", "research", "u", "gpt-4o", 7L, "own"), (claims.Role, claims.KeyId, claims.Team, claims.User, claims.RequestedModel, claims.OutputCap, claims.ModerationPolicy));
        Assert.InRange(claims.DeadlineUnixMs, 1, DateTimeOffset.UtcNow.AddSeconds(6).ToUnixTimeMilliseconds());

        Assert.Equal(("forwarded", "call", "one"), (Text(told, "decision"), Text(told, "would"), Text(told, "router")));
        Assert.Equal("openai/gpt-4o", told.GetProperty("choice").GetProperty("deployment").GetString());
        var edge = told.GetProperty("edge");
        Assert.Equal(("full", "research", "allowed", "own"), (Text(edge, "key"), Text(edge, "team"), Text(edge, "access"), Text(edge, "moderation_policy")));
        Assert.Equal((5000, JsonValueKind.Null, JsonValueKind.Null), (edge.GetProperty("deadline_ms").GetInt32(), edge.GetProperty("rate_limit").ValueKind, edge.GetProperty("route").ValueKind));
        Assert.DoesNotContain(EdgeServer.Key, told.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_claims_are_those_that_a_real_request_gets()
    {
        const string Request = """{"model":"fast","stream":true,"n":2,"provider":{"only":["openai"]},"messages":[{"role":"user","content":"hi"}]}""";
        await ExplainAsync($$$"""{"key":"by-alias","request":{{{Request}}}}""");
        var explained = ClaimsOf(await _router.NextAsync());
        using var client = _edge.Client("gw-alias-key");
        using var content = EdgeServer.Json(Request);
        using var answer = await client.PostAsync(EdgeServer.Chat, content);
        var seen = await _router.NextAsync();
        var real = EdgeServer.Tokens().Verify(seen.Headers["x-gateway-context"], ContextAudience.Router, EdgeServer.Chat)!;

        Assert.InRange(real.DeadlineUnixMs - explained.DeadlineUnixMs, 0, 20_000);
        Assert.Equal(Show(real), Show(explained));

        static string Show(ContextClaims claims) => JsonSerializer.Serialize(claims with { RequestId = default, Path = "", Role = ContextRole.Client, ExpiresUnixMs = 0, DeadlineUnixMs = 0 });
    }

    [Fact]
    public async Task The_context_of_an_explained_request_is_good_for_nothing_else()
    {
        await ExplainAsync($$$"""{"request":{{{EdgeServer.ChatBody}}}}""");
        var context = (await _router.NextAsync()).Headers["x-gateway-context"];
        Assert.Null(EdgeServer.Tokens().Verify(context, ContextAudience.Router, EdgeServer.Chat));
        Assert.Null(EdgeServer.Tokens().Verify(context, ContextAudience.Router, "/internal/deployments"));
        Assert.Null(EdgeServer.Tokens().Verify(context, ContextAudience.Usage, "/internal/explain/v1/chat/completions"));
    }

    [Fact]
    public async Task Without_a_key_everything_is_open()
    {
        await ExplainAsync($$$"""{"request":{{{EdgeServer.ChatBody}}}}""");
        var claims = ClaimsOf(await _router.NextAsync());
        Assert.Equal(("", "*", "*", true), (claims.KeyId, Assert.Single(claims.AllowedModels), Assert.Single(claims.AllowedProviders), claims.MaySteer));
    }

    [Theory]
    [InlineData("/v1/messages", """{"model":"gpt-4o","max_tokens":1,"messages":[{"role":"user","content":"hi"}]}""", "/v1/messages")]
    [InlineData("/V1/Embeddings", """{"model":"gpt-4o","input":"x"}""", "/v1/embeddings")]
    [InlineData("/api/chat", """{"model":"gpt-4o:latest","messages":[{"role":"user","content":"hi"}]}""", "/api/chat")]
    [InlineData("/v1beta/models/openai/x:streamGenerateContent?alt=sse", """{"contents":[{"parts":[{"text":"hi"}]}]}""", "/v1beta/models/openai%2Fx:streamGenerateContent?alt=sse")]
    [InlineData("/v1/models/gpt-4o:generateContent", """{"contents":[{"parts":[{"text":"hi"}]}]}""", "/v1beta/models/gpt-4o:generateContent")]
    [InlineData("/support/v1/chat/completions", EdgeServer.ChatBody, "/v1/chat/completions")]
    [InlineData("/support/v1beta/models/any:countTokens", """{"contents":[{"parts":[{"text":"hi"}]}]}""", "/v1beta/models/any:countTokens")]
    public async Task Any_endpoint_that_asks_a_model_can_be_explained(string endpoint, string request, string sent)
    {
        var told = await ExplainAsync($$$"""{"key":"full","endpoint":"{{{endpoint}}}","request":{{{request}}}}""");
        var seen = await _router.NextAsync();
        Assert.Equal("/internal/explain" + sent, seen.Target);
        var isRouted = endpoint.StartsWith("/support", StringComparison.Ordinal);
        Assert.Equal(isRouted ? "gpt-4o-mini" : "", ClaimsOf(seen).RouteModel);
        Assert.Equal(isRouted ? """{"path":"/support","model":"gpt-4o-mini"}""" : "null", told.GetProperty("edge").GetProperty("route").GetRawText());
    }

    [Theory]
    [InlineData("narrow", EdgeServer.ChatBody, 403, "model_forbidden")]
    [InlineData("full", """{"model":"nowhere","messages":[{"role":"user","content":"hi"}]}""", 404, "model_not_found")]
    [InlineData("expired", EdgeServer.ChatBody, 401, "expired_api_key")]
    [InlineData("public", EdgeServer.ChatBody, 401, "missing_api_key")]
    [InlineData("no-steering", """{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}],"models":["fast"]}""", 403, "model_forbidden")]
    [InlineData("narrow", """{"model":"gpt-4o-mini","messages":[{"role":"user","content":"hi"}],"models":["gpt-4o"]}""", 403, "model_forbidden")]
    public async Task What_the_Edge_would_refuse_is_told_with_the_error_of_the_client(string key, string request, int status, string code)
    {
        var told = await ExplainAsync($$$"""{"key":"{{{key}}}","request":{{{request}}}}""");
        Assert.Equal(("refused", "refuse"), (Text(told, "decision"), Text(told, "would")));
        Assert.Equal((status, code), (told.GetProperty("error").GetProperty("status").GetInt32(), Text(told.GetProperty("error"), "code")));
        Assert.NotEmpty(Text(told.GetProperty("error"), "message")!);
        Assert.Equal(0, _router.Waiting);
    }

    [Fact]
    public async Task A_path_that_does_not_stream_is_told()
    {
        var told = await ExplainAsync("""{"endpoint":"/support/v1/chat/completions","request":{"model":"x","stream":true,"messages":[{"role":"user","content":"hi"}]}}""");
        Assert.Contains("does not stream", Text(told.GetProperty("error"), "message"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_rate_limit_is_told_and_nothing_of_it_is_consumed()
    {
        const string Question = $$$"""{"key":"limited","request":{{{EdgeServer.ChatBody}}}}""";
        for (var i = 0; i < 5; i++)
        {
            var told = await ExplainAsync(Question);
            Assert.Equal("""{"limit":12,"window_ms":60000,"remaining":2,"retry_after_ms":null}""", told.GetProperty("edge").GetProperty("rate_limit").GetRawText());
        }

        using var client = _edge.Client("gw-limited-key");
        for (var i = 0; i < 2; i++)
        {
            using var content = EdgeServer.Json(EdgeServer.ChatBody);
            using var answer = await client.PostAsync(EdgeServer.Chat, content);
            Assert.Equal(200, (int)answer.StatusCode);
        }

        var refused = await ExplainAsync(Question);
        Assert.Equal((429, "rate_limit_exceeded"), (refused.GetProperty("error").GetProperty("status").GetInt32(), Text(refused.GetProperty("error"), "code")));
        Assert.Equal(0, refused.GetProperty("edge").GetProperty("rate_limit").GetProperty("remaining").GetInt32());
        Assert.InRange(refused.GetProperty("edge").GetProperty("rate_limit").GetProperty("retry_after_ms").GetDouble(), 1, 5000);
    }

    [Theory]
    [InlineData("""{"key":"ful","request":{}}""", "key", "Did you mean 'full'?")]
    [InlineData("""{"endpoint":"/v1/chat/completion","request":{}}""", "endpoint", "Did you mean '/v1/chat/completions'?")]
    [InlineData("""{"endpoint":"v1/messages","request":{}}""", "endpoint", "Did you mean '/v1/messages'?")]
    [InlineData("""{"endpoint":"/v1/audio/transcriptions","request":{}}""", "endpoint", "takes a form")]
    [InlineData("""{"endpoint":"/v1/moderations","request":{}}""", "endpoint", "no endpoint")]
    [InlineData("""{"endpoint":"/admin/v1/explain","request":{}}""", "endpoint", "no endpoint")]
    [InlineData("""{"endpoint":"/v1/messages?x=1","request":{}}""", "endpoint", "query parameters")]
    [InlineData("""{"request":{"messages":[{"role":"user","content":"hi"}]}}""", "request.model", "model")]
    [InlineData("""{"request":{"model":"gpt-4o","model":"fast"}}""", "request.model", "model")]
    [InlineData("""{"request":[]}""", "request", "must be a JSON object")]
    [InlineData("""{"key":"full"}""", "request", "missing")]
    [InlineData("""{"key":7,"request":{}}""", "key", "must be a string")]
    [InlineData("""{"kye":"full","request":{}}""", "kye", "Did you mean 'key'?")]
    [InlineData("""{"key":"full","key":"full","request":{}}""", "key", "twice")]
    [InlineData("""{"request":{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]},"headers":{"x-session":"s"}}""", "headers.x-session", "Did you mean 'headers.x-session-id'?")]
    [InlineData("""{"request":{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]},"headers":{"x-request-timeout":"soon"}}""", "headers.x-request-timeout", "number of seconds")]
    [InlineData("""{"request":{"model":"gpt-4o"}} x""", null, "not valid JSON")]
    [InlineData("", null, "not valid JSON")]
    public async Task A_wrong_question_is_told_by_its_field(string question, string? param, string message)
    {
        using var client = _edge.Client(EdgeServer.AdminKey);
        using var content = EdgeServer.Json(question);
        using var answer = await client.PostAsync(Path, content);
        Assert.Contains(message, await EdgeServer.AssertErrorAsync(answer, 400, "invalid_request", param), StringComparison.Ordinal);
        Assert.Equal(0, _router.Waiting);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(EdgeServer.Key)]
    public async Task Only_the_admin_key_opens_it(string? key)
    {
        using var client = _edge.Client(key);
        using var content = EdgeServer.Json($$$"""{"request":{{{EdgeServer.ChatBody}}}}""");
        using var answer = await client.PostAsync(Path, content);
        await EdgeServer.AssertErrorAsync(answer, 401, "admin_key_required");
        Assert.Equal(0, _router.Waiting);
    }

    [Theory]
    [InlineData("/internal/explain/v1/chat/completions")]
    [InlineData("/support/admin/v1/explain")]
    [InlineData("/support/internal/explain/v1/chat/completions")]
    public async Task No_client_reaches_the_Router_s_own_path(string path)
    {
        using var client = _edge.Client(EdgeServer.AdminKey);
        using var content = EdgeServer.Json(EdgeServer.ChatBody);
        using var answer = await client.PostAsync(path, content);
        await EdgeServer.AssertErrorAsync(answer, 404, "unknown_endpoint");
        Assert.Equal(0, _router.Waiting);
    }

    [Theory]
    [InlineData(401, "{}")]
    [InlineData(200, "[]")]
    [InlineData(200, "no json")]
    public async Task A_Router_that_does_not_explain_is_a_503(int status, string body)
    {
        _router.Answer = context =>
        {
            context.Response.StatusCode = status;
            return context.Response.WriteAsync(body);
        };
        using var client = _edge.Client(EdgeServer.AdminKey);
        using var content = EdgeServer.Json($$$"""{"request":{{{EdgeServer.ChatBody}}}}""");
        using var answer = await client.PostAsync(Path, content);
        Assert.Contains("No Router", await EdgeServer.AssertErrorAsync(answer, 503, "service_unavailable"), StringComparison.Ordinal);
    }

    private async Task<JsonElement> ExplainAsync(string question)
    {
        using var client = _edge.Client(EdgeServer.AdminKey);
        using var content = EdgeServer.Json(question);
        using var answer = await client.PostAsync(Path, content);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True((int)answer.StatusCode == 200, text);
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }

    private static ContextClaims ClaimsOf(SeenRequest seen) => EdgeServer.Tokens().Verify(seen.Headers["x-gateway-context"], ContextAudience.Router, seen.Target)!;

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();
}
