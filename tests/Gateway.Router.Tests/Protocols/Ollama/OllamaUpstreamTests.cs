using System.Text;
using Gateway.Core.Requests;
using Gateway.Router.Attempts;
using Gateway.Router.Catalog;
using Gateway.Router.Cooldowns;
using Gateway.Router.Pipeline;
using Gateway.Router.Protocols;
using Gateway.Router.Tests.Hosting;
using Microsoft.AspNetCore.Http;

namespace Gateway.Router.Tests.Protocols.Ollama;

public sealed class OllamaUpstreamTests
{
    [Theory]
    [InlineData(LlmOperation.OllamaChat, "/api/chat")]
    [InlineData(LlmOperation.OllamaGenerate, "/api/generate")]
    [InlineData(LlmOperation.OllamaEmbed, "/api/embed")]
    [InlineData(LlmOperation.OllamaEmbeddings, "/api/embeddings")]
    public void Path_OfEachOperation_IsOllamasOwn(LlmOperation operation, string path)
    {
        Assert.Equal(path, OllamaCases.Upstream.PathFor(operation, stream: true, "m", UpstreamTraits.Default));
        Assert.True(OllamaCases.Upstream.PassesThrough(new ClientCall(operation, "m", Stream: true), UpstreamTraits.Default));
        Assert.False(OllamaCases.Upstream.PassesThrough(new ClientCall(LlmOperation.ChatCompletions, "m", Stream: true), UpstreamTraits.Default));
    }

    [Theory]
    [InlineData(LlmKind.Chat, LlmOperation.OllamaChat)]
    [InlineData(LlmKind.Embed, LlmOperation.OllamaEmbed)]
    [InlineData(LlmKind.CountTokens, null)]
    [InlineData(LlmKind.Moderate, null)]
    public void Operation_OfEachKind_IsWhatOllamaHas(LlmKind kind, LlmOperation? operation) => Assert.Equal(operation, OllamaCases.Upstream.OperationFor(kind, UpstreamTraits.Default));

    [Fact]
    public async Task Credential_IsABearer()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://127.0.0.1:1/api/chat");
        await OllamaCases.Upstream.AuthorizeAsync(request, OllamaCases.Upstream.CredentialFor("key"), default, CancellationToken.None);
        Assert.Equal("Bearer key", request.Headers.Authorization!.ToString());
    }

    [Fact]
    public async Task Rewrite_OllamaToOllama_ChangesTheModelAndNoOtherByte()
    {
        const string Body = """{ "options":{"mirostat" : 2, "x":1.0},"model" : "asked","messages":[{"role":"user","content":"\u00e9 \/"}], "keep_alive":null}""";
        var start = Body.IndexOf("\"asked\"", StringComparison.Ordinal);
        var exchange = new LlmExchange(new DefaultHttpContext(), new LlmEndpoint("/api/chat", LlmOperation.OllamaChat), null!, TimeProvider.System);
        var facts = new RequestFacts { Model = "asked", ModelToken = new ByteRange(start, "\"asked\"".Length), Stream = true };
        var bytes = Encoding.UTF8.GetBytes(Body);
        exchange.SetBody(new RequestBody(bytes, bytes.Length), in facts);
        var upstream = new UpstreamClient(TestConfig.Provider("http://127.0.0.1:1"));
        var state = new DeploymentStates().Of("up", "llama3:8b", upstream.Credentials, isConfigured: true);
        var deployment = new Deployment(upstream, UpstreamTraits.Default, "llama3:8b", 1, null, 0, isConfigured: true, state);
        using var content = OllamaCases.Upstream.Rewrite(exchange, deployment);
        Assert.Equal(Body.Replace("\"asked\"", "\"llama3:8b\"", StringComparison.Ordinal), Encoding.UTF8.GetString(await content.ReadAsByteArrayAsync()));
    }

    [Fact]
    public void Stream_PassedThrough_IsFollowed()
    {
        var recording = Recordings.Load("ollama-stream-plain-1");
        var reader = OllamaCases.Upstream.ReadEvents(null!);
        var kinds = Encoding.UTF8.GetString(recording.Response).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => reader.Observe(Encoding.UTF8.GetBytes(line + "\n"))).ToList();
        Assert.All(kinds.SkipLast(1), static kind => Assert.Equal(EventKind.Forward, kind));
        Assert.Equal(EventKind.Done, kinds[^1]);
        Assert.Equal((17, 63), (reader.Usage!.Value.Input, reader.Usage.Value.Output));
        Assert.Equal(("llama3", true), (reader.Model, reader.IsFinished));
    }

    [Fact]
    public void Answer_PassedThrough_IsFollowedInPiecesOfAnySize()
    {
        var reader = OllamaCases.Upstream.ReadAnswer(LlmOperation.OllamaChat);
        foreach (var one in Recordings.Load("ollama-json-schema").Response)
        {
            Assert.False(reader.IsWhole);
            reader.Append([one]);
        }

        Assert.True(reader.IsWhole);
        Assert.Equal((34, 12), (reader.Usage!.Value.Input, reader.Usage.Value.Output));
    }
}
