using System.Text;
using System.Text.Json;

namespace Gateway.Simulator.Tests.Protocols.Bedrock;

public sealed class ConverseTests
{
    private const string Path = "/model/anthropic.claude-3-haiku-20240307-v1%3A0/converse";
    private const string Tools = ""","toolConfig":{"tools":[{"toolSpec":{"name":"f","inputSchema":{"json":{"type":"object","properties":{"q":{"type":"string"}}}}}},{"toolSpec":{"name":"g","inputSchema":{"json":{"type":"object"}}}}]CHOICE}""";
    private const string Thinking = ""","inferenceConfig":{"maxTokens":4000},"additionalModelRequestFields":{"thinking":{"type":"enabled","budget_tokens":1024}}""";

    [Theory]
    [InlineData("hello", "", "end_turn", "text")]
    [InlineData("[sim tokens=9]", ""","inferenceConfig":{"maxTokens":4}""", "max_tokens", "text")]
    [InlineData("[sim echo] one two", ""","inferenceConfig":{"stopSequences":["two"]}""", "stop_sequence", "text")]
    [InlineData("call g and call f", Tools, "tool_use", "toolUse toolUse")]
    [InlineData("[sim calls=3] call f", Tools, "tool_use", "toolUse toolUse toolUse")]
    [InlineData("hello", Tools + "any", "tool_use", "toolUse")]
    [InlineData("hello", Tools + "tool", "tool_use", "toolUse")]
    [InlineData("[sim think=3]", "", "end_turn", "reasoningContent text")]
    [InlineData("call f", Tools + Thinking, "tool_use", "reasoningContent toolUse")]
    public async Task Answer_PlainAndStreamed_IsTheSame(string text, string rest, string reason, string kinds)
    {
        await using var simulator = await TestSimulator.StartAsync();
        rest = rest.EndsWith("any", StringComparison.Ordinal) ? rest[..^3].Replace("CHOICE", ""","toolChoice":{"any":{}}""", StringComparison.Ordinal)
            : rest.EndsWith("tool", StringComparison.Ordinal) ? rest[..^4].Replace("CHOICE", ""","toolChoice":{"tool":{"name":"g"}}""", StringComparison.Ordinal)
            : rest.Replace("CHOICE", "", StringComparison.Ordinal);

        var whole = await simulator.JsonAsync(Ask(text, rest), Path);
        using var response = await simulator.SendAsync(Ask(text, rest), Path + "-stream");
        var events = EventMessage.Read(await response.Content.ReadAsByteArrayAsync());

        Assert.Equal("application/vnd.amazon.eventstream", response.Content.Headers.ContentType!.MediaType);
        var content = whole.GetProperty("output").GetProperty("message").GetProperty("content");
        Assert.Equal(kinds, string.Join(' ', content.EnumerateArray().Select(block => block.EnumerateObject().Single().Name)));
        Assert.Equal(reason, whole.GetProperty("stopReason").GetString());
        Assert.Equal(reason, events.Single(message => message.Type == "messageStop").Json.GetProperty("stopReason").GetString());
        Assert.Equal(whole.GetProperty("usage").ToString(), events[^1].Json.GetProperty("usage").ToString());
        Assert.Equal(WithoutIds(content.ToString()), WithoutIds(Fold(events)));
    }

    [Fact]
    public async Task Stream_HasTheEventsOfTheProtocolInOrder()
    {
        await using var simulator = await TestSimulator.StartAsync();

        using var response = await simulator.SendAsync(Ask("[sim think=1] call g", Tools.Replace("CHOICE", "", StringComparison.Ordinal)), Path + "-stream");
        var events = EventMessage.Read(await response.Content.ReadAsByteArrayAsync());

        Assert.Equal(
            "messageStart contentBlockDelta contentBlockDelta contentBlockStop contentBlockStart contentBlockDelta contentBlockStop messageStop metadata",
            string.Join(' ', events.Select(message => message.Type)));
        Assert.Equal([0, 0, 0, 1, 1, 1], events[1..^2].Select(message => message.Json.GetProperty("contentBlockIndex").GetInt32()));
        Assert.All(events, message => Assert.Equal(("event", "application/json"), (message.Headers[":message-type"], message.Headers[":content-type"])));
        Assert.NotEmpty(response.Headers.GetValues("x-amzn-requestid").Single());
    }

    [Fact]
    public async Task ErrorAfter_IsAnExceptionMessage()
    {
        await using var simulator = await TestSimulator.StartAsync();

        using var response = await simulator.SendAsync(Ask("[sim error_after=1]"), Path + "-stream");
        var last = EventMessage.Read(await response.Content.ReadAsByteArrayAsync())[^1];

        Assert.Equal(("exception", "internalServerException"), (last.Headers[":message-type"], last.Type));
    }

    [Fact]
    public void Checksum_IsThatOfTheStandard() =>

        // The check value of CRC-32/ISO-HDLC.
        Assert.Equal(0xCBF43926, Gateway.Simulator.Protocols.Bedrock.EventStreamBuffer.Checksum("123456789"u8));

