using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Anthropic;
using Gateway.Router.Protocols.Neutral;
using static Gateway.Router.Tests.Protocols.Anthropic.Samples;

namespace Gateway.Router.Tests.Protocols.Anthropic;

public sealed class ThinkingWritingTests
{
    [Theory]
    [InlineData("claude-3-7-sonnet-20250219", ThinkingStyle.Budget)]
    [InlineData("claude-sonnet-4-20250514", ThinkingStyle.Budget)]
    [InlineData("claude-haiku-4-5-20251001", ThinkingStyle.Budget)]
    [InlineData("us.anthropic.claude-opus-4-5-20251101-v1:0", ThinkingStyle.Budget)]
    [InlineData("anthropic/claude-opus-4.6", ThinkingStyle.Both)]
    [InlineData("claude-opus-4-7", ThinkingStyle.Adaptive)]
    [InlineData("claude-fable-5", ThinkingStyle.Adaptive)]
    [InlineData("glm-4.6", ThinkingStyle.Budget)]
    internal void Model_ByItsName_ThinksInItsStyle(string model, ThinkingStyle style) => Assert.Equal(style, ClaudeModels.StyleOf(model));

    [Theory]
    [InlineData("minimal", 1024)]
    [InlineData("low", 1024)]
    [InlineData("medium", 8192)]
    [InlineData("high", 16384)]
    [InlineData("xhigh", 24576)]
    [InlineData("max", 32768)]
    public void Effort_ForAnOlderModel_BecomesABudget(string effort, long budget)
    {
        var body = Write(Translate(Thinking(ReasoningMode.Effort, effort, maxOutput: 60_000)));
        Assert.Equal($$"""{"type":"enabled","budget_tokens":{{budget}}}""", Compact(body.GetProperty("thinking")));
        Assert.Equal(60_000, body.GetProperty("max_tokens").GetInt64());
    }

    [Fact]
    public void Budget_AboveTheClientsCap_IsCutBelowIt()
    {
        var translation = Translate(Thinking(ReasoningMode.Budget, budget: 9000, maxOutput: 4000));
        var body = Write(translation);
        Assert.Equal(3999, body.GetProperty("thinking").GetProperty("budget_tokens").GetInt64());
        Assert.Equal(4000, body.GetProperty("max_tokens").GetInt64());
        Assert.Equal(["thinking"], translation.Notes.Adapted);
    }

    [Fact]
    public void Budget_ThatTheCapLeavesNoRoomFor_TurnsThinkingOff()
    {
        var translation = Translate(Thinking(ReasoningMode.Budget, budget: 2000, maxOutput: 1024));
        Assert.False(Write(translation).TryGetProperty("thinking", out _));
        Assert.Equal(["thinking"], translation.Notes.Adapted);
    }

    [Fact]
    public void Budget_ClientGaveNoCap_RaisesTheCap()
    {
        var request = Thinking(ReasoningMode.Budget, budget: 5000);
        request.MaxOutput = null;
        Assert.Equal(9096, Write(request).GetProperty("max_tokens").GetInt64());

        var body = Write(request, new UpstreamTraits { MaxOutput = 5000 });
        Assert.Equal((5000, 4999), (body.GetProperty("max_tokens").GetInt64(), body.GetProperty("thinking").GetProperty("budget_tokens").GetInt64()));
    }

    [Theory]
    [InlineData(ReasoningMode.Effort, "xhigh", null, """{"effort":"xhigh"}""")]
    [InlineData(ReasoningMode.Effort, "minimal", null, """{"effort":"low"}""")]
    [InlineData(ReasoningMode.Budget, null, 2048L, """{"effort":"low"}""")]
    [InlineData(ReasoningMode.Budget, null, 12288L, """{"effort":"medium"}""")]
    [InlineData(ReasoningMode.Budget, null, 20000L, """{"effort":"high"}""")]
    [InlineData(ReasoningMode.Auto, null, null, null)]
    internal void Reasoning_ForAnAdaptiveModel_BecomesAnEffort(ReasoningMode mode, string? effort, long? budget, string? config)
    {
        var body = Write(Translate(Thinking(mode, effort, budget), model: "claude-opus-4-7"));
        Assert.Equal("""{"type":"adaptive"}""", Compact(body.GetProperty("thinking")));
        Assert.Equal(config, body.TryGetProperty("output_config", out var written) ? Compact(written) : null);
    }

    [Theory]
    [InlineData(true, "summarized")]
    [InlineData(false, "omitted")]
    public void Show_IsWrittenAsDisplay(bool show, string display)
    {
        var request = Hello();
        request.Reasoning = new NeutralReasoning(ReasoningMode.Auto, null, null, show, new SourcePath("thinking"));
        Assert.Equal($$"""{"type":"adaptive","display":"{{display}}"}""", Compact(Write(Translate(request, model: "claude-opus-4-7")).GetProperty("thinking")));
    }

