using System.Text.Json;
using static Gateway.Simulator.Tests.Protocols.Ollama.OllamaCalls;

namespace Gateway.Simulator.Tests.Protocols.Ollama;

public sealed class TalkTests
{
    [Theory]
    [InlineData(Chat, "content")]
    [InlineData(Generate, "response")]
    public async Task SameRequest_WholeOrInLines_SaysTheSame_AndStreamsUnlessToldNotTo(string path, string member)
    {
        await using var simulator = await TestSimulator.StartAsync();
        string Body(string rest) => path == Chat ? Say("hello", rest) : Prompt("hello", rest);

        using var response = await simulator.SendAsync(Body(""), path);
        var lines = await simulator.LinesAsync(Body(""), path);
        var whole = await simulator.JsonAsync(Body(Whole), path);

        Assert.Equal("application/x-ndjson", response.Content.Headers.ContentType!.MediaType);
        Assert.NotEmpty(lines.Said(member));
        Assert.Equal(lines.Said(member), new[] { whole }.Said(member));
        Assert.All(lines[..^1], line => Assert.False(line.Done()));
        Assert.True(lines[^1].Done() && whole.Done());
        Assert.NotEqual(lines.Said(member), (await simulator.LinesAsync(Body(""","options":{"seed":5}"""), path)).Said(member));
    }

    [Fact]
    public async Task LastLine_HasReasonCountsAndTimes()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var lines = await simulator.LinesAsync(Say("[sim tokens=3]"));

