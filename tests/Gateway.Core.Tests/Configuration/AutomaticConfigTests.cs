using Gateway.Core.Configuration;
using Gateway.Core.Configuration.Automatic;

namespace Gateway.Core.Tests.Configuration;

public sealed class AutomaticConfigTests
{
    [Fact]
    public void Environment_WithAllVendors_GivesProvidersAndPrefixes()
    {
        (string, string)[] environment =
        [
            ("OPENAI_API_KEY", "sk-o"), ("ANTHROPIC_API_KEY", "sk-a"), ("GEMINI_API_KEY", "sk-g"), ("OLLAMA_HOST", "gpu-box"),
            ("GATEWAY_DEMO_KEY", "gw-demo-key"), ("GATEWAY_ADMIN_KEY", "gw-admin"),
        ];
        var yaml = Write(environment)!;
        var config = Documents.Good(yaml, environment);

        Assert.Equal("https://api.openai.com/v1", config.Providers["openai"].BaseUrl.AbsoluteUri);
        Assert.Equal("https://api.anthropic.com/v1", config.Providers["anthropic"].BaseUrl.AbsoluteUri);
        Assert.Equal("https://generativelanguage.googleapis.com/v1beta", config.Providers["gemini"].BaseUrl.AbsoluteUri);
        Assert.Equal(["sk-a"], config.Providers["anthropic"].Keys.Select(static key => key.Secret));
        Assert.True(config.Providers["ollama"].Internal);
        Assert.All(config.Providers.Values, static provider => Assert.True(provider.ListModels));
        Assert.Empty(config.Providers["ollama"].Keys);
        var prefixes = config.Resolve.Prefixes.ToDictionary();
        Assert.Equal("openai", prefixes["gpt-*"]);
        Assert.Equal("openai", prefixes["text-embedding-*"]);
        Assert.Equal("anthropic", prefixes["claude-*"]);
        Assert.Equal("gemini", prefixes["gemini-*"]);
        Assert.Null(config.Resolve.DefaultProvider);
        var key = Assert.Single(config.Keys);
        Assert.Equal(("demo", "gw-demo-key"), (key.Id, key.Secret));
        Assert.Equal([new RateConfig(RateUnit.Requests, 60, TimeSpan.FromMinutes(1), 10)], key.Limits.Rates);
        Assert.Equal(["*"], key.Models);
        Assert.Equal("gw-admin", config.Server.AdminKey);

        // The document can be printed: it names variables and holds no secret.
        Assert.DoesNotContain("sk-", yaml, StringComparison.Ordinal);
        Assert.DoesNotContain("gw-", yaml, StringComparison.Ordinal);
    }

    [Fact]
    public void Environment_WithOneVendor_HasNoOther()
    {
        var config = Documents.Good(Write(("GEMINI_API_KEY", "k"))!, ("GEMINI_API_KEY", "k"));

        Assert.Equal("gemini", Assert.Single(config.Providers).Key);
        Assert.Equal("gemini-*", Assert.Single(config.Resolve.Prefixes).Key);
        Assert.Empty(config.Keys);
        Assert.Null(config.Server.AdminKey);
    }

    [Theory]
    [InlineData("gpu-box", "http://gpu-box:11434")]
    [InlineData("gpu-box:8080", "http://gpu-box:8080")]
    [InlineData("gpu-box:80", "http://gpu-box:80")]
    [InlineData("http://gpu-box", "http://gpu-box:11434")]
    [InlineData("http://gpu-box:80", "http://gpu-box:80")]
    [InlineData("https://gpu-box", "https://gpu-box:443")]
    [InlineData("http://gpu-box:1234/", "http://gpu-box:1234")]
    [InlineData("http://gpu-box:1234/ollama/", "http://gpu-box:1234/ollama")]
    [InlineData("127.0.0.1", "http://127.0.0.1:11434")]
    [InlineData("0.0.0.0:11434", "http://127.0.0.1:11434")]
    [InlineData("[::1]", "http://[::1]:11434")]
    [InlineData("[::]:99", "http://[::1]:99")]
    [InlineData(" gpu-box ", "http://gpu-box:11434")]
    public void OllamaHost_Alone_IsTheDefaultProviderWithAWholeUrl(string host, string expected)
    {
        var config = Documents.Good(Write(("OLLAMA_HOST", host))!, ("OLLAMA_HOST", host));

        Assert.Equal(new Uri(expected), config.Providers["ollama"].BaseUrl);
        Assert.Equal("ollama", config.Resolve.DefaultProvider);
    }

    [Theory]
    [InlineData("http://user:hunter2@gpu-box")]
    [InlineData("ftp://gpu-box")]
    [InlineData("a'b: {c}\nserver: 1")]
    [InlineData("${OPENAI_API_KEY}")]
    public void OllamaHost_ThatIsNoAddress_IsRefusedWithoutShowingIt(string host)
    {
        var errors = Documents.Errors(Write(("OLLAMA_HOST", host))!, ("OLLAMA_HOST", host), ("OPENAI_API_KEY", "hunter2"));

        Assert.Contains("providers.ollama.base_url: must ", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    public void Environment_WithEmptyKeys_IsNoConfiguration(string value) =>
        Assert.Null(Write(("OPENAI_API_KEY", value), ("GATEWAY_DEMO_KEY", "x")));

    private static string? Write(params (string Name, string Value)[] environment) =>
        AutomaticConfig.Write(name => Array.Find(environment, variable => variable.Name == name).Value);
}
