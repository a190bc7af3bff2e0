using System.Net;
using System.Text;
using Gateway.Core.Configuration;
using Gateway.Core.Requests;
using Gateway.Router.Pipeline;
using Gateway.Router.Tests.Hosting;
using Microsoft.AspNetCore.Http;

namespace Gateway.Router.Tests.Pipeline;

/// <summary>What the Router understands of a call of each protocol, whatever is done with it then.</summary>
public sealed class ClientEndpointTests
{
    private const string Contents = """{"contents":[{"parts":[{"text":"hi"}]}]}""";

    public static TheoryData<string, LlmOperation, string, string> Calls => new()
    {
        { "/v1/responses", LlmOperation.Responses, """{"model":"gpt-test","stream":true,"input":"hi"}""", "Responses gpt-test stream" },
        { "/v1/responses/input_tokens", LlmOperation.ResponsesInputTokens, """{"model":"gpt-test","input":"hi"}""", "ResponsesInputTokens gpt-test plain" },
        { "/v1/messages", LlmOperation.Messages, """{"model":"gpt-test","max_tokens":5,"messages":[{}]}""", "Messages gpt-test plain" },
        { "/v1/messages/count_tokens", LlmOperation.MessagesCountTokens, """{"model":"gpt-test","messages":[{}]}""", "MessagesCountTokens gpt-test plain" },
        { "/api/chat", LlmOperation.OllamaChat, """{"model":"gpt-test","messages":[{}]}""", "OllamaChat gpt-test stream" },
        { "/api/generate", LlmOperation.OllamaGenerate, """{"model":"gpt-test","stream":false}""", "OllamaGenerate gpt-test plain" },
        { "/api/embed", LlmOperation.OllamaEmbed, """{"model":"gpt-test","input":"hi"}""", "OllamaEmbed gpt-test plain" },
        { "/api/embeddings", LlmOperation.OllamaEmbeddings, """{"model":"gpt-test","prompt":"hi"}""", "OllamaEmbeddings gpt-test plain" },
        { "/v1beta/models/gpt-test:generateContent", LlmOperation.GenerateContent, Contents, "GenerateContent gpt-test plain" },
        { "/v1beta/models/gpt-test:streamGenerateContent?alt=sse", LlmOperation.GenerateContent, Contents, "GenerateContent gpt-test stream" },
        { "/v1beta/models/gpt-test:streamGenerateContent", LlmOperation.GenerateContent, Contents, "GenerateContent gpt-test stream array" },
        { "/v1beta/models/up%2Fx:countTokens", LlmOperation.GeminiCountTokens, Contents, "GeminiCountTokens up/x plain" },
        { "/v1beta/models/gpt-test:embedContent", LlmOperation.EmbedContent, """{"content":{}}""", "EmbedContent gpt-test plain" },
        { "/v1beta/models/gpt-test:batchEmbedContents", LlmOperation.BatchEmbedContents, """{"requests":[{}]}""", "BatchEmbedContents gpt-test plain" },
    };

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Call_OfEachProtocol_IsUnderstood(string path, LlmOperation operation, string body, string expected)
    {
        await using var router = await StartAsync();

        using var response = await router.SendAsync(body, new LlmEndpoint(path, operation));

        Assert.Equal(expected, await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("/v1beta/models/gpt-test:streamGenerateContent?alt=sse", "/v1beta/models/gpt-test:streamGenerateContent")]
    [InlineData("/v1beta/models/gpt-test:streamGenerateContent", "/v1beta/models/gpt-test:streamGenerateContent?alt=sse")]
    [InlineData("/v1beta/models/gpt-test:generateContent", "/v1beta/models/gpt-test:streamGenerateContent")]
    [InlineData("/v1beta/models/gpt-test:generateContent", "/v1beta/models/gpt-other:generateContent")]
    [InlineData("/v1beta/models/up%2Fx:generateContent", "/v1beta/models/up/x:generateContent")]
    [InlineData("/v1beta/models/gpt-test:generateContent", "/v1beta/models/gpt-test:generateContent?alt=sse")]
    public async Task Gemini_AtAnotherTargetThanTheSigned_Gets401InItsOwnShape(string approved, string sent)
    {
        await using var router = await StartAsync();
        var context = RouterHost.Tokens.Sign(RouterHost.ClaimsFor(Encoding.UTF8.GetBytes(Contents), new LlmEndpoint(approved, LlmOperation.GenerateContent)));

        using var response = await router.SendRawAsync(Contents, sent, context);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Contains("\"status\":\"UNAUTHENTICATED\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gemini_AtAPathWithoutAMethod_Gets404InItsOwnShape()
    {
        await using var router = await StartAsync();

        using var response = await router.SendRawAsync(Contents, "/v1beta/models/gpt-test:destroy", context: null);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Contains("\"status\":\"NOT_FOUND\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gpt-test:latest", "gpt-test", "OllamaChat gpt-test stream")]
    [InlineData("gpt-test", "gpt-test", "OllamaChat gpt-test stream")]
    [InlineData("gpt-test:8b", "gpt-test", null)]
    public async Task Ollama_NameWithItsTag_IsTheNameThatWasSigned(string written, string approved, string? expected)
    {
        await using var router = await StartAsync();
        var endpoint = new LlmEndpoint("/api/chat", LlmOperation.OllamaChat);

        using var response = await router.SendAsync($$"""{"model":"{{written}}","messages":[{}]}""", endpoint, claims => claims with { RequestedModel = approved });

        var text = await response.Content.ReadAsStringAsync();
        Assert.Equal(expected ?? """{"error":"The request body does not mean what was authorised for it. Send each field once, and the same body that was signed."}""", text);
    }

    [Fact]
    public async Task OpenAI_NameWithATag_IsAnotherName()
    {
        await using var router = await StartAsync();

        using var response = await router.SendAsync("""{"model":"gpt-test:latest","messages":[{}]}""", claims: static claims => claims with { RequestedModel = "gpt-test" });

        Assert.Contains("\"ambiguous_request\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Anthropic_Refused_GetsItsOwnShapeWithTheRequestId()
    {
        await using var router = await StartAsync();
        var id = Guid.NewGuid();

        using var response = await router.SendAsync(
            """{"model":"gpt-test","max_tokens":5,"messages":[{}]}""", new LlmEndpoint("/v1/messages", LlmOperation.Messages),
            claims => claims with { RequestId = id, OutputCap = 6 });

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(id.ToString(), Assert.Single(response.Headers.GetValues("request-id")));
        Assert.EndsWith($"\"request_id\":\"{id}\"}}", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ollama_OldEmbeddingsOverAnOpenAIUpstream_HaveOneVector()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(
            """{"object":"list","model":"e","data":[{"object":"embedding","index":0,"embedding":[0.5,-1]}],"usage":{"prompt_tokens":2,"total_tokens":2}}""");
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync("""{"model":"gpt-test","prompt":"hi"}""", new LlmEndpoint("/api/embeddings", LlmOperation.OllamaEmbeddings));

        Assert.Equal("""{"embedding":[0.5,-1]}""", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Ollama_OldEmbeddingsOverOllama_GoToTheOldPathUnchanged()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync("""{"embedding":[0.5,-1]}""");
        var provider = TestConfig.Provider(upstream.Url) with { Protocol = ProviderProtocol.Ollama, BaseUrl = new Uri(upstream.Url) };
        await using var router = await RouterHost.StartAsync(TestConfig.For(provider));

        using var response = await router.SendAsync("""{"model":"gpt-test","prompt":"hi"}""", new LlmEndpoint("/api/embeddings", LlmOperation.OllamaEmbeddings));

        Assert.Equal("""{"embedding":[0.5,-1]}""", await response.Content.ReadAsStringAsync());
        Assert.Equal("/api/embeddings", Assert.Single(upstream.Seen).Path);
    }

    private static Task<RouterHost> StartAsync() => RouterHost.StartAsync(TestConfig.For("http://127.0.0.1:9"), static builder => builder.Services.AddLlmStage<Mirror>());

    /// <summary>Answers with the call as it was understood.</summary>
    private sealed class Mirror : ILlmStage
    {
        public async ValueTask InvokeAsync(LlmExchange exchange, LlmStageDelegate next)
        {
            var call = exchange.Call;
            await exchange.Http.Response.WriteAsync($"{call.Operation} {call.Model} {(call.Stream ? "stream" : "plain")}{(call.AsArray ? " array" : "")}");
        }
    }
}
