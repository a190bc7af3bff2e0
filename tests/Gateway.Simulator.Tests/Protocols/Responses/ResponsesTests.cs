using System.Text.Json;

namespace Gateway.Simulator.Tests.Protocols.Responses;

public sealed class ResponsesTests
{
    private const string Path = "/v1/responses";
    private const string Tools = ""","tools":[{"type":"function","name":"f","parameters":{"type":"object","properties":{"q":{"type":"string"}}}},{"type":"function","name":"g"},{"type":"web_search"}]""";
    private const string Summary = ""","reasoning":{"effort":"low","summary":"auto"},"store":false,"include":["reasoning.encrypted_content"]""";

    [Theory]
    [InlineData("hello", "", "completed", "message")]
    [InlineData("[sim tokens=40]", ""","max_output_tokens":16""", "incomplete", "message")]
    [InlineData("call g and call f", Tools, "completed", "function_call function_call")]
    [InlineData("call f and call f", Tools, "completed", "function_call function_call")]
    [InlineData("[sim calls=3] call f", Tools, "completed", "function_call function_call function_call")]
    [InlineData("call g and call f", Tools + ""","parallel_tool_calls":false""", "completed", "function_call")]
    [InlineData("hello", Tools + ""","tool_choice":"required" """, "completed", "function_call")]
    [InlineData("hello", Tools + ""","tool_choice":{"type":"function","name":"g"}""", "completed", "function_call")]
    [InlineData("call f call g", Tools + ""","tool_choice":{"type":"allowed_tools","mode":"auto","tools":[{"type":"function","name":"g"}]}""", "completed", "function_call")]
    [InlineData("call f", Tools + ""","tool_choice":"none" """, "completed", "message")]
    [InlineData("hello", Summary, "completed", "reasoning message")]
    [InlineData("call f", Tools + Summary, "completed", "reasoning function_call")]
    [InlineData("[sim think=5]", "", "completed", "reasoning message")]
    public async Task Answer_PlainAndStreamed_IsTheSame(string text, string rest, string status, string types)
    {
        await using var simulator = await TestSimulator.StartAsync();

        var whole = await simulator.JsonAsync(Ask(text, rest), Path);
        var events = await EventsAsync(simulator, Ask(text, rest));

        Assert.Equal(types, string.Join(' ', whole.GetProperty("output").EnumerateArray().Select(Type)));
        Assert.Equal(status, whole.GetProperty("status").GetString());
        Assert.Equal($"response.{status}", Type(events[^1]));
        var streamed = events[^1].GetProperty("response");
        Assert.Equal(WithoutIds(whole.GetProperty("output")), WithoutIds(streamed.GetProperty("output")));
        Assert.Equal(whole.GetProperty("usage").ToString(), streamed.GetProperty("usage").ToString());
        Assert.Equal(whole.EnumerateObject().Select(member => member.Name), streamed.EnumerateObject().Select(member => member.Name));

        // What the events say one by one is what the last one says whole.
        Assert.Equal(streamed.GetProperty("output").ToString(), $"[{string.Join(',', events.Where(data => Type(data) == "response.output_item.done").Select(data => data.GetProperty("item")))}]");
        foreach (var item in events.Where(data => Type(data) == "response.output_item.done"))
        {
            var index = item.GetProperty("output_index").GetInt32();
            var said = string.Concat(events.Where(data => data.TryGetProperty("delta", out _) && data.GetProperty("output_index").GetInt32() == index).Select(data => data.GetProperty("delta").GetString()));
            Assert.Equal(Said(item.GetProperty("item")), said);
        }
    }

    [Fact]
    public async Task Stream_HasTheEventsOfTheProtocolInOrderAndNumbered()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var events = await EventsAsync(simulator, Ask("[sim think=1 tokens=1]", Summary));

