using System.Text;
using System.Text.Json;
using Gateway.Core.Configuration;
using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Tests.Hosting;
using Gateway.Router.Tests.Protocols.Ollama;

namespace Gateway.Router.Tests.Protocols.Bedrock;

public sealed class BedrockRequestWriterTests
{
    private const string Png = "iVBORw0KGgoAAAANSUhEUg==";
    private static readonly CacheMark Mark = new(null);

    [Fact]
    public void Request_Plain_HasMessagesOnly() =>
        Assert.Equal("""{"messages":[{"role":"user","content":[{"text":"Hi"}]}],"inferenceConfig":{}}""", BedrockCases.Write(OllamaCases.Ask()));

    [Fact]
    public void Knobs_OfAllModels_AreInferenceConfig()
    {
        var request = OllamaCases.Ask();
        request.MaxOutput = 50;
        request.Temperature = 0.5;
        request.Stop.Add("END");
        var json = BedrockCases.WriteJson(request, BedrockCases.Llama);
        Assert.Equal("""{"maxTokens":50,"temperature":0.5,"stopSequences":["END"]}""", json.GetProperty("inferenceConfig").GetRawText());
        Assert.False(json.TryGetProperty("additionalModelResponseFieldPaths", out _));
        Assert.Equal("""["/stop_sequence"]""", BedrockCases.WriteJson(request).GetProperty("additionalModelResponseFieldPaths").GetRawText());
    }

    [Theory]
    [InlineData(BedrockCases.Claude45, """{"top_k":9}""", null)]
    [InlineData(BedrockCases.Nova, """{"inferenceConfig":{"topK":9}}""", null)]
    [InlineData(BedrockCases.Llama, null, "dropped=options.top_k")]
    public void TopK_IsInTheWordsOfTheMaker(string model, string? fields, string? warning)
    {
        var request = OllamaCases.Ask();
        request.TopK = 9;
        var notes = new TranslationNotes();
        var json = BedrockCases.WriteJson(request, model, notes: notes);
        Assert.Equal(fields, json.TryGetProperty("additionalModelRequestFields", out var written) ? written.GetRawText() : null);
        Assert.Equal(warning, notes.ToHeader());
    }

    [Theory]
    [InlineData(BedrockCases.Claude45, 1.7, null, """{"temperature":1}""", "adapted=options.temperature")]
    [InlineData(BedrockCases.Claude45, 0.2, 0.9, """{"temperature":0.2}""", "dropped=options.top_p")]
    [InlineData(BedrockCases.Claude37, 0.2, 0.9, """{"temperature":0.2,"topP":0.9}""", null)]
    [InlineData(BedrockCases.Claude45, null, 0.9, """{"topP":0.9}""", null)]
    [InlineData(BedrockCases.Llama, 1.7, 0.9, """{"temperature":1.7,"topP":0.9}""", null)]
    public void Sampling_IsWhatTheModelTakes(string model, double? temperature, double? topP, string config, string? warning)
    {
        var request = OllamaCases.Ask();
        request.Temperature = temperature;
        request.TopP = topP;
        var notes = new TranslationNotes();
        Assert.Equal(config, BedrockCases.WriteJson(request, model, notes: notes).GetProperty("inferenceConfig").GetRawText());
        Assert.Equal(warning, notes.ToHeader());
    }

    [Fact]
    public void Fields_WithoutTwin_AreDropped()
    {
        var request = OllamaCases.Ask();
        request.FrequencyPenalty = 1;
        request.PresencePenalty = 1;
        request.Seed = 1;
        request.LogitBias = OllamaCases.Json("{}");
        request.EndUser = "u";
        request.Metadata = OllamaCases.Json("{}");
        request.ServiceTier = "flex";
        request.Verbosity = "low";
        request.Store = true;
        request.PromptCacheKey = "k";
        request.ContextWindow = 5;
        var notes = new TranslationNotes();
        BedrockCases.Write(request, notes: notes);
        Assert.Equal(
            "dropped=options.frequency_penalty,options.presence_penalty,options.seed,LogitBias,EndUser,Metadata,ServiceTier,Verbosity,Store,PromptCacheKey,options.num_ctx", notes.ToHeader());
    }

