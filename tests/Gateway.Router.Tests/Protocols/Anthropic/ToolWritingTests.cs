using Gateway.Router.Protocols.Neutral;
using static Gateway.Router.Tests.Protocols.Anthropic.Samples;

namespace Gateway.Router.Tests.Protocols.Anthropic;

public sealed class ToolWritingTests
{
    [Theory]
    [InlineData(null, null, """{"type":"object","properties":{}}""")]
    [InlineData("{}", null, """{"type":"object"}""")]
    [InlineData(null, true, """{"type":"object","properties":{},"additionalProperties":false}""")]
    [InlineData("""{"properties":{"a":{"type":"object"}}}""", null, """{"type":"object","properties":{"a":{"type":"object"}}}""")]
    [InlineData("""{"type":"object","$defs":{"x":{"properties":{}}},"properties":{"b":{"$ref":"#/$defs/x"},"a":{"enum":[{"type":"object"}]}}}""", true,
        """{"type":"object","$defs":{"x":{"properties":{},"additionalProperties":false}},"properties":{"b":{"$ref":"#/$defs/x"},"a":{"enum":[{"type":"object"}]}},"additionalProperties":false}""")]
    public void Parameters_AsAnthropicWantsThem(string? parameters, bool? strict, string schema)
    {
        var tool = Write(WithTools(Tool("f", parameters, strict))).GetProperty("tools")[0];
        Assert.Equal(schema, Compact(tool.GetProperty("input_schema")));
        Assert.Equal(strict == true, tool.TryGetProperty("strict", out _));
    }

    [Fact]
    public void Tool_Whole_InStableOrder()
    {
        var request = WithTools(Tool("f", """{"type":"object","properties":{"z":{},"a":{}}}""") with { Description = "does", Cache = new CacheMark("1h") });
        Assert.Equal(
            """[{"name":"f","description":"does","input_schema":{"type":"object","properties":{"z":{},"a":{}}},"cache_control":{"type":"ephemeral","ttl":"1h"}}]""",
            Compact(Write(request).GetProperty("tools")));
    }

    [Theory]
    [InlineData(null, null, null)]
    [InlineData(null, true, null)]
    [InlineData(null, false, """{"type":"auto","disable_parallel_tool_use":true}""")]
    [InlineData(ToolChoiceMode.Auto, null, """{"type":"auto"}""")]
    [InlineData(ToolChoiceMode.Any, false, """{"type":"any","disable_parallel_tool_use":true}""")]
    [InlineData(ToolChoiceMode.None, false, """{"type":"none"}""")]
    internal void Choice_IsAnObject(ToolChoiceMode? mode, bool? parallel, string? written)
    {
        var request = WithTools(Tool("f"));
        request.ToolChoice = mode is { } chosen ? new NeutralToolChoice(chosen) : null;
        request.ParallelToolCalls = parallel;
        Assert.Equal(written, Write(request).TryGetProperty("tool_choice", out var choice) ? Compact(choice) : null);
    }

    [Fact]
    public void Choice_OfOneTool_NamesItAndKeepsTheOthers()
    {
        var request = WithTools(Tool("a b"), Tool("g"));
        request.ToolChoice = new NeutralToolChoice(ToolChoiceMode.Named, ["a b"]);
        var body = Write(request);
        var name = body.GetProperty("tools")[0].GetProperty("name").GetString();
        Assert.Matches("^[a-zA-Z0-9_-]+$", name);
        Assert.Equal(name, body.GetProperty("tool_choice").GetProperty("name").GetString());
        Assert.Equal(2, body.GetProperty("tools").GetArrayLength());
    }

    [Fact]
    public void Choice_AmongSome_LeavesTheOthersOut()
    {
        var request = WithTools(Tool("f"), Tool("g"), Tool("h"));
        request.ToolChoice = new NeutralToolChoice(ToolChoiceMode.Any, ["h", "f"]);
        var body = Write(request);
        Assert.Equal(["f", "h"], body.GetProperty("tools").EnumerateArray().Select(static tool => tool.GetProperty("name").GetString()));
        Assert.Equal("""{"type":"any"}""", Compact(body.GetProperty("tool_choice")));
    }

    [Fact]
    public void Choice_WithoutTools_IsNotWritten()
    {
        var request = Hello();
        (request.ToolChoice, request.ParallelToolCalls) = (new NeutralToolChoice(ToolChoiceMode.Any), false);
        var body = Write(request);
        Assert.False(body.TryGetProperty("tool_choice", out _) || body.TryGetProperty("tools", out _));
    }

    [Fact]
    public void CustomTool_BecomesAFunctionOfOneText()
    {
        var request = WithTools(Tool("f") with { IsCustom = true });
        request.Turns.Add(Turn(NeutralRole.Assistant, 1, new ToolCallPart("a", "f", "plain", At(1)) { IsCustom = true }));
        request.Turns.Add(Turn(NeutralRole.Tool, 2, Result("a", 2, "1")));
        var translation = Translate(request);
        var body = Write(translation);
        Assert.Equal("""{"type":"object","properties":{"input":{"type":"string"}},"required":["input"]}""", Compact(body.GetProperty("tools")[0].GetProperty("input_schema")));
        Assert.Equal("""{"input":"plain"}""", Compact(body.GetProperty("messages")[1].GetProperty("content")[0].GetProperty("input")));
        Assert.Equal(["tools[0]"], translation.Notes.Adapted);
    }

    [Fact]
    public void Pitfall35_CacheMarks_KeepTheirPlacesAndTheLastFourStay()
    {
        var mark = new CacheMark(null);
        var request = WithTools(Tool("f") with { Cache = mark });
        request.System.Add(new TextPart("one", new SourcePath("system", 0)) { Cache = mark });
        request.System.Add(new TextPart("", new SourcePath("system", 1)) { Cache = mark });
        request.System.Add(new TextPart("two", new SourcePath("system", 2)) { Cache = mark });
        request.Turns.Clear();
        request.Turns.Add(Turn(NeutralRole.User, 0, new TextPart("three", At(0)) { Cache = mark }, new TextPart("", At(0)) { Cache = mark }));
        request.Turns.Add(Turn(NeutralRole.Assistant, 1, new ReasoningPart("hm", At(1)) { Signature = "s", Cache = mark }, Call("a", 1)));
        request.Turns.Add(Turn(NeutralRole.Tool, 2, new ToolResultPart("a", null, [new TextPart("four", At(2)) { Cache = mark }], false, At(2)) { Cache = mark }));
        var text = Text(Translate(request));
        const string Mark = """,\u0022cache_control\u0022:{\u0022type\u0022:\u0022ephemeral\u0022}}""";
        var written = Mark.Replace("\\u0022", "\"", StringComparison.Ordinal);
        Assert.Equal(4, text.Split("cache_control").Length - 1);
        foreach (var marked in (string[])["\"text\":\"two\"", "\"text\":\"three\"", "\"text\":\"four\""])
        {
            Assert.Contains(marked + written, text, StringComparison.Ordinal);
        }

        Assert.EndsWith("]" + written + "]}]}", text, StringComparison.Ordinal);
        Assert.Equal(text, Text(Translate(request)));
    }

    private static NeutralRequest WithTools(params NeutralTool[] tools)
    {
        var request = Hello();
        request.Tools.AddRange(tools);
        return request;
    }

    private static NeutralTool Tool(string name, string? parameters = null, bool? strict = null) =>
        new(name, null, parameters is null ? null : Json(parameters), strict, new SourcePath("tools", 0));
}
