using System.Text.Json;

namespace Gateway.Simulator.Tests.Protocols.OpenAI;

public sealed class ChatTests
{
    private const string Stream = ""","stream":true""";
    private const string Tools = ""","tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"q":{"type":"string"}}}}},{"type":"function","function":{"name":"g"}}]""";

    [Fact]
    public async Task SameRequest_SameSeed_SameWordsPlainAndStreamed()
    {
        await using var one = await TestSimulator.StartAsync();
        await using var two = await TestSimulator.StartAsync();
        await using var other = await TestSimulator.StartAsync(null, ("SIMULATOR_SEED", "2"));

        var text = Content(await one.JsonAsync(TestSimulator.Chat("hello")));

        Assert.Equal(text, Content(await two.JsonAsync(TestSimulator.Chat("hello"))));
        Assert.Equal(text, Join(await one.EventsAsync(TestSimulator.Chat("hello", Stream)), 0));
        Assert.NotEqual(text, Content(await other.JsonAsync(TestSimulator.Chat("hello"))));
        Assert.NotEqual(text, Content(await one.JsonAsync(TestSimulator.Chat("hello!"))));
        Assert.NotEqual(text, Content(await one.JsonAsync(TestSimulator.Chat("hello", ""","seed":5"""))));
    }

    [Fact]
    public async Task Stream_HasTheChunksOfTheProtocolInOrder()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var events = await simulator.EventsAsync(TestSimulator.Chat("[sim tokens=3]", Stream));

        Assert.Equal("[DONE]", events[^1]);
        var chunks = events[..^1].Select(data => JsonElement.Parse(data)).ToList();
        Assert.Equal(5, chunks.Count);
        Assert.Equal("assistant", chunks[0].GetProperty("choices")[0].GetProperty("delta").GetProperty("role").GetString());
        Assert.All(chunks[..^1], chunk => Assert.Equal(JsonValueKind.Null, chunk.GetProperty("choices")[0].GetProperty("finish_reason").ValueKind));
        Assert.Equal("stop", chunks[^1].GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        Assert.Single(chunks.Select(chunk => chunk.GetProperty("id").GetString()).Distinct());
        Assert.All(chunks, chunk => Assert.False(chunk.TryGetProperty("usage", out _)));
    }

    [Fact]
    public async Task Stream_WithUsage_HasItInOneLastChunkAndNullBefore()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var events = await simulator.EventsAsync(TestSimulator.Chat("[sim tokens=3]", Stream + ""","stream_options":{"include_usage":true}"""));