    [Fact]
    public void Fields_ThatChangeTheAnswer_AreRefused()
    {
        var request = OllamaCases.Ask();
        request.CandidateCount = 2;
        Assert.Equal("CandidateCount", Refused(request).Param);
        request = OllamaCases.Ask();
        request.Logprobs = true;
        Assert.Equal("logprobs", Refused(request).Param);
    }

    [Fact]
    public void Pitfall27_Results_AreOneUserMessageBeforeItsText()
    {
        var request = OllamaCases.Ask();
        OllamaCases.Turn(request, NeutralRole.Assistant, OllamaCases.Text("Calling"), OllamaCases.Call("c1", "f", """{"a": 1}"""), OllamaCases.Call("call.2", "g", "", 1));
        OllamaCases.Turn(request, NeutralRole.Tool, OllamaCases.Result("call.2", "two", isError: true));
        OllamaCases.Turn(request, NeutralRole.User, OllamaCases.Text("So?"));
        OllamaCases.Turn(request, NeutralRole.Tool, OllamaCases.Result("c1", ""));
        var mapped = ToolIds.Map("tooluse_", "call.2");
        var notes = new TranslationNotes();
        var json = BedrockCases.WriteJson(request, notes: notes);
        Assert.Equal(
            """[{"role":"user","content":[{"text":"Hi"}]},{"role":"assistant","content":[{"text":"Calling"},{"toolUse":{"toolUseId":"c1","name":"f","input":{"a":1}}},{"toolUse":{"toolUseId":"MAPPED","name":"g","input":{}}}]},{"role":"user","content":[{"toolResult":{"toolUseId":"c1","content":[]}},{"toolResult":{"toolUseId":"MAPPED","content":[{"text":"two"}],"status":"error"}},{"text":"So?"}]}]""".Replace("MAPPED", mapped, StringComparison.Ordinal),
            json.GetProperty("messages").GetRawText());

        // Without declared tools the talk would be refused.
        Assert.Equal(["f", "g"], ToolNames(json));
        Assert.Equal("adapted=tools", notes.ToHeader());
    }

    [Fact]
    public void Turns_Neighbours_AreMergedAndBlanksRemoved()
    {
        var request = new NeutralRequest { Model = "asked" };
        OllamaCases.Turn(request, NeutralRole.User, OllamaCases.Text("a"), OllamaCases.Text(""));
        OllamaCases.Turn(request, NeutralRole.User, OllamaCases.Text("b"));
        OllamaCases.Turn(request, NeutralRole.Assistant, OllamaCases.Text(" \n"));
        OllamaCases.Turn(request, NeutralRole.User, OllamaCases.Text("c"));
        OllamaCases.Turn(request, NeutralRole.Assistant, OllamaCases.Text("Once "));
        Assert.Equal(
            """[{"role":"user","content":[{"text":"a"},{"text":"b"},{"text":"c"}]},{"role":"assistant","content":[{"text":"Once"}]}]""",
            BedrockCases.WriteJson(request).GetProperty("messages").GetRawText());
    }

    [Fact]
    public void Turns_AssistantFirst_IsRefusedUnlessTheRouteLeads()
    {
        var request = new NeutralRequest { Model = "asked" };
        OllamaCases.Turn(request, NeutralRole.Assistant, OllamaCases.Text("Hello"));
        OllamaCases.Turn(request, NeutralRole.User, OllamaCases.Text("Hi"));
        Assert.Equal("messages[0].content", Refused(request).Param);
        var messages = BedrockCases.WriteJson(request, traits: new UpstreamTraits { LeadUser = "Go on." }).GetProperty("messages");
        Assert.Equal("""{"role":"user","content":[{"text":"Go on."}]}""", messages[0].GetRawText());
        Assert.Equal("messages", Refused(new NeutralRequest { Model = "asked" }).Param);
    }