        var last = lines[^1];
        Assert.Equal(4, lines.Count);
        Assert.Equal(("stop", 3, ""), (last.GetProperty("done_reason").GetString(), last.Count("eval_count"), new[] { last }.Said()));
        Assert.Equal(simulator.Meter.Report().PromptTokens, last.Count("prompt_eval_count"));
        Assert.All(["total_duration", "load_duration", "prompt_eval_duration", "eval_duration"], name => Assert.True(last.GetProperty(name).GetInt64() >= 0));
        Assert.All(lines[..^1], line => Assert.False(line.TryGetProperty("eval_count", out _)));
        Assert.Equal(3, (await simulator.SettledAsync(1)).TokensWritten);
    }

    [Theory]
    [InlineData(4, "length", 4)]
    [InlineData(-1, "stop", 9)]
    public async Task NumPredict_IsTheCap(int cap, string reason, int tokens)
    {
        await using var simulator = await TestSimulator.StartAsync();

        var answer = await simulator.JsonAsync(Say("[sim tokens=9]", $$""","options":{"num_predict":{{cap}}}""" + Whole), Chat);

        Assert.Equal((reason, tokens), (answer.GetProperty("done_reason").GetString(), answer.Count("eval_count")));
    }

    [Theory]
    [InlineData("please call g and then call f.", new[] { "g", "f" })]
    [InlineData("call h", new string[0])]
    public async Task Tools_AreCalledWhole_WithObjectsAndWithoutIds(string text, string[] names)
    {
        await using var simulator = await TestSimulator.StartAsync();

        var lines = await simulator.LinesAsync(Say(text, Tools));
        var whole = await simulator.JsonAsync(Say(text, Tools + Whole), Chat);

        var calls = Calls(lines);
        Assert.Equal(names, calls.Select(call => call.GetProperty("function").GetProperty("name").GetString()));
        Assert.Equal(calls.Select(call => call.GetRawText()), Calls([whole]).Select(call => call.GetRawText()));
        Assert.All(calls, call => Assert.Equal(JsonValueKind.Object, call.GetProperty("function").GetProperty("arguments").ValueKind));
        Assert.All(calls, call => Assert.False(call.TryGetProperty("id", out _)));
        Assert.Equal(("stop", "stop"), (lines[^1].GetProperty("done_reason").GetString(), whole.GetProperty("done_reason").GetString()));
        Assert.False(lines[^1].GetProperty("message").TryGetProperty("tool_calls", out _));
        var report = await simulator.SettledAsync(2);
        Assert.Equal(report.TokensGenerated, report.TokensWritten);
    }

    [Fact]
    public async Task Cap_InTheMiddleOfACall_LeavesNoCall()
    {
        await using var simulator = await TestSimulator.StartAsync();
        const string Cap = Tools + ""","options":{"num_predict":4}""";

        var lines = await simulator.LinesAsync(Say("call g and call f", Cap));
        var whole = await simulator.JsonAsync(Say("call g and call f", Cap + Whole), Chat);

        Assert.Equal("g", Calls(lines).Single().GetProperty("function").GetProperty("name").GetString());
        Assert.Equal("g", Calls([whole]).Single().GetProperty("function").GetProperty("name").GetString());
        Assert.Equal(("length", "length"), (lines[^1].GetProperty("done_reason").GetString(), whole.GetProperty("done_reason").GetString()));
    }

    [Fact]
    public async Task ToolResult_IsAnsweredWithText()
    {
        await using var simulator = await TestSimulator.StartAsync();
        const string Body = """
            {"model":"m","messages":[{"role":"user","content":"call f"},{"role":"assistant","content":"","tool_calls":[{"function":{"name":"f","arguments":{"q":"x"}}}]},
             {"role":"tool","tool_name":"f","content":"42"}]
            """;

        Assert.NotEmpty((await simulator.LinesAsync(Body + Tools + "}")).Said());
    }

    [Theory]
    [InlineData(""","think":true""", 20)]
    [InlineData(""","think":"low" """, 10)]
    [InlineData(""","think":false""", 0)]
    [InlineData("", 0)]
    public async Task Think_ComesFirstAndCounts(string think, int tokens)
    {
        await using var simulator = await TestSimulator.StartAsync();

        var lines = await simulator.LinesAsync(Say("[sim tokens=2]", think));
        var whole = await simulator.JsonAsync(Say("[sim tokens=2]", think + Whole), Chat);

        Assert.Equal(tokens, lines.Count(line => line.GetProperty("message").TryGetProperty("thinking", out _)));
        Assert.Equal(lines.Said("thinking"), new[] { whole }.Said("thinking"));
        Assert.Equal((tokens + 2, tokens + 2), (lines[^1].Count("eval_count"), whole.Count("eval_count")));
    }

    [Fact]
    public async Task ThinkOfGenerate_StandsBesideTheResponse()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var whole = await simulator.JsonAsync(Prompt("x", ""","think":true""" + Whole), Generate);

        Assert.NotEmpty(whole.GetProperty("thinking").GetString()!);
        Assert.Equal(JsonValueKind.Array, whole.GetProperty("context").ValueKind);
    }

    [Fact]
    public async Task Format_IsFollowed()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var schema = await simulator.JsonAsync(Say("x", ""","format":{"type":"object","properties":{"age":{"type":"integer"}}}""" + Whole), Chat);
        var json = await simulator.JsonAsync(Prompt("x", ""","format":"json" """ + Whole), Generate);

        Assert.True(JsonElement.Parse(new[] { schema }.Said()).GetProperty("age").TryGetInt32(out _));
        Assert.Equal(JsonValueKind.Object, JsonElement.Parse(new[] { json }.Said("response")).ValueKind);
    }

    [Theory]
    [InlineData(Chat, """{"model":"m","messages":[]}""", "load")]
    [InlineData(Chat, """{"model":"m","keep_alive":0}""", "unload")]
    [InlineData(Generate, """{"model":"m"}""", "load")]
    [InlineData(Generate, """{"model":"m","prompt":"","keep_alive":0,"stream":false}""", "unload")]
    public async Task EmptyRequest_OnlyLoadsTheModel(string path, string body, string reason)
    {
        await using var simulator = await TestSimulator.StartAsync();

        var line = Assert.Single(await simulator.LinesAsync(body, path));

        Assert.Equal((true, reason), (line.Done(), line.GetProperty("done_reason").GetString()));
        var report = await simulator.SettledAsync(1);
        Assert.Equal((1, 0, 0), (report.Completed, report.PromptTokens, report.TokensGenerated));
    }

    [Fact]
    public async Task UnknownMembers_ArePassedOver()
    {
        await using var simulator = await TestSimulator.StartAsync();

        using var response = await simulator.SendAsync(Say("x", ""","frequency":1,"options":{"colour":"red"}"""), Chat);

        Assert.Equal(200, (int)response.StatusCode);
    }

    private static List<JsonElement> Calls(IEnumerable<JsonElement> lines) =>
        [.. lines.SelectMany(line => line.GetProperty("message").TryGetProperty("tool_calls", out var calls) ? calls.EnumerateArray() : default)];
}
