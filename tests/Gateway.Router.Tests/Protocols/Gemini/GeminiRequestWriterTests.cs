using Gateway.Core.Configuration;
using Gateway.Core.Requests;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Gemini;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Tests.Protocols.Gemini;

/// <summary>Neutral requests as Gemini wants them: fields one by one.</summary>
public sealed class GeminiRequestWriterTests
{
    [Fact]
    public void Request_OnlyText_HasOnlyContents() => Assert.Equal("""{"contents":[{"role":"user","parts":[{"text":"Hello"}]}]}""", Ge.Write(Ge.Chat()));

    public static TheoryData<string, string, string> Scalars() => new()
    {
        { "max", "maxOutputTokens", "7" },
        { "temperature", "temperature", "1" },
        { "hot", "temperature", "2" },
        { "topP", "topP", "0.5" },
        { "topK", "topK", "40" },
        { "frequency", "frequencyPenalty", "-0.5" },
        { "presence", "presencePenalty", "0.25" },
        { "seed", "seed", "-3" },
        { "stop", "stopSequences", """["a","b"]""" },
    };

    [Theory]
    [MemberData(nameof(Scalars))]
    public void Config_OneField_IsWrittenAlone(string field, string name, string value)
    {
        var body = Ge.Write(Ge.Chat(request => Set(request, field)));

        Assert.Equal($$"""{"{{name}}":{{value}}}""", Ge.Member(body, "generationConfig"));
    }

    private static void Set(NeutralRequest request, string field)
    {
        switch (field)
        {
            case "max":
                request.MaxOutput = 7;
                break;
            case "temperature":
                request.Temperature = 1.0;
                break;
            case "hot":
                request.Temperature = 3;
                break;
            case "topP":
                request.TopP = 0.5;
                break;
            case "topK":
                request.TopK = 40;
                break;
            case "frequency":
                request.FrequencyPenalty = -0.5;
                break;
            case "presence":
                request.PresencePenalty = 0.25;
                break;
            case "seed":
                request.Seed = -3;
                break;
            default:
                request.Stop.AddRange(["a", "b"]);
                break;
        }
    }

    [Fact]
    public void Seed_OfMoreThan32Bits_IsFoldedAndNamed()
    {
        var notes = new TranslationNotes();
        var body = Ge.Write(Ge.Translation(Ge.Chat(static request => request.Seed = 1L << 40), notes: notes));

        Assert.Equal("256", Ge.Member(body, "generationConfig", "seed"));
        Assert.Equal(["client.Seed"], notes.Adapted);
    }

    [Fact]
    public void Losses_AreNamed()
    {
        var notes = new TranslationNotes();
        var request = Ge.Chat(static request =>
        {
            request.LogitBias = Ge.Json("{}");
            request.Verbosity = "low";
            request.Store = false;
            request.PromptCacheKey = "k";
            request.ContextWindow = 9;
            request.EndUser = "u";
            request.Metadata = Ge.Json("""{"a":"b"}""");
            request.ServiceTier = "scale";
            request.ParallelToolCalls = false;
            request.Temperature = 5;
            request.Tools.Add(new NeutralTool("f", null, null, true, new SourcePath("tools", 0)));
            request.Turns[0].Name = "Ann";
        });
        Ge.Write(Ge.Translation(request, notes: notes));

        Assert.Equal(
            ["messages[0].name", "tools[0].strict", "client.ServiceTier", "client.EndUser", "client.Metadata", "client.LogitBias", "client.Verbosity", "client.Store",
                "client.PromptCacheKey", "client.ContextWindow", "client.ParallelToolCalls"], notes.Dropped);
        Assert.Equal(["client.Temperature"], notes.Adapted);
    }

    [Fact]
    public void Labels_AreVertexOnly()
    {
        var request = Ge.Chat(static request =>
        {
            request.EndUser = "user-1";
            request.Metadata = Ge.Json("""{"team":"red","Bad":"x","n":5}""");
        });
        var notes = new TranslationNotes();
        var body = Ge.Write(Ge.Translation(request, notes: notes), vertex: true);

        Assert.Equal("""{"end_user":"user-1","team":"red"}""", Ge.Member(body, "labels"));
        Assert.Equal(["client.Metadata.Bad", "client.Metadata.n"], notes.Dropped);
        Assert.Equal("", Ge.Member(Ge.Write(request), "labels"));
    }

