using System.Text;
using System.Text.Json;
using Gateway.Core.Errors;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Tests.Protocols.Ollama;

public sealed class OllamaRequestWriterTests
{
    private const string Png = "iVBORw0KGgoAAAANSUhEUg==";

    [Fact]
    public void Request_Plain_HasModelStreamAndMessagesOnly() =>
        Assert.Equal("""{"model":"llama3","stream":false,"messages":[{"role":"user","content":"Hi"}]}""", OllamaCases.Write(OllamaCases.Ask()));

    [Fact]
    public void Pitfall29_Options_AreNeverLost()
    {
        var request = OllamaCases.Ask();
        request.Stream = true;
        request.MaxOutput = 77;
        request.Temperature = 1.5;
        request.TopP = 0.5;
        request.TopK = 40;
        request.FrequencyPenalty = 0.25;
        request.PresencePenalty = -1;
        request.Seed = 9;
        request.ContextWindow = 8192;
        request.Stop.AddRange(["a", "b"]);
        var notes = new TranslationNotes();
        Assert.Equal(
            """{"model":"llama3","stream":true,"messages":[{"role":"user","content":"Hi"}],"options":{"num_predict":77,"temperature":1.5,"top_p":0.5,"top_k":40,"frequency_penalty":0.25,"presence_penalty":-1,"seed":9,"num_ctx":8192,"stop":["a","b"]}}""",
            OllamaCases.Write(request, notes: notes));
        Assert.Null(notes.ToHeader());
    }

