using System.Text.Json;
using static Gateway.Simulator.Tests.Protocols.Anthropic.AnthropicClient;

namespace Gateway.Simulator.Tests.Protocols.Anthropic;

public sealed class MessagesTests
{
    private const string Stream = ""","stream":true""";

    [Theory]
    [InlineData("hello", "", "end_turn", "text")]
    [InlineData("call g and then call f", Tools, "tool_use", "tool_use tool_use")]
    [InlineData("call f and call f", Tools, "tool_use", "tool_use tool_use")]
    [InlineData("[sim calls=3] call g", Tools, "tool_use", "tool_use tool_use tool_use")]
    [InlineData("[sim calls=2]", Tools, "tool_use", "tool_use tool_use")]
    [InlineData("call f and call g", Tools + ""","tool_choice":{"type":"auto","disable_parallel_tool_use":true}""", "tool_use", "tool_use")]
    [InlineData("hello", Tools + ""","tool_choice":{"type":"any"}""", "tool_use", "tool_use")]
    [InlineData("hello", Tools + ""","tool_choice":{"type":"tool","name":"g"}""", "tool_use", "tool_use")]
    [InlineData("call f", Tools + ""","tool_choice":{"type":"none"}""", "end_turn", "text")]
    [InlineData("[sim tokens=9 think=7]", "", "end_turn", "thinking text")]
    [InlineData("call f", Tools + Thinking, "tool_use", "thinking tool_use")]
    [InlineData("[sim tokens=20] été 🙂", ""","stop_sequences":["e"]""", "stop_sequence", "text")]
    public async Task Answer_PlainAndStreamed_IsTheSame(string text, string rest, string reason, string types)
    {
        await using var simulator = await TestSimulator.StartAsync();

        var whole = await JsonAsync(simulator, Ask(text, rest));
        var events = await EventsAsync(simulator, Ask(text, rest + Stream));

        Assert.Equal(types, string.Join(' ', whole.GetProperty("content").EnumerateArray().Select(Type)));
        Assert.Equal(reason, whole.GetProperty("stop_reason").GetString());
        var delta = events.Single(data => Type(data) == "message_delta");
        Assert.Equal(reason, delta.GetProperty("delta").GetProperty("stop_reason").GetString());
        Assert.Equal(WithoutIds(JsonSerializer.Serialize(whole.GetProperty("content"))), WithoutIds(Fold(events)));
        Assert.Equal(whole.GetProperty("usage").GetProperty("output_tokens").GetInt32(), delta.GetProperty("usage").GetProperty("output_tokens").GetInt32());
    }

    [Fact]
    public async Task Stream_HasTheEventsOfTheProtocolInOrder()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var events = await EventsAsync(simulator, Ask("[sim tokens=2 think=1]", Stream));

