using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Protocols.Responses;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Protocols.Responses;

public sealed class ResponsesRequestWriterTests
{
    private static readonly SourcePath Here = new("messages", 0);

    public static TheoryData<string> Asked => ResponsesWriting.Recorded(static recording => recording.RequestBody is not null);

    [Fact]
    public void Talk_Written_IsWhatOpenAITakes()
    {
        var request = Ask("Look");
        request.System.Add(new TextPart("Be brief.", Here));
        request.System.Add(new TextPart("", Here));
        request.System.Add(new TextPart("Be kind.", Here));
        request.Turns[0].Parts.Add(new MediaPart(MediaKind.Image, Here) { Base64 = "AAEC"u8.ToArray(), MimeType = "image/png", Detail = "low" });
        request.Turns[0].Parts.Add(new MediaPart(MediaKind.File, Here) { Base64 = "AAEC"u8.ToArray(), MimeType = "application/pdf" });
        Turn(request, NeutralRole.Assistant, new ReasoningPart("Hm", Here) { Signature = "openai.gAAA" }, new ReasoningPart("Theirs", Here) { Signature = "sig" }, new TextPart("I call", Here), new ToolCallPart("c1", "get it", "", Here));
        Turn(request, NeutralRole.Tool, new ToolResultPart("c1", "get it", [new TextPart("Grüße", Here), new MediaPart(MediaKind.Image, Here) { Url = "https://x/y" }], IsError: true, Here.At("content")));
        Turn(request, NeutralRole.System, new TextPart("Later", Here));
        request.Tools.Add(new NeutralTool("get it", "Gets", null, null, Here));
        request.Stream = true;
        var notes = new TranslationNotes();
        Assert.Equal(
            """
            {"model":"up","instructions":"Be brief.\n\nBe kind.","input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"Look"},{"type":"input_image","image_url":"data:image/png;base64,AAEC","detail":"low"},{"type":"input_file","filename":"file.pdf","file_data":"data:application/pdf;base64,AAEC"}]},{"type":"reasoning","summary":[{"type":"summary_text","text":"Hm"}],"encrypted_content":"gAAA"},{"type":"message","role":"assistant","content":[{"type":"output_text","text":"I call"}]},{"type":"function_call","call_id":"c1","name":"get_it_NAME","arguments":"{}"},{"type":"function_call_output","call_id":"c1","output":[{"type":"input_text","text":"Grüße"},{"type":"input_image","image_url":"https://x/y"}]},{"type":"message","role":"system","content":[{"type":"input_text","text":"Later"}]}],"tools":[{"type":"function","name":"get_it_NAME","description":"Gets","parameters":{"type":"object","properties":{}},"strict":false}],"store":false,"stream":true}
            """,
            System.Text.RegularExpressions.Regex.Replace(Write(request, notes: notes), "get_it_[0-9a-f]{8}", "get_it_NAME"));
        Assert.Equal("dropped=messages[0],messages[0].is_error", notes.ToHeader());
    }

    [Fact]
    public void Members_AllGiven_AreWrittenOrNamed()
    {
        var request = Ask("x");
        request.MaxOutput = 50;
        request.Temperature = 0.5;
        request.TopP = 0.9;
        request.TopK = 4;
        request.FrequencyPenalty = request.PresencePenalty = 1;
        request.Seed = 7;
        request.LogitBias = JsonDocument.Parse("{}").RootElement;
        request.ContextWindow = 100;
        request.EndUser = new string('u', 70);
        request.Metadata = JsonDocument.Parse("""{"a":"b"}""").RootElement;
        request.ServiceTier = "flex";
        request.PromptCacheKey = "k";
        request.Verbosity = "low";
        request.Store = true;
        request.ParallelToolCalls = false;
        request.ToolChoice = new NeutralToolChoice(ToolChoiceMode.Auto);
        request.Reasoning = new NeutralReasoning(ReasoningMode.Budget, null, 10000, true, Here);
        request.Output = new NeutralOutput(OutputKind.JsonSchema, JsonDocument.Parse("""{"type":"object"}""").RootElement, null, null, null, Here);
        var notes = new TranslationNotes();
        Assert.Equal(
            """{"model":"up","input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"x"}]}],"text":{"format":{"type":"json_schema","name":"response","schema":{"type":"object"}},"verbosity":"low"},"reasoning":{"effort":"medium","summary":"auto"},"include":["reasoning.encrypted_content"],"max_output_tokens":50,"temperature":0.5,"top_p":0.9,"safety_identifier":"uuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu","metadata":{"a":"b"},"service_tier":"flex","prompt_cache_key":"k","store":false}""",
            Write(request, notes: notes));
        Assert.Equal(
            "dropped=TopK,FrequencyPenalty,PresencePenalty,Seed,LogitBias,ContextWindow,store; adapted=reasoning,safety_identifier", notes.ToHeader());
    }

    [Theory]
    [InlineData("Stop")]
    [InlineData("CandidateCount")]
    [InlineData("include")]
    [InlineData("top_logprobs")]
    public void Field_ThatWouldChangeTheAnswer_IsRefused(string field)
    {
        var request = Ask("x");
        switch (field)
        {
            case "Stop": request.Stop.Add("END"); break;
            case "CandidateCount": request.CandidateCount = 2; break;
            case "include": request.Logprobs = true; break;
            default: request.TopLogprobs = 2; break;
        }

        Assert.Equal(field, Assert.Throws<GatewayException>(() => Write(request)).Error.Param);
    }

