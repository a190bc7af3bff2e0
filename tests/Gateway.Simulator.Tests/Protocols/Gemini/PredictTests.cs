using static Gateway.Simulator.Tests.Protocols.Gemini.GeminiCalls;

namespace Gateway.Simulator.Tests.Protocols.Gemini;

/// <summary>Embeddings at Vertex.</summary>
public sealed class PredictTests
{
    private const string Model = "text-embedding-005";
    private const string Predict = $"/v1/projects/p/locations/l/publishers/google/models/{Model}:predict";

    [Fact]
    public async Task Predictions_AreTheVectorsOfGemini_WithTheirTokens()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var answer = await simulator.JsonAsync("""{"instances":[{"content":"a"},{"content":"two words","task_type":"RETRIEVAL_DOCUMENT","title":"t"}],"parameters":{"autoTruncate":false,"outputDimensionality":3}}""", Predict);
        var gemini = await simulator.JsonAsync("""{"content":{"parts":[{"text":"a"}]},"outputDimensionality":3}""", Path(Model, "embedContent"));

        var predictions = answer.GetProperty("predictions");
        Assert.Equal(2, predictions.GetArrayLength());
        Assert.Equal(gemini.GetProperty("embedding").GetProperty("values").GetRawText(), predictions[0].GetProperty("embeddings").GetProperty("values").GetRawText());
        Assert.Equal("""{"token_count":3,"truncated":false}""", predictions[1].GetProperty("embeddings").GetProperty("statistics").GetRawText());
        Assert.Equal(9, answer.GetProperty("metadata").GetProperty("billableCharacterCount").GetInt32());
        Assert.Equal(1 + 3 + 1, (await simulator.SettledAsync(2)).PromptTokens);
    }

    [Theory]
    [InlineData("{}", "no instances")]
    [InlineData("""{"instances":[]}""", "no instances")]
    [InlineData("""{"instances":["a"]}""", "instances[0]")]
    [InlineData("""{"instances":[{"content":"a"}],"content":{}}""", "Unknown name \"content\"")]
    [InlineData("""{"instances":[{"text":"a"}]}""", "Unknown name \"text\" at 'instances[0]'")]
    [InlineData("""{"instances":[{"content":"a","taskType":"CLUSTERING"}]}""", "Unknown name \"taskType\" at 'instances[0]'")]
    [InlineData("""{"instances":[{"content":"a"},{"content":""}]}""", "The text content is empty.")]
    [InlineData("""{"instances":[{"task_type":"CLUSTERING"}]}""", "The text content is empty.")]
    [InlineData("""{"instances":[{"content":7}]}""", "instances[0].content")]
    [InlineData("""{"instances":[{"content":"a","task_type":"SINGING"}]}""", "Invalid task_type 'SINGING'")]
    [InlineData("""{"instances":[{"content":"a"}],"parameters":[]}""", "parameters")]
    [InlineData("""{"instances":[{"content":"a"}],"parameters":{"dimensions":3}}""", "Unknown name \"dimensions\" at 'parameters'")]
    [InlineData("""{"instances":[{"content":"a"}],"parameters":{"outputDimensionality":0}}""", "[1, 3072]")]
    [InlineData("""{"instances":[{"content":"a"}],"parameters":{"outputDimensionality":"3"}}""", "[1, 3072]")]
    [InlineData("""{"instances":[{"content":"a"}],"parameters":{"autoTruncate":"no"}}""", "parameters.autoTruncate")]
    public async Task Request_ThatBreaksTheRules_IsInvalid(string body, string message)
    {
        await using var simulator = await TestSimulator.StartAsync();

        var error = (await simulator.JsonAsync(body, Predict)).GetProperty("error");

        Assert.Equal("INVALID_ARGUMENT", error.GetProperty("status").GetString());
        Assert.Contains(message, error.GetProperty("message").GetString());
    }

    [Fact]
    public async Task InstancesAndTexts_HaveALimit()
    {
        await using var simulator = await TestSimulator.StartAsync();
        static string Body(int count, string text, string rest = "") => $$"""{"instances":[{{string.Join(',', Enumerable.Repeat($$"""{"content":"{{text}}"}""", count))}}]{{rest}}}""";
        var words = string.Concat(Enumerable.Repeat(" a", 2049));

        Assert.Equal(250, (await simulator.JsonAsync(Body(250, "a", ""","parameters":{"outputDimensionality":1}"""), Predict)).GetProperty("predictions").GetArrayLength());
        Assert.Contains("251 instance(s)", await simulator.TextAsync(Body(251, "a"), Predict));
        Assert.Contains("(2049) exceeds", await simulator.TextAsync(Body(1, words, ""","parameters":{"autoTruncate":false}"""), Predict));
        var cut = (await simulator.JsonAsync(Body(1, words), Predict)).GetProperty("predictions")[0].GetProperty("embeddings").GetProperty("statistics");
        Assert.Equal("""{"token_count":2048,"truncated":true}""", cut.GetRawText());
    }

    [Fact]
    public async Task Predict_IsVertexOnly_AndWantsAToken()
    {
        await using var simulator = await TestSimulator.StartAsync();
        const string Body = """{"instances":[{"content":"a"}]}""";

        using var gemini = await simulator.SendAsync(Body, Path(Model, "predict"));
        simulator.Http.DefaultRequestHeaders.Clear();
        using var none = await simulator.SendAsync(Body, Predict);

        Assert.Equal((404, 401), ((int)gemini.StatusCode, (int)none.StatusCode));
    }
}
