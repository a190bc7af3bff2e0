using System.Text;
using System.Text.Json;
using static Gateway.Simulator.Tests.Protocols.Gemini.GeminiCalls;

namespace Gateway.Simulator.Tests.Protocols.Gemini;

public sealed class OtherMethodTests
{
    [Fact]
    public async Task CountTokens_BothForms_SayWhatAnAnswerWouldCost()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var direct = await simulator.JsonAsync(Say("two words"), Path(method: "countTokens"));
        var wrapped = await simulator.JsonAsync("""{"generateContentRequest":{"model":"models/gemini-2.5-flash","contents":[{"parts":[{"text":"two words"}]}]}}""", Path(method: "countTokens"));
        var used = await simulator.JsonAsync(Say("two words"), Path());

        Assert.Equal((9, 9, 9), (direct.GetProperty("totalTokens").GetInt32(), wrapped.GetProperty("totalTokens").GetInt32(), used.Usage("promptTokenCount")));
        Assert.Equal(9, (await simulator.SettledAsync(3)).PromptTokens);
    }

    [Theory]
    [InlineData("countTokens", """{"generateContentRequest":{"contents":[{"parts":[{"text":"x"}]}]}}""", "model is not specified")]
    [InlineData("countTokens", """{"contents":[{"parts":[{"text":"x"}]}],"generateContentRequest":{"model":"m"}}""", "mutually exclusive")]
    [InlineData("embedContent", """{"input":"x"}""", "Unknown name \"input\"")]
    [InlineData("embedContent", """{"content":{"parts":[{"text":""}]}}""", "content is empty")]
    [InlineData("embedContent", """{"content":{"parts":[{"text":"x"}]},"outputDimensionality":0}""", "output_dimensionality")]
    [InlineData("batchEmbedContents", """{"requests":[]}""", "requests is not specified")]
    [InlineData("batchEmbedContents", """{"requests":[{"content":{"parts":[{"text":"x"}]}}]}""", "unexpected model name format")]
    [InlineData("batchEmbedContents", """{"requests":[{"model":"models/other","content":{"parts":[{"text":"x"}]}}]}""", "model must match")]
    public async Task Request_ThatBreaksTheRules_IsInvalid(string method, string body, string message)
    {
        await using var simulator = await TestSimulator.StartAsync();

        var error = (await simulator.JsonAsync(body, Path(method: method))).GetProperty("error");

        Assert.Equal("INVALID_ARGUMENT", error.GetProperty("status").GetString());
        Assert.Contains(message, error.GetProperty("message").GetString());
    }

    [Fact]
    public async Task Embeddings_OneOrMany_AreTheSameForTheSameText()
    {
        await using var simulator = await TestSimulator.StartAsync();
        const string Model = "gemini-embedding-001";
        static string Request(string text) => $$$"""{"model":"models/{{{Model}}}","content":{"parts":[{"text":"{{{text}}}"}]},"outputDimensionality":3}""";

        var one = await simulator.JsonAsync(Request("b"), Path(Model, "embedContent"));
        var many = await simulator.JsonAsync($$"""{"requests":[{{Request("a")}},{{Request("b")}}]}""", Path(Model, "batchEmbedContents"));

        var vector = one.GetProperty("embedding").GetProperty("values");
        Assert.Equal(3, vector.GetArrayLength());
        Assert.Equal(vector.GetRawText(), many.GetProperty("embeddings")[1].GetProperty("values").GetRawText());
        Assert.NotEqual(vector.GetRawText(), many.GetProperty("embeddings")[0].GetProperty("values").GetRawText());
        Assert.Equal(3, (await simulator.SettledAsync(2)).PromptTokens);
    }

    [Fact]
    public async Task BatchOf101_IsTooLarge()
    {
        await using var simulator = await TestSimulator.StartAsync();
        var requests = string.Join(',', Enumerable.Repeat("""{"model":"models/m","content":{"parts":[{"text":"x"}]}}""", 101));

        Assert.Contains("at most 100", await simulator.TextAsync($$"""{"requests":[{{requests}}]}""", Path("m", "batchEmbedContents")));
    }

    [Fact]
    public async Task Models_ArePagedAndFoundByName()
    {
        await using var simulator = await TestSimulator.StartAsync(null, ("SIMULATOR_MODELS", "a,b,c"));

        var first = JsonElement.Parse(await simulator.Http.GetStringAsync(new Uri("/v1beta/models?key=k&pageSize=2", UriKind.Relative)));
        var second = JsonElement.Parse(await simulator.Http.GetStringAsync(new Uri($"/v1beta/models?key=k&pageSize=2&pageToken={first.GetProperty("nextPageToken").GetString()}", UriKind.Relative)));
        var one = JsonElement.Parse(await simulator.Http.GetStringAsync(new Uri("/v1beta/models/b?key=k", UriKind.Relative)));
        using var none = await simulator.Http.GetAsync(new Uri("/v1beta/models/d?key=k", UriKind.Relative));

        Assert.Equal(["models/a", "models/b"], Names(first));
        Assert.Equal(["models/c"], Names(second));
        Assert.False(second.TryGetProperty("nextPageToken", out _));
        Assert.Equal("models/b", one.GetProperty("name").GetString());
        Assert.Equal(404, (int)none.StatusCode);
    }

    [Theory]
    [InlineData("recording/r-1")]
    [InlineData("recording%2Fr-1")]
    [InlineData("recording:r-1+chunk=7")]
    public async Task Recording_IsPlayedWhateverTheRequest(string model)
    {
        var folder = Directory.CreateTempSubdirectory("recordings");
        try
        {
            var exchange = folder.CreateSubdirectory("r-1").FullName;
            await File.WriteAllTextAsync(System.IO.Path.Combine(exchange, "meta.json"), """{"status":200,"response_file":"response.sse","response_headers":{"content-type":"text/event-stream"}}""");
            await File.WriteAllBytesAsync(System.IO.Path.Combine(exchange, "response.sse"), Encoding.UTF8.GetBytes("data: {}\r\n\r\n"));
            await using var simulator = await TestSimulator.StartAsync(null, ("SIMULATOR_RECORDINGS", folder.FullName));

            Assert.Equal("data: {}\r\n\r\n", await simulator.TextAsync("""{"anything":1}""", Events(model)));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static IEnumerable<string?> Names(JsonElement page) => page.GetProperty("models").EnumerateArray().Select(model => model.GetProperty("name").GetString());
}