    [Fact]
    public async Task ToolLoop_WithItsOwnReasoning_IsAnsweredWithText()
    {
        await using var simulator = await TestSimulator.StartAsync();
        var rest = Tools.Replace("CHOICE", "", StringComparison.Ordinal) + Thinking;
        var content = (await simulator.JsonAsync(Ask("call f", rest), Path)).GetProperty("output").GetProperty("message").GetProperty("content");
        var id = content[1].GetProperty("toolUse").GetProperty("toolUseId").GetString();
        var history = $$$"""{"messages":[{"role":"user","content":[{"text":"call f"}]},{"role":"assistant","content":{{{content}}}},{"role":"user","content":[{"toolResult":{"toolUseId":"{{{id}}}","content":[{"json":{"a":1}}]}}]}]{{{rest}}}}""";

        var answer = await simulator.JsonAsync(history, Path);
        var changed = await simulator.JsonAsync(history.Replace("\"signature\":\"", "\"signature\":\"A", StringComparison.Ordinal), Path);

        Assert.Equal("end_turn", answer.GetProperty("stopReason").GetString());
        Assert.Equal("The model returned the following errors: messages.1.content.0: Invalid `signature` in `thinking` block", changed.GetProperty("message").GetString());
    }

    [Fact]
    public async Task CachePoints_FirstWriteThenRead()
    {
        await using var simulator = await TestSimulator.StartAsync();
        const string System = ""","system":[{"text":"one two"},{"cachePoint":{"type":"default"}}]""";

        var first = (await simulator.JsonAsync(Ask("hello", System), Path)).GetProperty("usage");
        var second = (await simulator.JsonAsync(Ask("other", System), Path)).GetProperty("usage");

        Assert.Equal((0, 2), (first.GetProperty("cacheReadInputTokens").GetInt32(), first.GetProperty("cacheWriteInputTokens").GetInt32()));
        Assert.Equal((2, 0), (second.GetProperty("cacheReadInputTokens").GetInt32(), second.GetProperty("cacheWriteInputTokens").GetInt32()));
        await simulator.SettledAsync(2);
        var row = simulator.Meter.Page(0, 1).Requests.Single();
        Assert.Equal(row.PromptTokens, first.GetProperty("inputTokens").GetInt32() + 2);
        Assert.Equal(row.PromptTokens + row.TokensGenerated, first.GetProperty("totalTokens").GetInt32());
    }

    [Fact]
    public async Task CountTokens_IsWhatTheMeterCounts()
    {
        await using var simulator = await TestSimulator.StartAsync();
        const string Image = """{"messages":[{"role":"user","content":[{"image":{"format":"png","source":{"bytes":"AAAA"}}},{"text":"see"}]}]}""";

        var counted = await simulator.JsonAsync($$$"""{"input":{"converse":{{{Image}}}}}""", Path.Replace("/converse", "/count-tokens", StringComparison.Ordinal));
        await simulator.JsonAsync(Image, Path);

        await simulator.SettledAsync(2);
        Assert.Equal(85 + 1 + 3 + 3, counted.GetProperty("inputTokens").GetInt32());
        Assert.Equal([0, 92], simulator.Meter.Page(0, 2).Requests.Select(row => row.PromptTokens));
        Assert.Equal("anthropic.claude-3-haiku-20240307-v1:0", simulator.Meter.Page(0, 1).Requests.Single().Model);
    }

    [Fact]
    public async Task Schema_IsAnsweredWithAValueOfIt()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var answer = await simulator.JsonAsync(Ask("x",
            ""","outputConfig":{"textFormat":{"type":"json_schema","structure":{"jsonSchema":{"schema":"{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{\"n\":{\"type\":\"integer\"}}}"}}}}"""), Path);

        var text = answer.GetProperty("output").GetProperty("message").GetProperty("content")[0].GetProperty("text").GetString()!;
        Assert.Equal(JsonValueKind.Number, JsonElement.Parse(text).GetProperty("n").ValueKind);
    }

    private static string Ask(string text, string rest = "") => $$"""{"messages":[{"role":"user","content":[{"text":"{{text}}"}]}]{{rest}}}""";

    /// <summary>What a client makes of the events: the content of the message.</summary>
    private static string Fold(List<EventMessage> events)
    {
        var blocks = new List<string>();
        foreach (var block in events.Where(message => message.Type.StartsWith("contentBlock", StringComparison.Ordinal)).GroupBy(message => message.Json.GetProperty("contentBlockIndex").GetInt32()))
        {
            var deltas = block.Where(message => message.Type == "contentBlockDelta").Select(message => message.Json.GetProperty("delta")).ToList();
            var tool = block.FirstOrDefault(message => message.Type == "contentBlockStart")?.Json.GetProperty("start").GetProperty("toolUse");
            blocks.Add(tool is { } use
                ? $$$"""{"toolUse":{"input":{{{Join(deltas, "toolUse", "input")}}},"name":"{{{use.GetProperty("name").GetString()}}}","toolUseId":"{{{use.GetProperty("toolUseId").GetString()}}}"}}"""
                : deltas[0].TryGetProperty("reasoningContent", out _)
                ? "{\"reasoningContent\":{\"reasoningText\":{\"signature\":" + Quote(Join(deltas, "reasoningContent", "signature")) + ",\"text\":" + Quote(Join(deltas, "reasoningContent", "text")) + "}}}"
                : $$"""{"text":{{Quote(string.Concat(deltas.Select(delta => delta.GetProperty("text").GetString())))}}}""");
        }

        return $"[{string.Join(',', blocks)}]";
    }

    private static string Join(List<JsonElement> deltas, string kind, string member) =>
        string.Concat(deltas.Select(delta => delta.GetProperty(kind).TryGetProperty(member, out var value) ? value.GetString() : ""));

    private static string Quote(string text) => Encoding.UTF8.GetString(Gateway.Simulator.Protocols.Json.Write(json => json.WriteStringValue(text)).Span);

    private static string WithoutIds(string content) => System.Text.RegularExpressions.Regex.Replace(content, "\"tooluse_[^\"]*\"", "\"id\"");
}