    [Theory]
    [InlineData("auto", "")]
    [InlineData("default", "\"standard\"")]
    [InlineData("flex", "\"flex\"")]
    [InlineData("priority", "\"priority\"")]
    public void ServiceTier_IsMapped(string tier, string written) => Assert.Equal(written, Ge.Member(Ge.Write(Ge.Chat(request => request.ServiceTier = tier)), "serviceTier"));

    [Theory]
    [InlineData("n", "client.CandidateCount")]
    [InlineData("logprobs", "client.Logprobs")]
    [InlineData("top", "client.TopLogprobs")]
    [InlineData("stop", "client.Stop")]
    public void Config_WhatAnswersCannotSay_IsRefused(string field, string param)
    {
        var request = Ge.Chat(request =>
        {
            request.CandidateCount = field == "n" ? 2 : 1;
            request.Logprobs = field == "logprobs";
            request.TopLogprobs = field == "top" ? 3 : null;
            request.Stop.AddRange(field == "stop" ? ["1", "2", "3", "4", "5", "6"] : []);
        });

        Assert.Equal(param, Ge.Refusal(() => Ge.Write(request)).Param);
    }

    [Fact]
    public void System_AllTexts_AreParts()
    {
        var request = Ge.Chat(static request => request.System.AddRange([new TextPart("one", Ge.At(0)), new TextPart("", Ge.At(0)), new TextPart("two", Ge.At(1))]));

        Assert.Equal("""{"parts":[{"text":"one"},{"text":"two"}]}""", Ge.Member(Ge.Write(request), "systemInstruction"));
    }

    [Theory]
    [InlineData(nameof(MidSystemMode.Hoist), """{"parts":[{"text":"mid"}]}""", """[{"role":"user","parts":[{"text":"Hello"},{"text":"more"}]}]""")]
    [InlineData(nameof(MidSystemMode.Inline), "", """[{"role":"user","parts":[{"text":"Hello"},{"text":"mid"},{"text":"more"}]}]""")]
    public void System_InTheMiddle_FollowsTheRoute(string mode, string system, string contents)
    {
        var notes = new TranslationNotes();
        var request = Ge.Chat(static request => request.Turns.AddRange([Ge.Turn(NeutralRole.System, new TextPart("mid", Ge.At(1))), Ge.User("more")]));
        var body = Ge.Write(Ge.Translation(request, notes: notes, traits: new UpstreamTraits { MidSystem = Enum.Parse<MidSystemMode>(mode) }));

        Assert.Equal(system, Ge.Member(body, "systemInstruction"));
        Assert.Equal(contents, Ge.Member(body, "contents"));
        Assert.Equal(["messages[0].role"], notes.Adapted);
    }

    [Fact]
    public void System_InTheMiddleWhereRefused_IsRefused()
    {
        var request = Ge.Chat(static request => request.Turns.Add(Ge.Turn(NeutralRole.System, new TextPart("mid", Ge.At(1)))));

        Assert.Equal("messages[0].role", Ge.Refusal(() => Ge.Write(Ge.Translation(request, traits: new UpstreamTraits { MidSystem = MidSystemMode.Reject }))).Param);
    }