        Assert.Equal(
            "message_start content_block_start ping content_block_delta content_block_delta content_block_stop "
            + "content_block_start content_block_delta content_block_delta content_block_stop message_delta message_stop",
            string.Join(' ', events.Select(Type)));
        var message = events[0].GetProperty("message");
        Assert.Equal("signature_delta", Type(events[4].GetProperty("delta")));
        Assert.StartsWith("msg_", message.GetProperty("id").GetString());
        Assert.Equal(0, message.GetProperty("content").GetArrayLength());
        Assert.Equal(1, message.GetProperty("usage").GetProperty("output_tokens").GetInt32());
    }

    [Fact]
    public async Task Whole_HasTheMembersOfTheProtocol()
    {
        await using var simulator = await TestSimulator.StartAsync();

        using var response = await SendAsync(simulator, Ask("[sim tokens=4]", ""","stop_sequences":["zzz"]"""));

        var body = JsonElement.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal(["id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "stop_details", "usage"], body.EnumerateObject().Select(member => member.Name));
        Assert.Equal(JsonValueKind.Null, body.GetProperty("stop_sequence").ValueKind);
        Assert.Equal(4, body.GetProperty("usage").GetProperty("output_tokens").GetInt32());
        Assert.StartsWith("req_", response.Headers.GetValues("request-id").Single());
    }

    [Fact]
    public async Task StopSequence_IsNamed()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var answer = await JsonAsync(simulator, Ask("[sim echo] one two", ""","stop_sequences":["never","two"]"""));

        Assert.Equal("two", answer.GetProperty("stop_sequence").GetString());
        Assert.Equal("[sim echo] one ", answer.GetProperty("content")[0].GetProperty("text").GetString());
    }

    [Fact]
    public async Task ToolLoop_WithItsOwnThinking_IsAnsweredWithText()
    {
        await using var simulator = await TestSimulator.StartAsync();
        var first = await JsonAsync(simulator, Ask("call f", Tools + Thinking));
        var content = first.GetProperty("content");

        var messages = $$$"""{"role":"user","content":"call f"},{"role":"assistant","content":{{{content}}}},{"role":"user","content":[{"type":"tool_result","tool_use_id":"{{{content[1].GetProperty("id").GetString()}}}","content":"42"}]}""";
        var second = await JsonAsync(simulator, Talk(messages, Tools + Thinking));

        Assert.Equal(["thinking", "text"], second.GetProperty("content").EnumerateArray().Select(Type));

        var changed = await JsonAsync(simulator, Talk(messages.Replace("\"signature\":\"", "\"signature\":\"A", StringComparison.Ordinal), Tools + Thinking));
        Assert.Equal("messages.1.content.0: Invalid `signature` in `thinking` block", changed.GetProperty("error").GetProperty("message").GetString());
    }

    [Fact]
    public async Task Thinking_Omitted_HasOnlyItsSignatureAndComesBack()
    {
        await using var simulator = await TestSimulator.StartAsync();
        const string Omitted = ""","thinking":{"type":"enabled","budget_tokens":1024,"display":"omitted"}""";

        var answer = await JsonAsync(simulator, Ask("hi", Omitted));
        var events = await EventsAsync(simulator, Ask("hi", Omitted + Stream));

        var content = answer.GetProperty("content");
        Assert.Equal("", content[0].GetProperty("thinking").GetString());
        Assert.Equal(12, answer.GetProperty("usage").GetProperty("output_tokens_details").GetProperty("thinking_tokens").GetInt32());
        Assert.Equal(12, events[^2].GetProperty("usage").GetProperty("output_tokens_details").GetProperty("thinking_tokens").GetInt32());
        Assert.Equal(JsonSerializer.Serialize(content), Fold(events));
        var again = await JsonAsync(simulator, Talk($$"""{"role":"user","content":"hi"},{"role":"assistant","content":{{content}}},{"role":"user","content":"and?"}"""));
        Assert.Equal("message", Type(again));
        await simulator.SettledAsync(3);
        Assert.All(simulator.Meter.Page(0, 10).Requests, row => Assert.Equal(row.TokensGenerated, row.TokensWritten));
    }

    [Fact]
    public async Task Schema_IsAnsweredWithAValueOfIt()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var answer = await JsonAsync(simulator, Ask("x",
            ""","output_config":{"format":{"type":"json_schema","schema":{"type":"object","additionalProperties":false,"properties":{"n":{"type":"integer"}}}}}"""));

        var value = JsonElement.Parse(answer.GetProperty("content")[0].GetProperty("text").GetString()!);
        Assert.Equal(JsonValueKind.Number, value.GetProperty("n").ValueKind);
    }

    [Fact]
    public async Task CacheMarks_FirstWriteThenRead_AndTheMeterCountsAll()
    {
        await using var simulator = await TestSimulator.StartAsync();
        const string System = ""","system":[{"type":"text","text":"one two three four","cache_control":{"type":"ephemeral"}}]""";

        var first = (await JsonAsync(simulator, Ask("hello", System))).GetProperty("usage");
        var second = (await JsonAsync(simulator, Ask("other words", System))).GetProperty("usage");
        var unmarked = (await JsonAsync(simulator, Ask("hello"))).GetProperty("usage");

        var prefix = first.GetProperty("cache_creation_input_tokens").GetInt32();
        Assert.Equal((5, 0), (prefix, first.GetProperty("cache_read_input_tokens").GetInt32()));     // one, two, thre, e, four
        Assert.Equal((0, prefix), (second.GetProperty("cache_creation_input_tokens").GetInt32(), second.GetProperty("cache_read_input_tokens").GetInt32()));
        Assert.Equal((0, 0), (unmarked.GetProperty("cache_creation_input_tokens").GetInt32(), unmarked.GetProperty("cache_read_input_tokens").GetInt32()));
        await simulator.SettledAsync(3);
        var row = simulator.Meter.Page(0, 1).Requests.Single();
        Assert.Equal(row.PromptTokens, first.GetProperty("input_tokens").GetInt32() + prefix);
    }

    [Fact]
    public async Task CacheMark_ThatMovesOn_ReadsWhatTheEarlierOneWrote()
    {
        await using var simulator = await TestSimulator.StartAsync();
        const string Mark = ""","cache_control":{"type":"ephemeral","ttl":"1h"}""";
        const string One = """{"role":"user","content":[{"type":"text","text":"alpha"MARK}]}""";

        await JsonAsync(simulator, Talk(One.Replace("MARK", Mark, StringComparison.Ordinal)));
        var usage = (await JsonAsync(simulator, Talk(
            One.Replace("MARK", "", StringComparison.Ordinal) + $$""",{"role":"assistant","content":"beta"},{"role":"user","content":[{"type":"text","text":"gam"{{Mark}}}]}"""))).GetProperty("usage");

        Assert.Equal((0, 2), (usage.GetProperty("cache_creation").GetProperty("ephemeral_5m_input_tokens").GetInt32(), usage.GetProperty("cache_creation").GetProperty("ephemeral_1h_input_tokens").GetInt32()));
        Assert.Equal((2, 2), (usage.GetProperty("cache_read_input_tokens").GetInt32(), usage.GetProperty("cache_creation_input_tokens").GetInt32()));
    }

    [Theory]
    [InlineData("hello there", "")]
    [InlineData("call f", Tools + ""","system":"be brief" """)]
    public async Task CountTokens_IsWhatTheMeterCounts(string text, string rest)
    {
        await using var simulator = await TestSimulator.StartAsync();
        var body = Ask(text, rest);

        var counted = await JsonAsync(simulator, body.Replace("\"max_tokens\":2048,", "", StringComparison.Ordinal), "/v1/messages/count_tokens");
        var usage = (await JsonAsync(simulator, body)).GetProperty("usage");

        await simulator.SettledAsync(2);
        var rows = simulator.Meter.Page(0, 10).Requests;
        Assert.Equal(counted.GetProperty("input_tokens").GetInt32(), usage.GetProperty("input_tokens").GetInt32());
        Assert.Equal(counted.GetProperty("input_tokens").GetInt32(), rows[1].PromptTokens);
        Assert.Equal((0, 0), (rows[0].PromptTokens, rows[0].TokensGenerated));
    }

    [Fact]
    public async Task Image_Costs85()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var answer = await JsonAsync(simulator, Talk("""
            {"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}},{"type":"text","text":"see"}]}
            """));

        Assert.Equal(85 + 1 + 3 + 3, answer.GetProperty("usage").GetProperty("input_tokens").GetInt32());
    }

    [Fact]
    public async Task Models_AreListedInTheOtherShapeAndPaged()
    {
        await using var simulator = await TestSimulator.StartAsync(null, ("SIMULATOR_MODELS", "a,b,c"));
        var plain = JsonElement.Parse(await simulator.Http.GetStringAsync("/v1/models"));
        simulator.Http.DefaultRequestHeaders.Add("anthropic-version", "2023-06-01");

        var page = JsonElement.Parse(await simulator.Http.GetStringAsync("/v1/models?limit=2"));
        var rest = JsonElement.Parse(await simulator.Http.GetStringAsync("/v1/models?after_id=b"));
        var before = JsonElement.Parse(await simulator.Http.GetStringAsync("/v1/models?before_id=c&limit=1"));
        var one = JsonElement.Parse(await simulator.Http.GetStringAsync("/v1/models/b"));
        using var none = await simulator.Http.GetAsync("/v1/models/x");

        Assert.Equal("list", plain.GetProperty("object").GetString());
        Assert.Equal(("a", "b", true), (page.GetProperty("first_id").GetString(), page.GetProperty("last_id").GetString(), page.GetProperty("has_more").GetBoolean()));
        Assert.Equal(("c", false), (rest.GetProperty("first_id").GetString(), rest.GetProperty("has_more").GetBoolean()));
        Assert.Equal(("b", true), (before.GetProperty("first_id").GetString(), before.GetProperty("has_more").GetBoolean()));
        Assert.Equal(("model", "b"), (Type(one), one.GetProperty("id").GetString()));
        Assert.Equal(404, (int)none.StatusCode);
        Assert.Equal("not_found_error", Type(JsonElement.Parse(await none.Content.ReadAsStringAsync()).GetProperty("error")));
    }
}
