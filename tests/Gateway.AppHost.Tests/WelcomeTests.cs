namespace Gateway.AppHost.Tests;

public sealed class WelcomeTests
{
    [Theory]
    [InlineData("", "gpt-4o-mini")]
    [InlineData("OPENAI_API_KEY", "gpt-4o-mini")]
    [InlineData("OPENAI_API_KEY,ANTHROPIC_API_KEY", "gpt-4o-mini")]
    [InlineData("ANTHROPIC_API_KEY,GEMINI_API_KEY", "claude-haiku-4-5")]
    [InlineData("GEMINI_API_KEY", "gemini-2.5-flash")]
    public void SampleLine_NamesAModelThatThisRunHas(string providers, string model)
    {
        var text = Text(providers);
        Assert.Equal(2, Count(text, $"\"model\": \"{model}\""));
        Assert.Equal(2, Count(text, "\"Authorization: Bearer the-demo-key\""));
        Assert.Contains("\n  Ask it:\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void SampleLine_Ollama_AsksForAPulledModel()
    {
        var text = Text("OLLAMA_HOST");
        Assert.Contains("Ask it, with the name of a model that you have pulled (\"ollama list\" shows them):", text, StringComparison.Ordinal);
        Assert.Equal(2, Count(text, "\"model\": \"YOUR_MODEL\""));
        Assert.Equal(2, Count(text, "Bearer the-demo-key"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("OPENAI_API_KEY")]
    public void SampleLine_OwnDocument_AsksForItsKeyAndModel(string providers)
    {
        var text = Text(providers, ownDocument: true);
        Assert.Contains("Ask it, with a key and a model of your document:", text, StringComparison.Ordinal);
        Assert.Equal(2, Count(text, "Bearer YOUR_KEY"));
        Assert.Equal(2, Count(text, "\"model\": \"YOUR_MODEL\""));
        Assert.Contains("the-demo-key   (where your document uses ${GATEWAY_DEMO_KEY})", text, StringComparison.Ordinal);
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;

    private static string Text(string providers, bool ownDocument = false)
    {
        var settings = new GatewaySettings
        {
            Port = 8080,
            Edges = 1,
            Routers = 1,
            Data = "/data",
            Document = ownDocument ? "/own.yaml" : null,
            HasOwnDocument = ownDocument,
            Redis = "none",
            Database = null,
            NeedsSimulator = providers.Length == 0,
            Providers = [.. providers.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(static name => KeyValuePair.Create(name, "x"))],
            HasOrchestrator = false,
            RandomPorts = false,
        };
        return new WelcomeText(settings, "http://localhost:8080", "the-demo-key", "in a file").ToString().ReplaceLineEndings("\n");
    }
}
