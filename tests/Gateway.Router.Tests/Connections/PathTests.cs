using System.Collections.Frozen;
using Gateway.Core.Configuration;
using Gateway.Core.Requests;
using Gateway.Router.Attempts;
using Gateway.Router.Connections;
using Gateway.Router.ModelLists;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Connections;

public sealed class PathTests
{
    [Fact]
    public async Task A_path_of_the_document_goes_before_the_protocols()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync(Requests.Answer);
        var provider = With(upstream.Url, ("chat_completions", "/deployments/{model}/chat?v=2"));
        await using var router = await RouterHost.StartAsync(TestConfig.For(provider) with
        {
            Models = TestConfig.Group("gpt-test", new DeploymentConfig { Provider = "up", Model = "vendor/real model" }),
        });

        using var response = await router.SendAsync(Requests.Plain);

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal("/v1/deployments/vendor%2Freal%20model/chat?v=2", Assert.Single(upstream.Seen).Path);
    }

    [Theory]
    [InlineData("chat_completions", LlmOperation.ChatCompletions, "/new")]
    [InlineData("completions", LlmOperation.Completions, "/new")]
    [InlineData("responses", LlmOperation.Responses, "/new")]
    [InlineData("embeddings", LlmOperation.Embeddings, "/new")]
    [InlineData("messages", LlmOperation.Messages, "/new")]
    [InlineData("count_tokens", LlmOperation.MessagesCountTokens, "/new")]
    [InlineData("count_tokens", LlmOperation.ResponsesInputTokens, "/new")]
    [InlineData("images", LlmOperation.ImageGenerations, "/new/generations")]
    [InlineData("images", LlmOperation.ImageEdits, "/new/edits")]
    [InlineData("images", LlmOperation.ImageVariations, "/new/variations")]
    [InlineData("audio", LlmOperation.Speech, "/new/speech")]
    [InlineData("audio", LlmOperation.Transcriptions, "/new/transcriptions")]
    [InlineData("audio", LlmOperation.SpeechTranslations, "/new/translations")]
    [InlineData("rerank", LlmOperation.Rerank, "/new")]
    [InlineData("files", LlmOperation.Files, "/new")]
    [InlineData("rerank", LlmOperation.ChatCompletions, null)]
    public void Each_word_of_the_document_stands_for_its_operations(string word, LlmOperation operation, string? path) =>
        Assert.Equal(path, OperationPaths.Find(Paths((word, "/new")), operation, "m"));

    [Fact]
    public void What_stands_behind_the_path_of_a_family_goes_before_its_query() =>
        Assert.Equal("/new/speech?v=2", OperationPaths.Find(Paths(("audio", "/new?v=2")), LlmOperation.Speech, "m"));

    [Fact]
    public async Task The_list_of_models_is_asked_for_where_the_document_says()
    {
        await using var upstream = await UpstreamServer.StartJsonAsync("""{"data":[{"id":"one"}]}""");
        var client = new UpstreamClient(With(upstream.Url, ("models", "/list?all=1")));

        Assert.Equal(["one"], await ModelListFetcher.FetchAsync(client, TimeProvider.System, CancellationToken.None));

        Assert.Equal("/v1/list?all=1", Assert.Single(upstream.Seen).Path);
    }

    [Theory]
    [InlineData("/../admin")]
    [InlineData("@elsewhere.example/")]
    [InlineData("/a#b")]
    public void A_path_that_leads_elsewhere_is_refused_when_the_document_loads(string path)
    {
        var refused = Assert.Throws<GatewayConfigurationException>(() => new UpstreamClient(With("https://models.example", ("rerank", path))));

        Assert.StartsWith("providers.up.paths.rerank", refused.Message, StringComparison.Ordinal);
    }

    private static ProviderConfig With(string url, params (string Word, string Path)[] paths) => TestConfig.Provider(url) with { Paths = Paths(paths) };

    private static FrozenDictionary<string, string> Paths(params (string Word, string Path)[] paths) => paths.ToFrozenDictionary(static pair => pair.Word, static pair => pair.Path);
}