    [Fact]
    public void Call_WithoutResult_IsRefusedAndASecondResultDropped()
    {
        var request = Ask("x");
        Turn(request, NeutralRole.Assistant, new ToolCallPart("c1", "f", "{}", Here.At("tool_calls")));
        Assert.Equal("messages[0].tool_calls", Assert.Throws<GatewayException>(() => Write(request)).Error.Param);
        Turn(request, NeutralRole.Tool, new ToolResultPart("c1", null, [new TextPart("1", Here)], false, Here), new ToolResultPart("c1", null, [new TextPart("2", Here)], false, Here.At("second")));
        var notes = new TranslationNotes();
        Assert.DoesNotContain("\"2\"", Write(request, notes: notes), StringComparison.Ordinal);
        Assert.Equal("dropped=messages[0].second", notes.ToHeader());
    }

    [Fact]
    public void Sound_IsRefused()
    {
        var request = Ask("x");
        request.Turns[0].Parts.Add(new MediaPart(MediaKind.Audio, Here.At("input_audio")) { Base64 = "AAAA"u8.ToArray() });
        Assert.Equal("messages[0].input_audio", Assert.Throws<GatewayException>(() => Write(request)).Error.Param);
    }

    [Fact]
    public void TokenCount_AsksOnlyWhatThereIsToCount()
    {
        var request = Ask("x");
        request.MaxOutput = 5;
        request.Stream = true;
        Assert.Equal(
            """{"model":"up","input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"x"}]}]}""", Write(request, LlmOperation.ResponsesInputTokens));
    }

    [Theory]
    [InlineData("Any", null, "\"required\"")]
    [InlineData("None", null, "\"none\"")]
    [InlineData("Named", "f", """{"type":"function","name":"f"}""")]
    [InlineData("Named", "sh", """{"type":"custom","name":"sh"}""")]
    [InlineData("Any", "f,sh", """{"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"f"},{"type":"custom","name":"sh"}]}""")]
    public void ToolChoice_EachMode_IsWritten(string mode, string? names, string expected)
    {
        var request = Ask("x");
        request.Tools.Add(new NeutralTool("f", null, JsonDocument.Parse("""{"properties":{"a":{"type":"string"}}}""").RootElement, true, Here));
        request.Tools.Add(new NeutralTool("sh", null, null, null, Here) { IsCustom = true });
        request.ToolChoice = new NeutralToolChoice(Enum.Parse<ToolChoiceMode>(mode), names?.Split(','));
        using var written = JsonDocument.Parse(Write(request));
        Assert.Equal(expected, written.RootElement.GetProperty("tool_choice").GetRawText());
        Assert.Equal(
            """[{"type":"function","name":"f","parameters":{"type":"object","properties":{"a":{"type":"string"}}},"strict":true},{"type":"custom","name":"sh"}]""",
            written.RootElement.GetProperty("tools").GetRawText());
    }

    [Theory]
    [MemberData(nameof(Asked))]
    public void Request_Recorded_ReadWrittenAndReadAgain_IsTheSame(string id)
    {
        var first = ResponsesWriting.Read(Recordings.Load(id).RequestBody!.Value.GetRawText());
        first.Logprobs = false;
        var bytes = Write(first);
        var second = ResponsesWriting.Read(bytes);
        Assert.Equal(WithoutReasoning(first), WithoutReasoning(second));
        Assert.Equal(first.System, second.System);
        Assert.Equal(
            first.Tools.Select(static tool => (tool.Name, tool.Description, tool.Strict ?? false, tool.Parameters?.GetRawText())),
            second.Tools.Select(static tool => (tool.Name, tool.Description, tool.Strict ?? false, tool.Parameters?.GetRawText())), JsonAlike);
        Assert.Equal((first.MaxOutput, first.Temperature, first.TopP, first.ServiceTier), (second.MaxOutput, second.Temperature, second.TopP, second.ServiceTier));
        Assert.Equal(bytes, Write(first));
    }

    private static readonly EqualityComparer<(string Name, string? Description, bool Strict, string? Parameters)> JsonAlike =
        EqualityComparer<(string Name, string? Description, bool Strict, string? Parameters)>.Create(static (a, b) =>
            (a.Name, a.Description, a.Strict) == (b.Name, b.Description, b.Strict) && JsonElement.DeepEquals(JsonDocument.Parse(a.Parameters!).RootElement, JsonDocument.Parse(b.Parameters!).RootElement));

    private static List<string> WithoutReasoning(NeutralRequest request)
    {
        foreach (var turn in request.Turns)
        {
            turn.Parts.RemoveAll(static part => part is ReasoningPart);
        }

        return ResponsesRequestReaderTests.Turns(request);
    }

    private static NeutralRequest Ask(string text)
    {
        var request = new NeutralRequest { Model = "asked" };
        Turn(request, NeutralRole.User, new TextPart(text, Here));
        return request;
    }

    private static void Turn(NeutralRequest request, NeutralRole role, params NeutralPart[] parts)
    {
        var turn = new NeutralTurn(role, Here);
        turn.Parts.AddRange(parts);
        request.Turns.Add(turn);
    }

    private static string Write(NeutralRequest request, LlmOperation operation = LlmOperation.Responses, TranslationNotes? notes = null)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            ResponsesRequestWriter.Write(new Translation(request, ResponsesWriting.Client, "up", UpstreamTraits.Default, notes ?? new TranslationNotes()), operation, json);
        }

        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