        Assert.Equal(
            "response.created response.in_progress response.output_item.added response.reasoning_summary_part.added response.reasoning_summary_text.delta "
            + "response.reasoning_summary_text.done response.reasoning_summary_part.done response.output_item.done response.output_item.added "
            + "response.content_part.added response.output_text.delta response.output_text.done response.content_part.done response.output_item.done response.completed",
            string.Join(' ', events.Select(Type)));
        Assert.Equal(Enumerable.Range(0, events.Count), events.Select(data => data.GetProperty("sequence_number").GetInt32()));
        Assert.Equal(0, events[0].GetProperty("response").GetProperty("output").GetArrayLength());
        Assert.Equal("in_progress", events[1].GetProperty("response").GetProperty("status").GetString());
    }

    [Fact]
    public async Task Call_StreamsItsArgumentsAndThenSaysThemWhole()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var events = await EventsAsync(simulator, Ask("call g", Tools));

        Assert.Equal(
            "response.output_item.added response.function_call_arguments.delta response.function_call_arguments.done response.output_item.done",
            string.Join(' ', events[2..^1].Select(Type)));
        Assert.Equal("", events[2].GetProperty("item").GetProperty("arguments").GetString());
        Assert.Equal("{}", events[4].GetProperty("arguments").GetString());
    }

    [Fact]
    public async Task ReasoningWithoutSummary_IsCountedAndHidden()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var whole = await simulator.JsonAsync(Ask("[sim think=5 tokens=3]", ""), Path);
        var events = await EventsAsync(simulator, Ask("[sim think=5 tokens=3]", ""));

        Assert.Equal(0, whole.GetProperty("output")[0].GetProperty("summary").GetArrayLength());
        Assert.False(whole.GetProperty("output")[0].TryGetProperty("encrypted_content", out _));
        var usage = whole.GetProperty("usage");
        Assert.Equal((8, 5), (usage.GetProperty("output_tokens").GetInt32(), usage.GetProperty("output_tokens_details").GetProperty("reasoning_tokens").GetInt32()));
        Assert.DoesNotContain(events, data => Type(data)!.Contains("summary", StringComparison.Ordinal));
        Assert.Equal((16, 16), ((await simulator.SettledAsync(2)).TokensGenerated, simulator.Meter.Report().TokensWritten));
    }

    [Fact]
    public async Task ToolLoop_WithItsOwnReasoning_IsAnsweredWithText()
    {
        await using var simulator = await TestSimulator.StartAsync();
        var output = (await simulator.JsonAsync(Ask("call f", Tools + Summary), Path)).GetProperty("output");
        var history = $$"""[{"role":"user","content":"call f"},{{output[0]}},{{output[1]}},{"type":"function_call_output","call_id":"{{output[1].GetProperty("call_id").GetString()}}","output":"42"}]""";

        var answer = await simulator.JsonAsync($$"""{"model":"m","input":{{history}}{{Tools}}{{Summary}}}""", Path);
        var changed = await simulator.JsonAsync($$"""{"model":"m","input":{{history.Replace("\"encrypted_content\":\"", "\"encrypted_content\":\"A", StringComparison.Ordinal)}}}""", Path);

        Assert.Equal(["reasoning", "message"], answer.GetProperty("output").EnumerateArray().Select(Type));
        Assert.Equal("invalid_encrypted_content", changed.GetProperty("error").GetProperty("code").GetString());
    }

    [Theory]
    [InlineData(""","text":{"format":{"type":"json_schema","name":"s","schema":{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"],"additionalProperties":false},"strict":true}}""", "n")]
    [InlineData(""","text":{"format":{"type":"json_object"}}""", "answer")]
    public async Task Format_IsKept(string rest, string member)
    {
        await using var simulator = await TestSimulator.StartAsync();

        var answer = await simulator.JsonAsync(Ask("some JSON please", rest), Path);

        Assert.Equal(JsonValueKind.Number, JsonElement.Parse(Said(answer.GetProperty("output")[0])).GetProperty(member).ValueKind);
    }

    [Fact]
    public async Task InputTokens_AreWhatTheMeterCounts()
    {
        await using var simulator = await TestSimulator.StartAsync();
        const string Body = """{"model":"m","instructions":"be brief","input":[{"role":"user","content":[{"type":"input_text","text":"see"},{"type":"input_image","image_url":"data:image/png;base64,AAAA"}]}]}""";

        var counted = (await simulator.JsonAsync(Body, Path + "/input_tokens")).GetProperty("input_tokens").GetInt32();
        var usage = (await simulator.JsonAsync(Body, Path)).GetProperty("usage");

        await simulator.SettledAsync(2);
        Assert.Equal((3 + 3 + 3) + (2 + 1) + 1 + 85, counted);       // be, brie, f
        Assert.Equal(counted, usage.GetProperty("input_tokens").GetInt32());
        Assert.Equal(counted, simulator.Meter.Page(1, 1).Requests.Single().PromptTokens);
    }

    [Fact]
    public async Task StoredResponse_IsNotThere()
    {
        await using var simulator = await TestSimulator.StartAsync();

        using var got = await simulator.Http.GetAsync("/v1/responses/resp_1");
        using var deleted = await simulator.Http.DeleteAsync("/v1/responses/resp_1");

        Assert.Equal((404, 404), ((int)got.StatusCode, (int)deleted.StatusCode));
        Assert.Contains("Response with id 'resp_1' not found.", await got.Content.ReadAsStringAsync());
    }

    private static string Ask(string text, string rest) => $$"""{"model":"m","input":"{{text}}"{{rest}}}""";

    private static string? Type(JsonElement holder) => holder.GetProperty("type").GetString();

    private static string Said(JsonElement item) => Type(item) switch
    {
        "message" => item.GetProperty("content")[0].GetProperty("text").GetString()!,
        "reasoning" => string.Concat(item.GetProperty("summary").EnumerateArray().Select(part => part.GetProperty("text").GetString())),
        _ => item.GetProperty("arguments").GetString()!,
    };

    private static string WithoutIds(JsonElement output) => System.Text.RegularExpressions.Regex.Replace(output.ToString(), "\"(fc|call|msg|rs)_[^\"]*\"", "\"id\"");

    private static async Task<List<JsonElement>> EventsAsync(TestSimulator simulator, string body)
    {
        using var response = await simulator.SendAsync(body[..^1] + ""","stream":true}""", Path);
        var events = new List<JsonElement>();
        foreach (var piece in (await response.Content.ReadAsStringAsync()).Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            var lines = piece.Split('\n');
            events.Add(JsonElement.Parse(lines[1]["data: ".Length..]));
            Assert.Equal(lines[0]["event: ".Length..], Type(events[^1]));
        }

        return events;
    }
}