        var chunks = events[..^1].Select(data => JsonElement.Parse(data)).ToList();
        Assert.All(chunks[..^1], chunk => Assert.Equal(JsonValueKind.Null, chunk.GetProperty("usage").ValueKind));
        Assert.Equal(0, chunks[^1].GetProperty("choices").GetArrayLength());
        Assert.Equal(3, chunks[^1].GetProperty("usage").GetProperty("completion_tokens").GetInt32());
    }

    [Fact]
    public async Task SeveralChoices_DifferAndAreTheSamePlainAndStreamed()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var whole = await simulator.JsonAsync(TestSimulator.Chat("hi", ""","n":2"""));
        var events = await simulator.EventsAsync(TestSimulator.Chat("hi", ""","n":2""" + Stream));

        Assert.NotEqual(Content(whole), Content(whole, 1));
        Assert.Equal([Content(whole), Content(whole, 1)], [Join(events, 0), Join(events, 1)]);
        Assert.Equal(2, events.Count(data => data.Contains("\"finish_reason\":\"stop\"", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("max_tokens")]
    [InlineData("max_completion_tokens")]
    public async Task Cap_EndsWithLength(string field)
    {
        await using var simulator = await TestSimulator.StartAsync();

        var answer = await simulator.JsonAsync(TestSimulator.Chat("[sim tokens=10]", $$""","{{field}}":4"""));

        Assert.Equal("length", answer.GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        Assert.Equal(4, answer.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
    }

    [Theory]
    [InlineData("please call g and then call f.", "", new[] { "g", "f" })]
    [InlineData("please call g and then call f.", ""","parallel_tool_calls":false""", new[] { "g" })]
    [InlineData("hello", ""","tool_choice":"required" """, new[] { "f" })]
    [InlineData("hello", ""","tool_choice":{"type":"function","function":{"name":"g"}}""", new[] { "g" })]
    [InlineData("call g", ""","tool_choice":"none" """, new string[0])]
    [InlineData("hello call h", "", new string[0])]
    public async Task Tools_AreCalledWhenAskedFor(string text, string rest, string[] names)
    {
        await using var simulator = await TestSimulator.StartAsync();

        var answer = await simulator.JsonAsync(TestSimulator.Chat(text, Tools + rest));
        var events = await simulator.EventsAsync(TestSimulator.Chat(text, Tools + rest + Stream));

        var choice = answer.GetProperty("choices")[0];
        var message = choice.GetProperty("message");
        var calls = message.TryGetProperty("tool_calls", out var list) ? list.EnumerateArray().ToList() : [];
        Assert.Equal(names, calls.Select(call => call.GetProperty("function").GetProperty("name").GetString()));
        Assert.Equal(names.Length > 0 ? "tool_calls" : "stop", choice.GetProperty("finish_reason").GetString());
        Assert.Equal(calls.Select(call => call.GetProperty("function").GetProperty("arguments").GetString()), Arguments(events));
        Assert.All(calls, call => JsonElement.Parse(call.GetProperty("function").GetProperty("arguments").GetString()!));
    }

    [Fact]
    public async Task Think_ShowsReasoningBesideTheTextAndCountsIt()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var answer = await simulator.JsonAsync(TestSimulator.Chat("[sim think=4 tokens=3]"));
        var events = await simulator.EventsAsync(TestSimulator.Chat("[sim think=4 tokens=3]", Stream));

        var reasoning = answer.GetProperty("choices")[0].GetProperty("message").GetProperty("reasoning_content").GetString();
        var deltas = events[..^1].Select(data => JsonElement.Parse(data).GetProperty("choices")[0].GetProperty("delta")).ToList();
        Assert.Equal(reasoning, string.Concat(deltas.Where(delta => delta.TryGetProperty("reasoning_content", out _)).Select(delta => delta.GetProperty("reasoning_content").GetString())));
        Assert.NotEqual(reasoning, Content(answer));
        var usage = answer.GetProperty("usage");
        Assert.Equal((7, 4), (usage.GetProperty("completion_tokens").GetInt32(), usage.GetProperty("completion_tokens_details").GetProperty("reasoning_tokens").GetInt32()));
        Assert.Equal(14, (await simulator.SettledAsync(2)).TokensWritten);
    }

    [Fact]
    public async Task Calls_GivesSoManyInTurn()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var message = (await simulator.JsonAsync(TestSimulator.Chat("[sim calls=3]", Tools))).GetProperty("choices")[0].GetProperty("message");

        Assert.Equal(["f", "g", "f"], message.GetProperty("tool_calls").EnumerateArray().Select(call => call.GetProperty("function").GetProperty("name").GetString()));
    }

    [Fact]
    public async Task ToolResult_IsAnsweredWithText()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var answer = await simulator.JsonAsync("""
            {"model":"m","messages":[{"role":"user","content":"call f"},{"role":"assistant","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]},
             {"role":"tool","tool_call_id":"1","content":"42"}]
            """ + Tools + "}");

        Assert.NotEmpty(Content(answer));
    }

    [Fact]
    public async Task JsonSchema_IsFollowed()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var answer = await simulator.JsonAsync(TestSimulator.Chat("x",
            ""","response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object","properties":{"age":{"type":"integer"}}}}}"""));

        Assert.True(JsonElement.Parse(Content(answer)).GetProperty("age").TryGetInt32(out _));
    }

    private static string Content(JsonElement answer, int choice = 0) =>
        answer.GetProperty("choices")[choice].GetProperty("message").GetProperty("content").GetString()!;

    private static string Join(List<string> events, int choice) => string.Concat(Choices(events).Where(entry => entry.GetProperty("index").GetInt32() == choice)
        .Select(entry => entry.GetProperty("delta").TryGetProperty("content", out var content) ? content.GetString() : ""));

    private static List<string> Arguments(List<string> events)
    {
        var arguments = new List<string>();
        foreach (var choice in Choices(events).Where(choice => choice.GetProperty("delta").TryGetProperty("tool_calls", out _)))
        {
            var call = choice.GetProperty("delta").GetProperty("tool_calls")[0];
            if (call.TryGetProperty("id", out _))
            {
                Assert.Equal(arguments.Count, call.GetProperty("index").GetInt32());
                arguments.Add("");
            }

            arguments[^1] += call.GetProperty("function").GetProperty("arguments").GetString();
        }

        return arguments;
    }

    private static IEnumerable<JsonElement> Choices(List<string> events) => events[..^1].SelectMany(data => JsonElement.Parse(data).GetProperty("choices").EnumerateArray());
}
