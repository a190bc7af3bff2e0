using Gateway.Router.Protocols.Bedrock;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Tests.Protocols.Ollama;

namespace Gateway.Router.Tests.Protocols.Bedrock;

public sealed class BedrockThinkingTests
{
    [Theory]
    [InlineData(BedrockCases.Claude45, "Effort", "low", null, null, """{"thinking":{"type":"enabled","budget_tokens":1024}}""", null)]
    [InlineData(BedrockCases.Claude45, "Effort", "high", null, null, """{"thinking":{"type":"enabled","budget_tokens":16384}}""", null)]
    [InlineData(BedrockCases.Claude45, "Effort", "high", null, 5000, """{"thinking":{"type":"enabled","budget_tokens":4999}}""", "adapted=think")]
    [InlineData(BedrockCases.Claude45, "Effort", "high", null, 500, null, "adapted=think")]
    [InlineData(BedrockCases.Claude45, "Auto", null, null, null, """{"thinking":{"type":"enabled","budget_tokens":8192}}""", null)]
    [InlineData(BedrockCases.Claude45, "Budget", null, 3000, null, """{"thinking":{"type":"enabled","budget_tokens":3000}}""", null)]
    [InlineData(BedrockCases.Claude46, "Auto", null, null, null, """{"thinking":{"type":"adaptive"}}""", null)]
    [InlineData(BedrockCases.Claude46, "Effort", "max", null, null, """{"thinking":{"type":"adaptive"},"output_config":{"effort":"max"}}""", null)]
    [InlineData(BedrockCases.Claude46, "Effort", "minimal", null, null, """{"thinking":{"type":"adaptive"},"output_config":{"effort":"low"}}""", "adapted=think")]
    [InlineData(BedrockCases.Claude46, "Budget", null, 3000, null, """{"thinking":{"type":"enabled","budget_tokens":3000}}""", null)]
    [InlineData("anthropic.claude-opus-4-7", "Budget", null, 3000, null, """{"thinking":{"type":"adaptive"},"output_config":{"effort":"medium"}}""", "adapted=think")]
    [InlineData("anthropic.claude-3-5-sonnet-20241022-v2:0", "Auto", null, null, null, null, "dropped=think")]
    [InlineData(BedrockCases.Llama, "Effort", "high", null, null, null, "dropped=think")]
    [InlineData(BedrockCases.Llama, "Off", null, null, null, null, null)]
    [InlineData(BedrockCases.Claude45, "Off", null, null, null, null, null)]
    public void Reasoning_IsInTheWordsOfClaude(string model, string mode, string? effort, int? budget, int? cap, string? fields, string? warning)
    {
        var request = OllamaCases.Ask();
        request.Reasoning = new NeutralReasoning(Enum.Parse<ReasoningMode>(mode), effort, budget, null, default);
        request.MaxOutput = cap;
        Check(request, model, fields, warning);
    }

    [Fact]
    public void Thinking_ExcludesSampling()
    {
        var request = Thinking();
        request.Temperature = 0.5;
        request.TopP = 0.5;
        request.TopK = 5;
        var notes = new TranslationNotes();
        Assert.Equal("{}", BedrockCases.WriteJson(request, notes: notes).GetProperty("inferenceConfig").GetRawText());
        Assert.Equal("dropped=options.temperature,options.top_p,options.top_k", notes.ToHeader());
    }

    [Fact]
    public void Thinking_WithAForcedTool_IsLeftOut()
    {
        var request = Thinking();
        request.Tools.Add(new NeutralTool("f", null, null, null, default));
        request.ToolChoice = new NeutralToolChoice(ToolChoiceMode.Any);
        Check(request, BedrockCases.Claude45, null, "adapted=think");
    }

    [Fact]
    public void Pitfall25_SignedReasoning_IsReplayedUnchangedBeforeTheCalls()
    {
        var request = WithCalls(new ReasoningPart("hm", default) { Signature = "sig" }, new ReasoningPart("", default) { Redacted = "AAA=" });
        var json = BedrockCases.WriteJson(request);
        Assert.Equal(
            """[{"reasoningContent":{"reasoningText":{"text":"hm","signature":"sig"}}},{"reasoningContent":{"redactedContent":"AAA="}},{"toolUse":{"toolUseId":"c1","name":"f","input":{}}}]""",
            json.GetProperty("messages")[1].GetProperty("content").GetRawText());
        Assert.True(json.TryGetProperty("additionalModelRequestFields", out _));
    }

    [Fact]
    public void Pitfall25_ReasoningWithoutProof_IsDroppedAndThinkingLeftOut()
    {
        var request = WithCalls(new ReasoningPart("hm", new SourcePath("messages", 1, "content", 0)));
        var notes = new TranslationNotes();
        var json = BedrockCases.WriteJson(request, notes: notes);
        Assert.Equal("""[{"toolUse":{"toolUseId":"c1","name":"f","input":{}}}]""", json.GetProperty("messages")[1].GetProperty("content").GetRawText());
        Assert.False(json.TryGetProperty("additionalModelRequestFields", out _));
        Assert.Equal("dropped=messages[1].content[0]; adapted=think", notes.ToHeader());
    }

    [Theory]
    [InlineData("us.anthropic.claude-sonnet-4-5-20250929-v1:0", 4, 5)]
    [InlineData("anthropic.claude-3-7-sonnet-20250219-v1:0", 3, 7)]
    [InlineData("anthropic.claude-opus-4-20250514-v1:0", 4, 0)]
    [InlineData("us.anthropic.claude-sonnet-4-6", 4, 6)]
    [InlineData("anthropic.claude-v2:1", 0, 0)]
    [InlineData("amazon.nova-lite-v1:0", 0, 0)]
    public void Model_Id_TellsTheVersion(string id, int major, int minor)
    {
        var model = BedrockModel.Of(id);
        Assert.Equal((major, minor), (model.Major, model.Minor));
        Assert.Equal(id.Contains("claude", StringComparison.Ordinal), model.IsClaude);
    }

    private static NeutralRequest Thinking()
    {
        var request = OllamaCases.Ask();
        request.Reasoning = new NeutralReasoning(ReasoningMode.Auto, null, null, null, default);
        return request;
    }

    private static NeutralRequest WithCalls(params NeutralPart[] before)
    {
        var request = Thinking();
        request.Tools.Add(new NeutralTool("f", null, null, null, default));
        OllamaCases.Turn(request, NeutralRole.Assistant, [.. before, OllamaCases.Call("c1", "f", "{}")]);
        OllamaCases.Turn(request, NeutralRole.Tool, OllamaCases.Result("c1", "x"));
        return request;
    }

    private static void Check(NeutralRequest request, string model, string? fields, string? warning)
    {
        var notes = new TranslationNotes();
        var json = BedrockCases.WriteJson(request, model, notes: notes);
        Assert.Equal(fields, json.TryGetProperty("additionalModelRequestFields", out var written) ? written.GetRawText() : null);
        Assert.Equal(warning, notes.ToHeader());
    }
}