    [Fact]
    public void Fields_WithoutTwin_AreDroppedByTheClientsName()
    {
        var request = OllamaCases.Ask();
        request.EndUser = "u";
        request.LogitBias = OllamaCases.Json("{}");
        request.Metadata = OllamaCases.Json("{}");
        request.ServiceTier = "flex";
        request.Verbosity = "low";
        request.Store = true;
        request.PromptCacheKey = "k";
        request.Temperature = 1;
        var notes = new TranslationNotes();
        OllamaCases.Write(request, new UpstreamTraits { FixedTemperature = true }, notes);
        Assert.Equal("dropped=LogitBias,EndUser,Metadata,ServiceTier,Verbosity,Store,PromptCacheKey,options.temperature", notes.ToHeader());
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
    public void System_Parts_AreOneFirstMessage_AndMidSystemStaysWhereItIs()
    {
        var request = OllamaCases.Ask();
        request.System.AddRange([OllamaCases.Text("One"), OllamaCases.Text(""), OllamaCases.Text("Two")]);
        OllamaCases.Turn(request, NeutralRole.System, OllamaCases.Text("Three"));
        OllamaCases.Turn(request, NeutralRole.User, OllamaCases.Text("Go"));
        Assert.Equal(
            """[{"role":"system","content":"One\n\nTwo"},{"role":"user","content":"Hi"},{"role":"system","content":"Three"},{"role":"user","content":"Go"}]""",
            OllamaCases.WriteJson(request).GetProperty("messages").GetRawText());
    }

    [Fact]
    public void Images_StandBesideTheText_WithoutPrefix()
    {
        var image = new MediaPart(MediaKind.Image, new SourcePath("messages", 0, "content", 1)) { Base64 = Encoding.UTF8.GetBytes(Png), MimeType = "image/png" };
        var notes = new TranslationNotes();
        Assert.Equal(
            $$"""[{"role":"user","content":"See\nthis","images":["{{Png}}"]}]""",
            OllamaCases.WriteJson(OllamaCases.Ask(OllamaCases.Text("See"), OllamaCases.Text("this"), image), notes: notes).GetProperty("messages").GetRawText());
        Assert.Null(notes.ToHeader());
        OllamaCases.Write(OllamaCases.Ask(OllamaCases.Text("See"), image, OllamaCases.Text("this")), notes: notes);
        Assert.Equal("adapted=content order", notes.ToHeader());
    }

    [Theory]
    [InlineData("image", "url")]
    [InlineData("image", "file")]
    [InlineData("audio", "base64")]
    [InlineData("file", "base64")]
    [InlineData("video", "base64")]
    public void Media_ThatCannotBeSaid_IsRefusedByItsPath(string kind, string source)
    {
        var media = new MediaPart(Enum.Parse<MediaKind>(kind, ignoreCase: true), new SourcePath("messages", 0, "content", 1, "image_url"))
        {
            Url = source == "url" ? "https://example.com/a.png" : null,
            FileId = source == "file" ? "file-1" : null,
            Base64 = source == "base64" ? Encoding.UTF8.GetBytes(Png) : default,
        };
        Assert.Equal("messages[0].content[1].image_url", Refused(OllamaCases.Ask(OllamaCases.Text("x"), media)).Param);
    }

    [Fact]
    public void Tools_AreDeclaredWithASchema()
    {
        var request = OllamaCases.Ask();
        request.Tools.Add(new NeutralTool("a", "does a", OllamaCases.Json("""{ "properties": {"x":{"type":"string"}} }"""), null, new SourcePath("tools", 0)));
        request.Tools.Add(new NeutralTool("b", null, null, true, new SourcePath("tools", 1)));
        request.ParallelToolCalls = false;
        var notes = new TranslationNotes();
        Assert.Equal(
            """[{"type":"function","function":{"name":"a","description":"does a","parameters":{"type":"object","properties":{"x":{"type":"string"}}}}},{"type":"function","function":{"name":"b","parameters":{"type":"object","properties":{}}}}]""",
            OllamaCases.WriteJson(request, notes: notes).GetProperty("tools").GetRawText());
        Assert.Equal("dropped=ParallelToolCalls,tools[1].strict", notes.ToHeader());
    }

    [Theory]
    [InlineData("Auto", null, "a,b", null)]
    [InlineData("None", null, "", null)]
    [InlineData("Any", null, "a,b", "adapted=ToolChoice")]
    [InlineData("Named", "b", "a,b", "adapted=ToolChoice")]
    [InlineData("Auto", "b", "b", null)]
    [InlineData("Any", "b", "b", "adapted=ToolChoice")]
    public void ToolChoice_IsAdaptedToAuto(string mode, string? names, string declared, string? warning)
    {
        var request = WithTools(mode, names);
        var notes = new TranslationNotes();
        var json = OllamaCases.WriteJson(request, notes: notes);
        var tools = json.TryGetProperty("tools", out var list) ? string.Join(',', list.EnumerateArray().Select(static tool => tool.GetProperty("function").GetProperty("name").GetString())) : "";
        Assert.Equal(declared, tools);
        Assert.Equal(warning, notes.ToHeader());
        Assert.False(json.TryGetProperty("tool_choice", out _));
    }

    [Fact]
    public void ToolChoice_StrictTools_IsRefused() => Assert.Equal("ToolChoice", Refused(WithTools("Any", null), new UpstreamTraits { StrictTools = true }).Param);

    [Fact]
    public void Pitfall32_History_HasArgumentsAsObjects_AndResultsByName()
    {
        var request = OllamaCases.Ask();
        OllamaCases.Turn(request, NeutralRole.Assistant, OllamaCases.Call("c1", "f", """{"a": 1}"""), OllamaCases.Call("c2", "g", "", 1));
        OllamaCases.Turn(request, NeutralRole.Tool, OllamaCases.Result("c2", "two", isError: true));
        OllamaCases.Turn(request, NeutralRole.Tool, OllamaCases.Result("c1", "one"));
        OllamaCases.Turn(request, NeutralRole.User, OllamaCases.Text("So?"));
        var notes = new TranslationNotes();
        Assert.Equal(
            """[{"role":"user","content":"Hi"},{"role":"assistant","content":"","tool_calls":[{"id":"c1","function":{"name":"f","arguments":{"a":1}}},{"id":"c2","function":{"name":"g","arguments":{}}}]},{"role":"tool","content":"one","tool_name":"f","tool_call_id":"c1"},{"role":"tool","content":"two","tool_name":"g","tool_call_id":"c2"},{"role":"user","content":"So?"}]""",
            OllamaCases.WriteJson(request, notes: notes).GetProperty("messages").GetRawText());
        Assert.Equal("dropped=messages[2].is_error", notes.ToHeader());
    }

    [Theory]
    [InlineData("[1]")]
    [InlineData("not json")]
    [InlineData("{\"a\":1} {}")]
    [InlineData("\"text\"")]
    public void History_ArgumentsThatAreNoObject_AreRefused(string arguments)
    {
        var request = OllamaCases.Ask();
        OllamaCases.Turn(request, NeutralRole.Assistant, OllamaCases.Call("c1", "f", arguments));
        OllamaCases.Turn(request, NeutralRole.Tool, OllamaCases.Result("c1", "one"));
        Assert.Equal("messages[1].tool_calls[0].function.arguments", Refused(request).Param);
    }

    [Fact]
    public void History_ImageInAResult_IsRefused()
    {
        var request = OllamaCases.Ask();
        OllamaCases.Turn(request, NeutralRole.Assistant, OllamaCases.Call("c1", "f", "{}"));
        var image = new MediaPart(MediaKind.Image, new SourcePath("messages", 2, "content", 0)) { Base64 = Encoding.UTF8.GetBytes(Png) };
        OllamaCases.Turn(request, NeutralRole.Tool, new ToolResultPart("c1", null, [image], false, new SourcePath("messages", 2)));
        Assert.Equal("messages[2].content[0]", Refused(request).Param);
    }

    [Fact]
    public void History_ThinkingAndRefusal_AreKeptAsText()
    {
        var request = OllamaCases.Ask();
        OllamaCases.Turn(
            request, NeutralRole.Assistant, new ReasoningPart("hm", default) { Signature = "s" }, new ReasoningPart("", new SourcePath("messages", 1, "content", 1)) { Redacted = "x" },
            OllamaCases.Text("a"), new RefusalPart("b", default));
        OllamaCases.Turn(request, NeutralRole.User, OllamaCases.Text("So?"));
        var notes = new TranslationNotes();
        Assert.Equal("""{"role":"assistant","content":"a\nb","thinking":"hm"}""", OllamaCases.WriteJson(request, notes: notes).GetProperty("messages")[1].GetRawText());
        Assert.Equal("dropped=messages[1].content[1]", notes.ToHeader());
    }

    [Fact]
    public void LastTurn_OfTheAssistant_IsNamed()
    {
        var request = OllamaCases.Ask();
        OllamaCases.Turn(request, NeutralRole.Assistant, OllamaCases.Text("Once"));
        var notes = new TranslationNotes();
        OllamaCases.Write(request, notes: notes);
        Assert.Equal("adapted=messages[1]", notes.ToHeader());
    }

    [Theory]
    [InlineData("Off", null, null, "false", null)]
    [InlineData("Auto", null, null, "true", null)]
    [InlineData("Effort", "low", null, "\"low\"", null)]
    [InlineData("Effort", "minimal", null, "\"low\"", "adapted=think")]
    [InlineData("Effort", "xhigh", null, "\"max\"", "adapted=think")]
    [InlineData("Budget", null, 2048, "\"low\"", "adapted=think")]
    [InlineData("Budget", null, 9000, "\"medium\"", "adapted=think")]
    [InlineData("Budget", null, 20000, "\"high\"", "adapted=think")]
    public void Reasoning_IsThink(string mode, string? effort, int? budget, string think, string? warning)
    {
        var request = OllamaCases.Ask();
        request.Reasoning = new NeutralReasoning(Enum.Parse<ReasoningMode>(mode), effort, budget, null, default);
        var notes = new TranslationNotes();
        Assert.Equal(think, OllamaCases.WriteJson(request, notes: notes).GetProperty("think").GetRawText());
        Assert.Equal(warning, notes.ToHeader());
    }

    [Fact]
    public void Reasoning_ModelDoesNotReason_IsDropped()
    {
        var request = OllamaCases.Ask();
        request.Reasoning = new NeutralReasoning(ReasoningMode.Auto, null, null, null, default);
        var notes = new TranslationNotes();
        Assert.False(OllamaCases.WriteJson(request, new UpstreamTraits { Reasoning = false }, notes).TryGetProperty("think", out _));
        Assert.Equal("dropped=think", notes.ToHeader());
    }

    [Fact]
    public void Output_IsFormat()
    {
        var request = OllamaCases.Ask();
        request.Output = new NeutralOutput(OutputKind.JsonObject, null, null, null, null, default);
        Assert.Equal("json", OllamaCases.WriteJson(request).GetProperty("format").GetString());
        request.Output = new NeutralOutput(OutputKind.JsonSchema, OllamaCases.Json("""{"type":"object", "z":1, "a":2.0}"""), "n", "d", true, default);
        Assert.Equal("""{"type":"object","z":1,"a":2.0}""", OllamaCases.WriteJson(request).GetProperty("format").GetRawText());
    }

    [Fact]
    public void Request_WrittenTwice_IsTheSameBytes()
    {
        var body = Encoding.UTF8.GetString(Hosting.Recordings.Load("ollama-tool-result-1").RequestBody is { } recorded ? JsonSerializer.SerializeToUtf8Bytes(recorded) : []);
        Assert.Equal(OllamaCases.Write(OllamaCases.Read(body)), OllamaCases.Write(OllamaCases.Read(body)));
    }

    private static NeutralRequest WithTools(string mode, string? names)
    {
        var request = OllamaCases.Ask();
        request.Tools.Add(new NeutralTool("a", null, null, null, new SourcePath("tools", 0)));
        request.Tools.Add(new NeutralTool("b", null, null, null, new SourcePath("tools", 1)));
        request.ToolChoice = new NeutralToolChoice(Enum.Parse<ToolChoiceMode>(mode), names?.Split(','));
        return request;
    }

    private static GatewayError Refused(NeutralRequest request, UpstreamTraits? traits = null)
    {
        var error = Assert.Throws<GatewayException>(() => OllamaCases.Write(request, traits)).Error;
        Assert.Equal(GatewayErrorKind.InvalidRequest, error.Kind);
        return error;
    }
}
