using System.Net;
using System.Text;
using System.Text.Json;
using Gateway.Core.Context;
using Gateway.Core.Requests;
using Gateway.Router.Explain;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Explain;

public sealed class ExplainEndpointTests
{
    [Fact]
    public async Task An_explained_request_calls_nobody_writes_no_record_and_takes_no_turn()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        await using var router = await RouterHost.StartAsync(TestConfig.For(TestConfig.Provider(upstream.Url)) with
        {
            Models = TestConfig.Group("gpt-test", new() { Provider = "up", Model = "a" }, new() { Provider = "up", Model = "b" }),
        });
        for (var i = 0; i < 4; i++)
        {
            string? explained = null;
            for (var again = 0; again < 3; again++)
            {
                using var answer = await AskAsync(router, Requests.Plain, LlmEndpoint.ChatCompletions);
                var text = await answer.Content.ReadAsStringAsync();
                Assert.Equal((HttpStatusCode.OK, "application/json"), (answer.StatusCode, answer.Content.Headers.ContentType?.ToString()));
                using var told = JsonDocument.Parse(text);
                var chosen = told.RootElement.GetProperty("choice").GetProperty("deployment").GetString();
                Assert.Equal(explained ?? chosen, chosen);
                explained = chosen;
                Assert.DoesNotContain(TestConfig.Key, text, StringComparison.Ordinal);
                Assert.DoesNotContain("127.0.0.1", text, StringComparison.Ordinal);
            }

            Assert.Equal((i, i, i), (upstream.Seen.Count, router.Journal.Intents.Count, router.Journal.Finals.Count));
            using var live = await router.SendAsync(Requests.Plain);
            await live.Content.ReadAsStringAsync();
            Assert.Equal(explained, Assert.Single(live.Headers.GetValues("x-gateway-deployment")));
        }
    }

    [Theory]
    [InlineData("/v1beta/models/up%2Fany:streamGenerateContent?alt=sse", LlmOperation.GenerateContent, """{"contents":[{"parts":[{"text":"hi"}]}]}""")]
    [InlineData("/api/chat", LlmOperation.OllamaChat, """{"model":"up/any","messages":[{"role":"user","content":"hi"}]}""")]
    [InlineData("/v1/responses", LlmOperation.Responses, """{"model":"up/any","stream":true,"input":"hi"}""")]
    public async Task Any_endpoint_is_explained_below_its_own_path(string path, LlmOperation operation, string body)
    {
        await using var router = await RouterHost.StartAsync(TestConfig.For("http://127.0.0.1:9"));
        using var answer = await AskAsync(router, body, new LlmEndpoint(path, operation));
        using var told = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        Assert.Equal("up/any", told.RootElement.GetProperty("choice").GetProperty("deployment").GetString());
        Assert.True(told.RootElement.GetProperty("request").GetProperty("stream").GetBoolean());
    }

    [Fact]
    public async Task A_body_that_is_not_the_signed_one_is_told_as_the_client_would_be()
    {
        await using var router = await RouterHost.StartAsync(TestConfig.For("http://127.0.0.1:9"));
        using var answer = await AskAsync(router, Requests.Plain, LlmEndpoint.ChatCompletions, static claims => claims with { RequestedModel = "other" });
        using var told = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        Assert.Equal("ambiguous_request", told.RootElement.GetProperty("error").GetProperty("code").GetString());
    }

    [Theory]
    [InlineData(ContextRole.Client, null)]
    [InlineData(ContextRole.Service, null)]
    [InlineData(ContextRole.Admin, "/v1/chat/completions")]
    [InlineData(ContextRole.Admin, "/internal/explain/v1/completions")]
    [InlineData(ContextRole.Admin, "/internal/deployments")]
    public async Task Nobody_but_an_operator_is_told_and_only_what_was_signed(ContextRole role, string? path)
    {
        await using var router = await RouterHost.StartAsync(TestConfig.For("http://127.0.0.1:9"));
        using var answer = await AskAsync(router, Requests.Plain, LlmEndpoint.ChatCompletions, claims => claims with { Role = role, Path = path ?? claims.Path });
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Theory]
    [InlineData("/v1/images/edits")]
    [InlineData("/v1/files")]
    [InlineData("/v1/nothing")]
    [InlineData("")]
    public async Task What_asks_no_model_by_JSON_is_not_explained(string path)
    {
        await using var router = await RouterHost.StartAsync(TestConfig.For("http://127.0.0.1:9"));
        var claims = RouterHost.ClaimsFor(Encoding.UTF8.GetBytes(Requests.Plain), LlmEndpoint.ChatCompletions) with { Role = ContextRole.Admin, Path = ExplainEndpoint.Root + path };
        using var answer = await router.SendRawAsync(Requests.Plain, ExplainEndpoint.Root + path, RouterHost.Tokens.Sign(claims));
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Fact]
    public async Task The_context_of_an_explained_request_is_refused_as_that_of_a_real_one()
    {
        await using var router = await RouterHost.StartAsync(TestConfig.For("http://127.0.0.1:9"));
        var claims = RouterHost.ClaimsFor(Encoding.UTF8.GetBytes(Requests.Plain), LlmEndpoint.ChatCompletions);
        foreach (var path in (string[])[LlmEndpoint.ChatCompletions.Path, ExplainEndpoint.Root + LlmEndpoint.ChatCompletions.Path])
        {
            using var answer = await router.SendRawAsync(Requests.Plain, LlmEndpoint.ChatCompletions.Path, RouterHost.Tokens.Sign(claims with { Role = ContextRole.Admin, Path = path }));
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        }
    }

    private static Task<HttpResponseMessage> AskAsync(RouterHost router, string body, LlmEndpoint endpoint, Func<ContextClaims, ContextClaims>? claims = null)
    {
        var path = ExplainEndpoint.Root + endpoint.Path;
        var made = RouterHost.ClaimsFor(Encoding.UTF8.GetBytes(body), endpoint) with { Role = ContextRole.Admin, Path = path };
        return router.SendRawAsync(body, path, RouterHost.Tokens.Sign(claims?.Invoke(made) ?? made));
    }
}