    [Theory]
    [InlineData("gemini-2.5-flash", "medium", null, """{"thinkingBudget":8192}""", false)]
    [InlineData("gemini-2.5-flash", "max", null, """{"thinkingBudget":24576}""", true)]
    [InlineData("gemini-2.5-pro", "max", null, """{"thinkingBudget":32768}""", false)]
    [InlineData("gemini-2.5-flash", "high", 4001L, """{"thinkingBudget":4000}""", true)]
    [InlineData("gemini-2.5-flash", "high", 900L, """{"thinkingBudget":0}""", true)]
    [InlineData("gemini-3-flash-preview", "minimal", null, """{"thinkingLevel":"minimal"}""", false)]
    [InlineData("gemini-3-flash-preview", "xhigh", null, """{"thinkingLevel":"high"}""", true)]
    [InlineData("gemini-3-pro-preview", "medium", null, """{"thinkingLevel":"high"}""", true)]
    [InlineData("gemini-3.1-pro-preview", "medium", null, """{"thinkingLevel":"medium"}""", false)]
    [InlineData("gemini-3.1-pro-preview", "minimal", null, """{"thinkingLevel":"low"}""", true)]
    [InlineData("gemini-flash-latest", "low", null, """{"thinkingLevel":"low"}""", false)]
    public void Thinking_Effort_IsSaidInTheModelsWord(string model, string effort, long? cap, string written, bool adapted)
    {
        var notes = new TranslationNotes();
        var request = Ge.Chat(request =>
        {
            request.Reasoning = new NeutralReasoning(ReasoningMode.Effort, effort, null, null, default);
            request.MaxOutput = cap;
        });
        var body = Ge.Write(Ge.Translation(request, model, new GeminiClient(), notes));

        Assert.Equal(written, Ge.Member(body, "generationConfig", "thinkingConfig"));
        Assert.Equal(adapted, notes.Adapted.Contains("generationConfig.thinkingConfig"));
    }

    [Theory]
    [InlineData("gemini-2.5-flash", "Off", null, """{"thinkingBudget":0}""")]
    [InlineData("gemini-2.5-pro", "Off", null, """{"thinkingBudget":128}""")]
    [InlineData("gemini-2.5-flash", "Auto", null, """{"thinkingBudget":-1}""")]
    [InlineData("gemini-2.5-flash", "Budget", 5000L, """{"thinkingBudget":5000}""")]
    [InlineData("gemini-3-flash", "Off", null, """{"thinkingLevel":"minimal"}""")]
    [InlineData("gemini-3-flash", "Budget", 12000L, """{"thinkingLevel":"medium"}""")]
    [InlineData("gemini-3-flash", "Auto", null, "")]
    [InlineData("gemini-2.0-flash", "Budget", 12000L, "")]
    public void Thinking_OtherModes_AreSaidInTheModelsWord(string model, string mode, long? budget, string written)
    {
        var request = Ge.Chat(request => request.Reasoning = new NeutralReasoning(Enum.Parse<ReasoningMode>(mode), null, budget, null, default));
        var body = Ge.Write(Ge.Translation(request, model, new GeminiClient()));

        Assert.Equal(written, Ge.Member(body, "generationConfig", "thinkingConfig"));
    }

    [Fact]
    public void Thinking_Shown_IsAskedFor() => Assert.Equal(
        """{"includeThoughts":true}""",
        Ge.Member(Ge.Write(Ge.Chat(static request => request.Reasoning = new NeutralReasoning(ReasoningMode.Auto, null, null, true, default)), "gemini-3-flash"), "generationConfig", "thinkingConfig"));

    [Theory]
    [InlineData("Effort", """{"includeThoughts":true,"thinkingLevel":"low"}""")]
    [InlineData("Auto", """{"includeThoughts":true}""")]
    [InlineData("Off", """{"thinkingLevel":"minimal"}""")]
    public void Thinking_ForOtherClients_IsShownUnlessItIsOff(string mode, string written) => Assert.Equal(
        written,
        Ge.Member(Ge.Write(Ge.Chat(request => request.Reasoning = new NeutralReasoning(Enum.Parse<ReasoningMode>(mode), "low", null, null, default)), "gemini-3-flash"), "generationConfig", "thinkingConfig"));

    [Fact]
    public void Thinking_WithoutRoom_IsNotAskedToBeShown()
    {
        var request = Ge.Chat(static request =>
        {
            request.Reasoning = new NeutralReasoning(ReasoningMode.Effort, "high", null, true, default);
            request.MaxOutput = 100;
        });

        Assert.Equal("""{"thinkingBudget":0}""", Ge.Member(Ge.Write(request), "generationConfig", "thinkingConfig"));
    }

    [Fact]
    public void Thinking_ForAModelThatDoesNot_IsDropped()
    {
        var notes = new TranslationNotes();
        Ge.Write(Ge.Translation(Ge.Chat(static request => request.Reasoning = new NeutralReasoning(ReasoningMode.Effort, "high", null, null, default)), "gemini-2.0-flash", notes: notes));

        Assert.Equal(["client.Reasoning"], notes.Dropped);
    }

