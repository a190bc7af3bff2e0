using System.Text.Json;
using static Gateway.Simulator.Tests.Protocols.Gemini.GeminiCalls;

namespace Gateway.Simulator.Tests.Protocols.Gemini;

public sealed class GenerateTests
{
    [Fact]
    public async Task SameRequest_PlainEventsAndArray_SayTheSame()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var whole = await simulator.JsonAsync(Say("hello"), Path());
        var events = await simulator.ChunksAsync(Say("hello"));
        var array = JsonElement.Parse(await simulator.TextAsync(Say("hello"), Path(method: "streamGenerateContent")));

        var text = new[] { whole }.Said();
        Assert.NotEmpty(text);
        Assert.Equal(text, events.Said());
        Assert.Equal(text, array.EnumerateArray().Said());
        Assert.NotEqual(text, new[] { await simulator.JsonAsync(Say("hello", Config("\"seed\":5")), Path()) }.Said());
    }

    [Fact]
    public async Task Events_EndWithCarriageReturns_AndOneFinish()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var raw = await simulator.TextAsync(Say("[sim tokens=3]"), Events());

        Assert.Equal(raw.Count(unit => unit == '\n'), raw.Split("\r\n").Length - 1);
        Assert.EndsWith("}\r\n\r\n", raw);
        var chunks = await simulator.ChunksAsync(Say("[sim tokens=3]"));
        Assert.Equal([null, null, null, "STOP"], chunks.Select(chunk => chunk.Finish()));
        Assert.Single(chunks.Select(chunk => chunk.GetProperty("responseId").GetString()).Distinct());
    }

    [Fact]
    public async Task Usage_InAStream_IsTheSumSoFar()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var chunks = await simulator.ChunksAsync(Say("[sim tokens=3]", Config("""  "thinkingConfig":{"thinkingBudget":2,"includeThoughts":true} """)));

        Assert.Equal([1, 2, 2, 2, 2, 2], chunks.Select(chunk => chunk.Usage("thoughtsTokenCount")));
        Assert.Equal([0, 0, 1, 2, 3, 3], chunks.Select(chunk => chunk.Usage("candidatesTokenCount")));
        Assert.All(chunks, chunk => Assert.Equal(
            chunk.Usage("totalTokenCount"), chunk.Usage("promptTokenCount") + chunk.Usage("candidatesTokenCount") + chunk.Usage("thoughtsTokenCount")));
        Assert.Equal(5, (await simulator.SettledAsync(1)).TokensWritten);
    }

    [Fact]
    public async Task Thoughts_NotAskedToBeShown_AreCountedOnly()
    {
        await using var simulator = await TestSimulator.StartAsync();
        var asked = Config("""  "thinkingConfig":{"thinkingBudget":4} """);

        var whole = await simulator.JsonAsync(Say("[sim tokens=3]", asked), Path());
        var chunks = await simulator.ChunksAsync(Say("[sim tokens=3]", asked));

        Assert.Equal((4, 3), (whole.Usage("thoughtsTokenCount"), whole.Usage("candidatesTokenCount")));
        Assert.Equal((4, 3), (chunks[^1].Usage("thoughtsTokenCount"), chunks[^1].Usage("candidatesTokenCount")));
        Assert.Empty(chunks.Said(thought: true) + new[] { whole }.Said(thought: true));
        Assert.Equal(14, (await simulator.SettledAsync(2)).TokensWritten);
    }

    [Fact]
    public async Task Thoughts_Shown_AreTheSamePlainAndStreamedAndNotTheAnswer()
    {
        await using var simulator = await TestSimulator.StartAsync();
        var asked = Config("""  "thinking_config":{"include_thoughts":true} """);

        var whole = await simulator.JsonAsync(Say("hi", asked), Path());
        var chunks = await simulator.ChunksAsync(Say("hi", asked));

        var thoughts = new[] { whole }.Said(thought: true);
        Assert.NotEmpty(thoughts);
        Assert.Equal(thoughts, chunks.Said(thought: true));
        Assert.Equal(new[] { whole }.Said(), chunks.Said());
    }

    [Theory]
    [InlineData("please call g and then call f.", "", new[] { "g", "f" })]
    [InlineData("hello", ""","toolConfig":{"functionCallingConfig":{"mode":"ANY"}}""", new[] { "f" })]
    [InlineData("hello", ""","tool_config":{"function_calling_config":{"mode":"any","allowed_function_names":["g"]}}""", new[] { "g" })]
    [InlineData("call g", ""","toolConfig":{"functionCallingConfig":{"mode":"NONE"}}""", new string[0])]
    [InlineData("call h", "", new string[0])]
    public async Task Functions_AreCalledWhenAskedFor_WholeAndWithStop(string text, string rest, string[] names)
    {
        await using var simulator = await TestSimulator.StartAsync();

        var whole = await simulator.JsonAsync(Say(text, Tools + rest), Path());
        var chunks = await simulator.ChunksAsync(Say(text, Tools + rest));

        var calls = Calls([whole]);
        Assert.Equal(names, calls.Select(call => call.GetProperty("name").GetString()));
        Assert.Equal(calls.Select(call => call.GetRawText()), Calls(chunks).Select(call => call.GetRawText()));
        Assert.All(calls, call => Assert.Equal(JsonValueKind.Object, call.GetProperty("args").ValueKind));
        Assert.Equal("STOP", whole.Finish());
        Assert.Equal("STOP", chunks[^1].Finish());
        var report = await simulator.SettledAsync(2);
        Assert.Equal(report.TokensGenerated, report.TokensWritten);
    }

    [Fact]
    public async Task Arguments_FollowTheSchemaInCapitals()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var args = Calls([await simulator.JsonAsync(Say("call f", Tools), Path())]).Single().GetProperty("args");

        Assert.Equal((JsonValueKind.String, JsonValueKind.Number), (args.GetProperty("q").ValueKind, args.GetProperty("n").ValueKind));
    }

    [Fact]
    public async Task Cap_InTheMiddleOfACall_LeavesNoCall()
    {
        await using var simulator = await TestSimulator.StartAsync();
        var body = Say("call g and call f", Tools + Config("\"maxOutputTokens\":\"4\""));

        var whole = await simulator.JsonAsync(body, Path());
        var chunks = await simulator.ChunksAsync(body);

        Assert.Equal(["g"], Calls([whole]).Select(call => call.GetProperty("name").GetString()));
        Assert.Equal(["g"], Calls(chunks).Select(call => call.GetProperty("name").GetString()));
        Assert.Equal(("MAX_TOKENS", "MAX_TOKENS"), (whole.Finish(), chunks[^1].Finish()));
    }

    [Fact]
    public async Task Results_AreAnsweredWithText_WhenEveryCallHasOne()
    {
        await using var simulator = await TestSimulator.StartAsync();
        const string Turns = """
            {"contents":[{"role":"user","parts":{"text":"call f"}},{"role":"model","parts":[{"functionCall":{"name":"f","args":{}}},{"functionCall":{"name":"g"}}]},
             {"role":"user","parts":[{"functionResponse":{"name":"f","response":{"output":"42"}}},{"function_response":{"name":"g","response":{"a":1}}}]}]
            """;

        var answer = await simulator.JsonAsync(Turns + Tools + "}", Path());

        Assert.NotEmpty(new[] { answer }.Said());

        // 3 for the reply, 3 + 2 for the text, 3 for the calls, 3 + 1 + 2 for the results.
        Assert.Equal(17, answer.Usage("promptTokenCount"));
    }

    [Fact]
    public async Task Candidates_DifferAndAreTheSamePlainAndStreamed()
    {
        await using var simulator = await TestSimulator.StartAsync();
        var body = Say("hi", Config("\"candidateCount\":2"));

        var whole = await simulator.JsonAsync(body, Path());
        var chunks = await simulator.ChunksAsync(body);

        Assert.NotEqual(new[] { whole }.Said(), new[] { whole }.Said(1));
        Assert.Equal([new[] { whole }.Said(), new[] { whole }.Said(1)], [chunks.Said(), chunks.Said(1)]);
    }

    [Theory]
    [InlineData("responseSchema", """{"type":"OBJECT","properties":{"age":{"type":"INTEGER"}}}""")]
    [InlineData("responseJsonSchema", """{"type":"object","properties":{"age":{"type":"integer"}},"additionalProperties":false}""")]
    public async Task Schema_IsFollowed(string field, string schema)
    {
        await using var simulator = await TestSimulator.StartAsync();

        var answer = await simulator.JsonAsync(Say("x", Config($"\"responseMimeType\":\"application/json\",\"{field}\":{schema}")), Path());

        Assert.True(JsonElement.Parse(new[] { answer }.Said()).GetProperty("age").TryGetInt32(out _));
    }

    [Theory]
    [InlineData("[sim block]", "SAFETY")]
    [InlineData("[sim block=PROHIBITED_CONTENT]", "PROHIBITED_CONTENT")]
    public async Task Block_HasNoCandidatesInA200(string text, string reason)
    {
        await using var simulator = await TestSimulator.StartAsync();

        var whole = await simulator.JsonAsync(Say(text), Path());
        var chunk = Assert.Single(await simulator.ChunksAsync(Say(text)));
        var element = Assert.Single(JsonElement.Parse(await simulator.TextAsync(Say(text), Path(method: "streamGenerateContent"))).EnumerateArray());

        foreach (var answer in new[] { whole, chunk, element })
        {
            Assert.False(answer.TryGetProperty("candidates", out _));
            Assert.Equal(reason, answer.GetProperty("promptFeedback").GetProperty("blockReason").GetString());
            Assert.True(answer.Usage("promptTokenCount") > 0);
        }

        Assert.Equal(0, (await simulator.SettledAsync(3)).TokensGenerated);
    }

    [Fact]
    public async Task Signature_OfAThirdGenerationCall_IsOnTheFirstOneOnly_AndAcceptedBack()
    {
        await using var simulator = await TestSimulator.StartAsync();
        var path = Path("gemini-3-pro-preview");

        var parts = (await simulator.JsonAsync(Say("call f and call g", Tools), path)).Parts().ToList();
        var streamed = (await simulator.ChunksAsync(Say("call f and call g", Tools), Events("gemini-3-pro-preview"))).SelectMany(chunk => chunk.Parts()).ToList();
        var history = $$$$"""
            {"contents":[{"role":"user","parts":[{"text":"call f and call g"}]},{"role":"model","parts":[{{{{string.Join(',', parts.Select(part => part.GetRawText()))}}}}]},
             {"role":"user","parts":[{"functionResponse":{"name":"f","response":{"output":"1"}}},{"functionResponse":{"name":"g","response":{"output":"2"}}}]}]{{{{Tools}}}} }
            """;

        Assert.Equal([true, false], parts.Select(part => part.TryGetProperty("thoughtSignature", out _)));
        Assert.Equal(parts.Select(part => part.GetRawText()), streamed.Select(part => part.GetRawText()));
        using var accepted = await simulator.SendAsync(history, path);
        Assert.Equal(200, (int)accepted.StatusCode);

        // Google's client keeps the chunks of a stream as turns of their own.
        using var inTurns = await simulator.SendAsync(history.Replace("},{\"functionCall\"", "}]},{\"role\":\"model\",\"parts\":[{\"functionCall\"", StringComparison.Ordinal), path);
        Assert.Equal(200, (int)inTurns.StatusCode);
    }

    [Theory]
    [InlineData("gemini-2.0-flash", false)]
    [InlineData("gemini-2.5-flash", true)]
    public async Task Signature_OfAnOlderCall_IsThereWhenTheModelThinks(string model, bool hasSignature)
    {
        await using var simulator = await TestSimulator.StartAsync();

        var whole = (await simulator.JsonAsync(Say("call f", Tools), Path(model))).Parts().Single();
        var streamed = (await simulator.ChunksAsync(Say("call f", Tools), Events(model))).SelectMany(chunk => chunk.Parts()).Single();

        Assert.Equal((hasSignature, hasSignature), (whole.TryGetProperty("thoughtSignature", out _), streamed.TryGetProperty("thoughtSignature", out _)));
    }

    [Fact]
    public async Task Signature_OfText_ComesAtItsEnd()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var whole = (await simulator.JsonAsync(Say("hi"), Path("gemini-3-flash-preview"))).Parts().Single();
        var last = (await simulator.ChunksAsync(Say("hi"), Events("gemini-3-flash-preview")))[^1].Parts().Single();
        var older = (await simulator.JsonAsync(Say("hi"), Path())).Parts().Single();

        Assert.Equal(whole.GetProperty("thoughtSignature").GetString(), last.GetProperty("thoughtSignature").GetString());
        Assert.Equal("", last.GetProperty("text").GetString());
        Assert.False(older.TryGetProperty("thoughtSignature", out _));
    }

    [Fact]
    public async Task Vertex_SaysTheSame_OnItsOwnPathAndWithItsOwnLogin()
    {
        await using var simulator = await TestSimulator.StartAsync(null, ("SIMULATOR_KEYS", "test-key,k"));
        const string Cloud = "/v1/projects/p/locations/europe-west1/publishers/google/models/gemini-2.5-flash:";

        var answer = await simulator.JsonAsync(Say("hello", ""","labels":{"team":"a"}"""), Cloud + "generateContent");
        var chunks = await simulator.ChunksAsync(Say("hello"), Cloud + "streamGenerateContent?alt=sse");

        Assert.Equal(new[] { await simulator.JsonAsync(Say("hello"), Path()) }.Said(), new[] { answer }.Said());
        Assert.Equal(new[] { answer }.Said(), chunks.Said());
        Assert.Equal("ON_DEMAND", answer.GetProperty("usageMetadata").GetProperty("trafficType").GetString());
    }

    private static List<JsonElement> Calls(IEnumerable<JsonElement> answers) =>
        [.. answers.SelectMany(answer => answer.Parts()).Where(part => part.TryGetProperty("functionCall", out _)).Select(part => part.GetProperty("functionCall"))];
}