    [Fact]
    public void Off_IsSaidToModelsThatReason()
    {
        Assert.Equal("""{"type":"disabled"}""", Compact(Write(Thinking(ReasoningMode.Off)).GetProperty("thinking")));
        Assert.False(Write(Thinking(ReasoningMode.Off), new UpstreamTraits { Reasoning = false }).TryGetProperty("thinking", out _));
    }

    [Fact]
    public void Reasoning_ForAModelWithout_IsDropped()
    {
        var translation = Translate(Thinking(ReasoningMode.Effort, "high"), new UpstreamTraits { Reasoning = false });
        Assert.False(Write(translation).TryGetProperty("thinking", out _));
        Assert.Equal(["thinking"], translation.Notes.Dropped);
    }

    [Fact]
    public void Sampling_WhileThinking_IsDroppedUnlessItIsTheDefault()
    {
        var request = Thinking(ReasoningMode.Budget, budget: 1024, maxOutput: 9000);
        (request.Temperature, request.TopP, request.TopK) = (0.3, 0.9, 5);
        var translation = Translate(request);
        var body = Write(translation);
        Assert.False(body.TryGetProperty("temperature", out _) || body.TryGetProperty("top_p", out _) || body.TryGetProperty("top_k", out _));
        Assert.Equal(["temperature", "top_p", "top_k"], translation.Notes.Dropped);

        (request.Temperature, request.TopP, request.TopK) = (null, 0.95, null);
        Assert.Equal(0.95, Write(request).GetProperty("top_p").GetDouble());
    }

    [Fact]
    public void ForcedCall_WhileThinking_BecomesAuto()
    {
        var request = Thinking(ReasoningMode.Budget, budget: 1024, maxOutput: 9000);
        request.Tools.Add(new NeutralTool("f", null, null, null, new SourcePath("tools", 0)));
        request.ToolChoice = new NeutralToolChoice(ToolChoiceMode.Any);
        request.ParallelToolCalls = false;
        var translation = Translate(request);
        Assert.Equal("""{"type":"auto","disable_parallel_tool_use":true}""", Compact(Write(translation).GetProperty("tool_choice")));
        Assert.Equal(["tool_choice"], translation.Notes.Adapted);
    }

    [Fact]
    public void Pitfall25_ThinkingOfTheHistory_IsReplayedUnchangedAndFirst()
    {
        var translation = Translate(Loop(
            new TextPart("ok", At(1)), new ReasoningPart("hm", At(1, 1)) { Signature = "Eq+/==" }, new ReasoningPart("", At(1, 2)) { Redacted = "data" },
            new ReasoningPart("", At(1, 3)) { Signature = "only" }, Call("a", 1, 4)));
        var body = Write(translation);
        Assert.Equal(
            """[{"type":"thinking","thinking":"hm","signature":"Eq+/=="},{"type":"redacted_thinking","data":"data"},{"type":"thinking","thinking":"","signature":"only"},{"type":"text","text":"ok"},{"type":"tool_use","id":"a","name":"f","input":{}}]""",
            Compact(body.GetProperty("messages")[1].GetProperty("content")));
        Assert.True(body.TryGetProperty("thinking", out _));
        Assert.Null(translation.Notes.ToHeader());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("gAAAAABmOpenAI")]
    public void ForeignThinking_InAnOpenToolLoop_IsDroppedAndThinkingTurnedOff(string? signature)
    {
        var translation = Translate(Loop(new ReasoningPart("of another provider", At(1)) { Signature = signature }, Call("a", 1, 1)));
        var body = Write(translation);
        Assert.Equal("""[{"type":"tool_use","id":"a","name":"f","input":{}}]""", Compact(body.GetProperty("messages")[1].GetProperty("content")));
        Assert.False(body.TryGetProperty("thinking", out _));
        Assert.Equal(["messages[1].content[0]"], translation.Notes.Dropped);
        Assert.Equal(["thinking"], translation.Notes.Adapted);
    }

    [Fact]
    public void ToolLoop_ThatIsOver_DoesNotTurnThinkingOff()
    {
        var request = Loop(Call("a", 1));
        request.Turns.Add(Turn(NeutralRole.Assistant, 3, new TextPart("done", At(3))));
        request.Turns.Add(Turn(NeutralRole.User, 4, new TextPart("next", At(4))));
        Assert.True(Write(request).TryGetProperty("thinking", out _));
    }

    private static NeutralRequest Loop(params NeutralPart[] assistant)
    {
        var request = Thinking(ReasoningMode.Budget, budget: 2000, maxOutput: 9000);
        request.Turns.Add(Turn(NeutralRole.Assistant, 1, assistant));
        request.Turns.Add(Turn(NeutralRole.Tool, 2, Result("a", 2, "1")));
        return request;
    }

    private static NeutralRequest Thinking(ReasoningMode mode, string? effort = null, long? budget = null, long maxOutput = 60_000)
    {
        var request = Hello();
        request.MaxOutput = maxOutput;
        request.Reasoning = new NeutralReasoning(mode, effort, budget, null, new SourcePath("thinking"));
        return request;
    }
}
