using Gateway.Core.Configuration;
using Gateway.Core.Requests;
using Gateway.Router.Attempts;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.AzureOpenAI;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Protocols.AzureOpenAI;

public sealed class AzureOpenAIUpstreamTests
{
    private static readonly AzureOpenAIUpstream Upstream = new();

    [Theory]
    [InlineData("https://x.openai.azure.com", "https://x.openai.azure.com/openai/deployments/gpt-4.1%3Aa/chat/completions?api-version=2024-10-21")]
    [InlineData("https://x.openai.azure.com/openai/v1", "https://x.openai.azure.com/openai/v1/chat/completions")]
    [InlineData("https://x.services.ai.azure.com/openai/v1/", "https://x.services.ai.azure.com/openai/v1/chat/completions")]
    public void Address_OfChat_FollowsTheBaseUrl(string baseUrl, string expected)
    {
        var provider = TestConfig.Provider("http://127.0.0.1:1") with { Protocol = ProviderProtocol.AzureOpenAI, BaseUrl = new Uri(baseUrl) };
        var traits = UpstreamTraits.Of(provider, "m", null, new TranslationConfig());
        var path = Upstream.PathFor(LlmOperation.ChatCompletions, stream: true, Uri.EscapeDataString("gpt-4.1:a"), traits);
        Assert.Equal(expected, UpstreamAddress.Build(provider.BaseUrl, path).AbsoluteUri);
    }

    [Fact]
    public void Address_OtherVersionAndOperations_AreFollowed()
    {
        var traits = new UpstreamTraits { AzureDeployments = true, ApiVersion = "2025-01-01-preview" };
        Assert.Equal("/openai/deployments/d/embeddings?api-version=2025-01-01-preview", Upstream.PathFor(LlmOperation.Embeddings, stream: false, "d", traits));
        Assert.Equal("/embeddings", Upstream.PathFor(LlmOperation.Embeddings, stream: false, "d", UpstreamTraits.Default));
    }

    [Fact]
    public void Traits_OfOtherProtocols_HaveNoDeployments() =>
        Assert.False(UpstreamTraits.Of(TestConfig.Provider("http://127.0.0.1:1") with { BaseUrl = new Uri("https://x.openai.azure.com") }, "m", null, new TranslationConfig()).AzureDeployments);

    [Theory]
    [InlineData("abc", "api-key", "abc")]
    [InlineData("Bearer ey.token", "Authorization", "Bearer ey.token")]
    public async Task Credential_IsAKeyOrATokenOfEntra(string key, string header, string value)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "https://x.openai.azure.com/openai/v1/chat/completions");
        await Upstream.AuthorizeAsync(request, Upstream.CredentialFor(key), default, CancellationToken.None);
        Assert.Equal([value], request.Headers.GetValues(header));
        Assert.Single(request.Headers);
    }

    [Fact]
    public void Stream_PassedThrough_IsFollowedOverItsFirstChunkWithoutChoices()
    {
        var recording = Recordings.Load("openai-chat-azure-stream-plain");
        var reader = new Gateway.Router.Protocols.OpenAI.OpenAIEventReader(hidesUsage: true, candidates: 1);
        var frames = System.Text.Encoding.UTF8.GetString(recording.Response).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        var kinds = frames.Select(frame => reader.Observe(System.Text.Encoding.UTF8.GetBytes(frame + "\n\n"))).ToList();
        Assert.Equal((EventKind.Forward, EventKind.Done), (kinds[0], kinds[^1]));
        Assert.True(reader.IsFinished);
    }
}