    [Theory]
    [InlineData("gemini-2.5-flash", """{"responseMimeType":"application/json","responseJsonSchema":{"type":"object","properties":{},"additionalProperties":false}}""")]
    [InlineData("gemini-1.5-flash", """{"responseMimeType":"application/json","responseSchema":{"type":"object"}}""")]
    public void Output_Schema_IsWrittenForTheModel(string model, string written)
    {
        var schema = Ge.Json("""{"properties":{},"additionalProperties":false}""");
        var body = Ge.Write(Ge.Chat(request => request.Output = new NeutralOutput(OutputKind.JsonSchema, schema, "n", null, true, default)), model);

        Assert.Equal(written, Ge.Member(body, "generationConfig"));
    }

    [Fact]
    public void Output_AnyObject_IsAskedForByType() => Assert.Equal(
        """{"responseMimeType":"application/json"}""",
        Ge.Member(Ge.Write(Ge.Chat(static request => request.Output = new NeutralOutput(OutputKind.JsonObject, null, null, null, null, default))), "generationConfig"));

    [Fact]
    public void Output_WithToolsBeforeGemini3_IsRefused()
    {
        var request = Ge.Chat(static request =>
        {
            request.Output = new NeutralOutput(OutputKind.JsonSchema, Ge.Json("{}"), null, null, null, default);
            request.Tools.Add(new NeutralTool("f", null, null, null, default));
        });

        Assert.Equal("client.Output", Ge.Refusal(() => Ge.Write(request)).Param);
        Assert.NotEqual("", Ge.Member(Ge.Write(request, "gemini-3-flash"), "generationConfig", "responseJsonSchema"));
    }

    [Fact]
    public void CountTokens_Gemini_WrapsTheRequest()
    {
        var request = Ge.Chat(static request => request.MaxOutput = 5);

        Assert.Equal(
            """{"generateContentRequest":{"model":"models/gemini-2.5-flash","contents":[{"role":"user","parts":[{"text":"Hello"}]}]}}""",
            Ge.Write(Ge.Translation(request), operation: LlmOperation.GeminiCountTokens));
        Assert.Equal(
            """{"contents":[{"role":"user","parts":[{"text":"Hello"}]}]}""", Ge.Write(Ge.Translation(request), vertex: true, operation: LlmOperation.GeminiCountTokens));
    }

    [Theory]
    [InlineData(LlmOperation.GenerateContent, false, "/models/m:generateContent")]
    [InlineData(LlmOperation.GenerateContent, true, "/models/m:streamGenerateContent?alt=sse")]
    [InlineData(LlmOperation.EmbedContent, false, "/models/m:embedContent")]
    [InlineData(LlmOperation.BatchEmbedContents, false, "/models/m:batchEmbedContents")]
    [InlineData(LlmOperation.GeminiCountTokens, false, "/models/m:countTokens")]
    public void Path_NamesModelAndMethod(LlmOperation operation, bool stream, string path) => Assert.Equal(path, new GeminiUpstream().PathFor(operation, stream, "m", UpstreamTraits.Default));

    [Fact]
    public void PassThrough_AllOfGemini_ButArrays()
    {
        var gemini = new GeminiUpstream();
        Assert.True(gemini.PassesThrough(new ClientCall(LlmOperation.GenerateContent, "m", true), UpstreamTraits.Default));
        Assert.True(gemini.PassesThrough(new ClientCall(LlmOperation.GeminiCountTokens, "m", false), UpstreamTraits.Default));
        Assert.False(gemini.PassesThrough(new ClientCall(LlmOperation.GenerateContent, "m", true, AsArray: true), UpstreamTraits.Default));
        Assert.False(gemini.PassesThrough(new ClientCall(LlmOperation.Messages, "m", true), UpstreamTraits.Default));

        // Google Cloud names other paths and bodies for these.
        Assert.True(new VertexUpstream().PassesThrough(new ClientCall(LlmOperation.GenerateContent, "m", true), UpstreamTraits.Default));
        Assert.False(new VertexUpstream().PassesThrough(new ClientCall(LlmOperation.GeminiCountTokens, "m", false), UpstreamTraits.Default));
        Assert.False(new VertexUpstream().PassesThrough(new ClientCall(LlmOperation.EmbedContent, "m", false), UpstreamTraits.Default));
    }
}