    [Theory]
    [InlineData(MidSystemMode.Hoist, """[{"text":"One"},{"text":"Two"}]""", """[{"text":"Hi"},{"text":"Go"}]""")]
    [InlineData(MidSystemMode.Inline, """[{"text":"One"}]""", """[{"text":"Hi"},{"text":"Two"},{"text":"Go"}]""")]
    public void System_InTheMiddle_GoesWhereTheRouteSays(MidSystemMode mode, string system, string content)
    {
        var request = OllamaCases.Ask();
        request.System.AddRange([OllamaCases.Text("One"), OllamaCases.Text(" ")]);
        OllamaCases.Turn(request, NeutralRole.System, OllamaCases.Text("Two"));
        OllamaCases.Turn(request, NeutralRole.User, OllamaCases.Text("Go"));
        var notes = new TranslationNotes();
        var json = BedrockCases.WriteJson(request, traits: new UpstreamTraits { MidSystem = mode }, notes: notes);
        Assert.Equal(system, json.GetProperty("system").GetRawText());
        Assert.Equal(content, json.GetProperty("messages")[0].GetProperty("content").GetRawText());
        Assert.Equal("adapted=messages[1].role", notes.ToHeader());
        Assert.Equal("messages[1].role", Refused(request, traits: new UpstreamTraits { MidSystem = MidSystemMode.Reject }).Param);
    }

    [Fact]
    public void Media_HaveAFormatInsteadOfAType()
    {
        var request = OllamaCases.Ask(
            Media(MediaKind.Image, "image/jpeg"), Media(MediaKind.File, "application/pdf") with { FileName = "My  report: v2.pdf" }, Media(MediaKind.File, null) with { FileName = "a.CSV" },
            Media(MediaKind.Video, "video/mp4") with { Base64 = default, Url = "s3://bucket/key" });
        Assert.Equal(
            """[{"image":{"format":"jpeg","source":{"bytes":"PNG"}}},{"document":{"format":"pdf","name":"My report v2 1","source":{"bytes":"PNG"}}},{"document":{"format":"csv","name":"a 2","source":{"bytes":"PNG"}}},{"video":{"format":"mp4","source":{"s3Location":{"uri":"s3://bucket/key"}}}}]""".Replace("PNG", Png, StringComparison.Ordinal),
            BedrockCases.WriteJson(request).GetProperty("messages")[0].GetProperty("content").GetRawText());
    }

    [Fact]
    public void Media_ThatCannotBeSaid_AreRefusedByTheirPath()
    {
        MediaPart[] bad =
        [
            Media(MediaKind.Image, null), Media(MediaKind.Image, "image/tiff"), Media(MediaKind.Audio, "audio/wav"), Media(MediaKind.File, "application/zip"),
            Media(MediaKind.Image, "image/png") with { Base64 = default, Url = "https://example.com/a.png" }, Media(MediaKind.Image, "image/png") with { Base64 = default, FileId = "f" },
        ];
        Assert.All(bad, static media => Assert.Equal("messages[0].content[1]", Refused(OllamaCases.Ask(media)).Param));
    }

