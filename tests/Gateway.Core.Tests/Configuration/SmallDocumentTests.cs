namespace Gateway.Core.Tests.Configuration;

public sealed class SmallDocumentTests
{
    [Fact]
    public void Load_SmallDocument_GivesDefaultsForTheRest()
    {
        var config = Documents.Good(Documents.Small);

        var provider = config.Providers["openai"];
        Assert.Equal("https://api.example.com/v1", provider.BaseUrl.AbsoluteUri);
        Assert.Equal(["sk-upstream"], provider.Keys.Select(static key => key.Secret));
        Assert.False(provider.Internal);
        Assert.Equal(TimeSpan.FromSeconds(2), provider.Timeouts.Connect);
        Assert.Equal(TimeSpan.FromMinutes(10), provider.Timeouts.Total);
        var deployment = Assert.Single(config.Models["gpt-4o"].Deployments);
        Assert.Equal("openai/gpt-4o-2024", deployment.Id);
        Assert.Null(deployment.Price);
        var key = Assert.Single(config.Keys);
        Assert.Equal(["*"], key.Providers);
        Assert.True(key.Limits.IsEmpty);
        Assert.Null(config.Server.AdminKey);
        Assert.Equal(32 * 1024 * 1024, config.Server.MaxBodyBytes);
        Assert.Equal(60, config.Server.PublicRequestsPerMinute);
    }

    [Theory]
    [InlineData("openai", "https://api.openai.com/v1", "https://api.openai.com/v1")]
    [InlineData("openai", "https://vllm.example.com", "https://vllm.example.com/")]
    [InlineData("anthropic", "https://api.anthropic.com", "https://api.anthropic.com/v1")]
    [InlineData("anthropic", "https://api.anthropic.com/v1/", "https://api.anthropic.com/v1")]
    [InlineData("anthropic", "https://proxy.example.com/claude", "https://proxy.example.com/claude/v1")]
    [InlineData("gemini", "https://generativelanguage.googleapis.com", "https://generativelanguage.googleapis.com/v1beta")]
    [InlineData("gemini", "https://generativelanguage.googleapis.com/v1", "https://generativelanguage.googleapis.com/v1")]
    [InlineData("ollama", "https://ollama.example.com/v1", "https://ollama.example.com/")]
    [InlineData("ollama", "https://ollama.example.com/api", "https://ollama.example.com/")]
    [InlineData("ollama", "https://ollama.example.com", "https://ollama.example.com/")]
    [InlineData("bedrock", "https://bedrock-runtime.eu-west-1.amazonaws.com", "https://bedrock-runtime.eu-west-1.amazonaws.com/")]
    public void Provider_OfEachProtocol_HasAUrlBelowWhichItsPathsBegin(string protocol, string url, string expected)
    {
        var config = Documents.Good($"version: 1\nproviders: {{ p: {{ protocol: {protocol}, base_url: {url} }} }}");

        Assert.Equal(expected, config.Providers["p"].BaseUrl.AbsoluteUri);
    }

    [Theory]
    [InlineData("anthropic", "x-api-key")]
    [InlineData("gemini", "X-Goog-Api-Key")]
    [InlineData("azure-openai", "api-key")]
    [InlineData("ollama", "Authorization")]
    public void ProviderHeader_ThatTheKeysMakeAlready_IsRefused(string protocol, string header) =>
        Assert.Contains("keys already make the", Documents.Errors($"version: 1\nproviders: {{ p: {{ protocol: {protocol}, base_url: https://p.example.com, keys: [a], headers: {{ {header}: b }} }} }}"), StringComparison.Ordinal);
}