    [Fact]
    public void CacheMarks_BecomePointsBehindTheirBlock_TheLastFour()
    {
        var request = OllamaCases.Ask(OllamaCases.Text("a") with { Cache = Mark }, OllamaCases.Text("b") with { Cache = new CacheMark("1h") });
        request.System.Add(OllamaCases.Text("s") with { Cache = Mark });
        request.Tools.Add(new NeutralTool("t1", null, null, null, default) { Cache = Mark });
        request.Tools.Add(new NeutralTool("t2", null, null, null, default) { Cache = Mark });
        var json = BedrockCases.WriteJson(request);
        const string Point = """{"cachePoint":{"type":"default"}}""";
        Assert.Equal(3, json.GetProperty("toolConfig").GetProperty("tools").GetArrayLength());
        Assert.Equal(Point, json.GetProperty("toolConfig").GetProperty("tools")[2].GetRawText());
        Assert.Equal("""[{"text":"s"},POINT]""".Replace("POINT", Point, StringComparison.Ordinal), json.GetProperty("system").GetRawText());
        Assert.Equal("""[{"text":"a"},POINT,{"text":"b"},{"cachePoint":{"type":"default","ttl":"1h"}}]""".Replace("POINT", Point, StringComparison.Ordinal), json.GetProperty("messages")[0].GetProperty("content").GetRawText());
        Assert.DoesNotContain("cachePoint", BedrockCases.Write(request, BedrockCases.Llama), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Auto", null, "a,b", null, null)]
    [InlineData("Any", null, "a,b", """{"any":{}}""", null)]
    [InlineData("Named", "b", "a,b", """{"tool":{"name":"b"}}""", null)]
    [InlineData("Auto", "b", "b", null, null)]
    [InlineData("Any", "b", "b", """{"any":{}}""", null)]
    [InlineData("None", null, "", null, null)]
    public void ToolChoice_IsSaid(string mode, string? names, string declared, string? choice, string? warning)
    {
        var request = WithTools(mode, names);
        var notes = new TranslationNotes();
        var json = BedrockCases.WriteJson(request, notes: notes);
        Assert.Equal(declared, string.Join(',', ToolNames(json)));
        Assert.Equal(choice, json.TryGetProperty("toolConfig", out var config) && config.TryGetProperty("toolChoice", out var written) ? written.GetRawText() : null);
        Assert.Equal(warning, notes.ToHeader());
    }

    [Fact]
    public void ToolChoice_NoneInATalkWithCalls_KeepsTheTools()
    {
        var request = WithTools("None", null);
        OllamaCases.Turn(request, NeutralRole.Assistant, OllamaCases.Call("c1", "a", "{}"));
        OllamaCases.Turn(request, NeutralRole.Tool, OllamaCases.Result("c1", "x"));
        var notes = new TranslationNotes();
        Assert.Equal(["a", "b"], ToolNames(BedrockCases.WriteJson(request, notes: notes)));
        Assert.Equal("adapted=ToolChoice", notes.ToHeader());
        Assert.Equal("ToolChoice", Refused(request, traits: new UpstreamTraits { StrictTools = true }).Param);
    }

    [Fact]
    public void Schema_OfANewClaude_IsItsOutputConfig()
    {
        var json = BedrockCases.WriteJson(WithSchema());
        Assert.Equal(
            """{"textFormat":{"type":"json_schema","structure":{"jsonSchema":{"schema":"{\"type\":\"object\"}","name":"n","description":"d"}}}}""",
            json.GetProperty("outputConfig").GetRawText().Replace("\\u0022", "\\\"", StringComparison.Ordinal));
        Assert.False(json.TryGetProperty("toolConfig", out _));
    }

    [Fact]
    public void Schema_OfOthers_IsAForcedTool()
    {
        var notes = new TranslationNotes();
        var translation = BedrockCases.Translation(WithSchema(), BedrockCases.Nova, notes: notes);
        var config = JsonSerializer.Deserialize<JsonElement>(BedrockCases.Write(translation)).GetProperty("toolConfig");
        Assert.Equal("""{"toolSpec":{"name":"json","description":"d","inputSchema":{"json":{"type":"object"}}}}""", config.GetProperty("tools")[0].GetRawText());
        Assert.Equal("""{"tool":{"name":"json"}}""", config.GetProperty("toolChoice").GetRawText());
        Assert.Equal(("json", "adapted=format"), (translation.OutputTool, notes.ToHeader()));

        var request = WithSchema();
        request.Tools.Add(new NeutralTool("json", null, null, null, default));
        config = BedrockCases.WriteJson(request, BedrockCases.Nova).GetProperty("toolConfig");
        Assert.Equal("""{"any":{}}""", config.GetProperty("toolChoice").GetRawText());
        Assert.Equal("json_", config.GetProperty("tools")[1].GetProperty("toolSpec").GetProperty("name").GetString());
    }

    [Fact]
    public void JsonObject_IsAnInstruction()
    {
        var request = OllamaCases.Ask();
        request.Output = new NeutralOutput(OutputKind.JsonObject, null, null, null, null, default);
        var notes = new TranslationNotes();
        Assert.Contains("JSON", BedrockCases.WriteJson(request, notes: notes).GetProperty("system")[0].GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Equal("adapted=format", notes.ToHeader());
    }

    [Fact]
    public void TokenCount_HasTheTalkWithoutKnobs()
    {
        var request = WithTools("Auto", "a");
        request.Temperature = 1;
        request.System.Add(OllamaCases.Text("s"));
        var notes = new TranslationNotes();
        Assert.Equal(
            """{"input":{"converse":{"toolConfig":{"tools":[{"toolSpec":{"name":"a","inputSchema":{"json":{"type":"object","properties":{}}}}}]},"system":[{"text":"s"}],"messages":[{"role":"user","content":[{"text":"Hi"}]}]}}}""",
            BedrockCases.Write(request, notes: notes, operation: LlmOperation.BedrockCountTokens));
        Assert.Equal(42, BedrockCases.Upstream.ReadTokenCount("""{"inputTokens":42}"""u8));
        Assert.Throws<InvalidDataException>(() => BedrockCases.Upstream.ReadTokenCount("""{"inputTokens":"x"}"""u8));
        Assert.Throws<InvalidDataException>(() => BedrockCases.Upstream.ReadTokenCount("{}"u8));
        Assert.Throws<InvalidDataException>(() => BedrockCases.Upstream.ReadTokenCount("<html>"u8));
    }

    [Fact]
    public void Request_Recorded_IsWrittenAsRecorded()
    {
        // The recorded talk, made neutral by hand, comes out as the recorded messages.
        var recorded = Recordings.Load("bedrock-converse-plain").RequestBody!.Value;
        var request = new NeutralRequest { Model = "asked", Reasoning = new NeutralReasoning(ReasoningMode.Auto, null, null, null, default) };
        foreach (var message in recorded.GetProperty("messages").EnumerateArray())
        {
            OllamaCases.Turn(request, message.GetProperty("role").GetString() == "user" ? NeutralRole.User : NeutralRole.Assistant, [.. message.GetProperty("content").EnumerateArray().Select(Part)]);
        }

        var written = BedrockCases.WriteJson(request, BedrockCases.Claude46);
        Assert.True(JsonElement.DeepEquals(recorded.GetProperty("messages"), written.GetProperty("messages")));
        Assert.True(JsonElement.DeepEquals(recorded.GetProperty("additionalModelRequestFields"), written.GetProperty("additionalModelRequestFields")));
    }

    [Fact]
    public void Path_OfEachOperation_HoldsTheModel()
    {
        var model = Uri.EscapeDataString(BedrockCases.Claude45);
        Assert.Equal("/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse", BedrockCases.Upstream.PathFor(LlmOperation.Converse, stream: false, model, UpstreamTraits.Default));
        Assert.EndsWith("/converse-stream", BedrockCases.Upstream.PathFor(LlmOperation.Converse, stream: true, model, UpstreamTraits.Default), StringComparison.Ordinal);
        Assert.EndsWith("/count-tokens", BedrockCases.Upstream.PathFor(LlmOperation.BedrockCountTokens, stream: false, model, UpstreamTraits.Default), StringComparison.Ordinal);
        Assert.Null(BedrockCases.Upstream.OperationFor(LlmKind.Embed, UpstreamTraits.Default));
        Assert.False(BedrockCases.Upstream.PassesThrough(new ClientCall(LlmOperation.ChatCompletions, "m", false), UpstreamTraits.Default));
    }

    private static NeutralPart Part(JsonElement block) =>
        block.TryGetProperty("text", out var text) ? new TextPart(text.GetString()!, default)
        : new ReasoningPart(block.GetProperty("reasoningContent").GetProperty("reasoningText").GetProperty("text").GetString()!, default)
        {
            Signature = block.GetProperty("reasoningContent").GetProperty("reasoningText").GetProperty("signature").GetString(),
        };

    private static IEnumerable<string?> ToolNames(JsonElement json) => json.TryGetProperty("toolConfig", out var config)
        ? config.GetProperty("tools").EnumerateArray().Select(static tool => tool.GetProperty("toolSpec").GetProperty("name").GetString()) : [];

    private static MediaPart Media(MediaKind kind, string? mime) =>
        new(kind, new SourcePath("messages", 0, "content", 1)) { Base64 = Encoding.UTF8.GetBytes(Png), MimeType = mime };

    private static NeutralRequest WithSchema()
    {
        var request = OllamaCases.Ask();
        request.Output = new NeutralOutput(OutputKind.JsonSchema, OllamaCases.Json("""{ "type": "object" }"""), "n", "d", true, default);
        return request;
    }

    private static NeutralRequest WithTools(string mode, string? names)
    {
        var request = OllamaCases.Ask();
        request.Tools.Add(new NeutralTool("a", null, null, null, new SourcePath("tools", 0)));
        request.Tools.Add(new NeutralTool("b", null, null, null, new SourcePath("tools", 1)));
        request.ToolChoice = new NeutralToolChoice(Enum.Parse<ToolChoiceMode>(mode), names?.Split(','));
        return request;
    }

    private static GatewayError Refused(NeutralRequest request, string model = BedrockCases.Claude45, UpstreamTraits? traits = null)
    {
        var error = Assert.Throws<GatewayException>(() => BedrockCases.Write(request, model, traits)).Error;
        Assert.Equal(GatewayErrorKind.InvalidRequest, error.Kind);
        return error;
    }
}
