using System.Text.Json;
using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Neutral;
using static Gateway.Router.Tests.Protocols.OpenAI.OpenAIChat;

namespace Gateway.Router.Tests.Protocols.OpenAI;

/// <summary>What an upstream that speaks OpenAI's protocol is sent.</summary>
public sealed class RequestWriterTests
{
    private static readonly UpstreamTraits Real = UpstreamTraits.Default with { MaxCompletionTokens = true, DeveloperRole = true, Host = "api.openai.com" };
    private static readonly SourcePath Here = new("messages", 0, "content", 0);

    [Fact]
    public void SystemPrompt_OfSeveralTexts_IsOneMessageInTheRoleThatTheServerKnows()
    {
        var request = User("hi");
        request.System.AddRange([new TextPart("a", Here), new TextPart("", Here), new TextPart("b", Here)]);
        request.Turns.Add(Turn(NeutralRole.System, new TextPart("c", Here)));
        request.Turns.Add(Turn(NeutralRole.User, new TextPart("bye", Here)));
        Assert.Equal("""[{"role":"system","content":"a\n\nb"},{"role":"user","content":"hi"},{"role":"system","content":"c"},{"role":"user","content":"bye"}]""", Messages(request));
        Assert.StartsWith("""[{"role":"developer","content":"a\n\nb"}""", Messages(request, Real), StringComparison.Ordinal);
    }

    [Fact]
    public void EmptySystemPrompt_IsLeftOut()
    {
        var request = User("hi");
        request.System.Add(new TextPart("", Here));
        Assert.Equal("""[{"role":"user","content":"hi"}]""", Messages(request));
    }

    [Fact]
    public void CacheMarks_GoOnlyWhereTheServerKnowsThem()
    {
        var request = User("hi");
        request.System.Add(new TextPart("a", Here) { Cache = new CacheMark("1h") });
        request.Turns[0].Parts[0] = new TextPart("hi", Here) { Cache = new CacheMark(null) };
        Assert.Equal("""[{"role":"system","content":"a"},{"role":"user","content":"hi"}]""", Messages(request));
        Assert.Equal(
            """[{"role":"system","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral","ttl":"1h"}}]},{"role":"user","content":[{"type":"text","text":"hi","cache_control":{"type":"ephemeral"}}]}]""",
            Messages(request, UpstreamTraits.Default with { CacheControl = true }));
    }

    [Fact]
    public void Media_OfEachKind_IsWritten()
    {
        var request = User("see");
        request.Turns[0].Parts.AddRange(
        [
            new MediaPart(MediaKind.Image, Here) { Base64 = "aa+/"u8.ToArray(), MimeType = "image/png", Detail = "high" },
            new MediaPart(MediaKind.Image, Here) { Url = "https://example.com/a.png" },
            new MediaPart(MediaKind.Audio, Here) { Base64 = "aaaa"u8.ToArray(), MimeType = "audio/mpeg" },
            new MediaPart(MediaKind.Audio, Here) { Base64 = "aaaa"u8.ToArray(), MimeType = "audio/x-wav" },
            new MediaPart(MediaKind.File, Here) { Base64 = "aaaa"u8.ToArray(), MimeType = "application/pdf" },
            new MediaPart(MediaKind.File, Here) { Base64 = "aaaa"u8.ToArray(), MimeType = "application/pdf", FileName = "x.pdf" },
            new MediaPart(MediaKind.File, Here) { FileId = "file-1" },
        ]);
        Assert.Equal(
            """
            [{"role":"user","content":[{"type":"text","text":"see"},{"type":"image_url","image_url":{"url":"data:image/png;base64,aa+/","detail":"high"}},
            {"type":"image_url","image_url":{"url":"https://example.com/a.png"}},{"type":"input_audio","input_audio":{"data":"aaaa","format":"mp3"}},
            {"type":"input_audio","input_audio":{"data":"aaaa","format":"wav"}},{"type":"file","file":{"filename":"file.pdf","file_data":"data:application/pdf;base64,aaaa"}},
            {"type":"file","file":{"filename":"x.pdf","file_data":"data:application/pdf;base64,aaaa"}},{"type":"file","file":{"file_id":"file-1"}}]}]
            """.ReplaceLineEndings("").Replace("},            {", "},{", StringComparison.Ordinal),
            Messages(request));
    }

    public static TheoryData<string> RefusedMedia => ["gs", "image-id", "file-url", "video", "no-type", "audio-url"];

    [Theory]
    [MemberData(nameof(RefusedMedia))]
    public void Media_ThatTheServerCannotTake_IsRefusedByName(string what)
    {
        var request = User("see");
        request.Turns[0].Parts.Add(what switch
        {
            "gs" => new MediaPart(MediaKind.Image, Here) { Url = "gs://bucket/a.png" },
            "image-id" => new MediaPart(MediaKind.Image, Here) { FileId = "file-1" },
            "file-url" => new MediaPart(MediaKind.File, Here) { Url = "https://example.com/a.pdf" },
            "video" => new MediaPart(MediaKind.Video, Here) { Base64 = "aaaa"u8.ToArray(), MimeType = "video/mp4" },
            "no-type" => new MediaPart(MediaKind.Image, Here) { Base64 = "aaaa"u8.ToArray() },
            _ => new MediaPart(MediaKind.Audio, Here) { Url = "https://example.com/a.wav" },
        });
        Assert.Equal("messages[0].content[0]", Rejected(request));
    }

    [Fact]
    public void File_OfAnotherVendor_IsRefused()
    {
        var request = User("see");
        request.Turns[0].Parts.Add(new MediaPart(MediaKind.File, Here) { FileId = "file_011" });
        var anthropic = ProtocolAdapters.Client(LlmProtocol.Anthropic);
        Assert.Equal("messages[0].content[0]", Assert.Throws<GatewayException>(() => WriteText(Translate(request, client: anthropic))).Error.Param);
    }

    [Fact]
    public void ToolTalk_IsWrittenCallByCall()
    {
        var request = Talk(new ToolCallPart("a", "f", "", Here), new ToolCallPart("b", "g", "{\"x\": 1}", Here));
        request.Turns.Add(Turn(NeutralRole.Tool, Result("b", new TextPart("two", Here)), Result("a")));
        Assert.Equal(
            """[{"role":"user","content":"hi"},{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"b","type":"function","function":{"name":"g","arguments":"{\"x\": 1}"}}]},{"role":"tool","tool_call_id":"a","content":""},{"role":"tool","tool_call_id":"b","content":"two"}]""",
            Messages(request));
    }

    [Fact]
    public void Results_InSeveralTurns_AreAllFound()
    {
        var request = Talk(new ToolCallPart("a", "f", "", Here), new ToolCallPart("b", "g", "", Here));
        request.Turns.Add(Turn(NeutralRole.Tool, Result("a", new TextPart("1", Here))));
        request.Turns.Add(Turn(NeutralRole.Tool, Result("b", new TextPart("2", Here))));
        request.Turns.Add(Turn(NeutralRole.User, new TextPart("go on", Here)));
        Assert.EndsWith("""{"role":"tool","tool_call_id":"a","content":"1"},{"role":"tool","tool_call_id":"b","content":"2"},{"role":"user","content":"go on"}]""", Messages(request), StringComparison.Ordinal);
    }

    [Fact]
    public void Call_WithoutResult_IsRefused()
    {
        var call = new SourcePath("messages", 1, "tool_calls", 0);
        var request = Talk(new ToolCallPart("a", "f", "", call));
        Assert.Equal("messages[1].tool_calls[0]", Rejected(request));
        request.Turns.Add(Turn(NeutralRole.User, new TextPart("well?", Here)));
        Assert.Equal("messages[1].tool_calls[0]", Rejected(request));
    }

    [Fact]
    public void Result_BehindOrBesideOtherTurns_IsMovedToItsCall()
    {
        const string Expected = """{"role":"tool","tool_call_id":"a","content":"1"},{"role":"user","content":"well?"}]""";
        var late = Talk(new ToolCallPart("a", "f", "", Here));
        late.Turns.Add(Turn(NeutralRole.User, new TextPart("well?", Here)));
        late.Turns.Add(Turn(NeutralRole.Tool, Result("a", new TextPart("1", Here))));
        Assert.EndsWith(Expected, Messages(late), StringComparison.Ordinal);

        // As Anthropic's clients say it: results and text of the user in one turn.
        var mixed = Talk(new ToolCallPart("a", "f", "", Here));
        mixed.Turns.Add(Turn(NeutralRole.User, Result("a", new TextPart("1", Here)), new TextPart("well?", Here)));
        Assert.EndsWith(Expected, Messages(mixed), StringComparison.Ordinal);
    }

    [Fact]
    public void Result_WithoutCall_IsRefused()
    {
        var request = Talk(new ToolCallPart("a", "f", "", Here));
        request.Turns.Add(Turn(NeutralRole.Tool, Result("a"), Result("z") with { Path = new SourcePath("messages", 2) }));
        Assert.Equal("messages[2]", Rejected(request));
    }

    [Fact]
    public void SecondResult_OfACall_IsDroppedByName()
    {
        var request = Talk(new ToolCallPart("a", "f", "", Here));
        request.Turns.Add(Turn(NeutralRole.Tool, Result("a", new TextPart("1", Here)), Result("a", new TextPart("2", Here)) with { Path = new SourcePath("messages", 3) }));
        var notes = new TranslationNotes();
        var messages = Write(request, notes: notes).GetProperty("messages");
        Assert.Equal(3, messages.GetArrayLength());
        Assert.Equal("1", messages[2].GetProperty("content").GetString());
        Assert.Equal(["messages[3]"], notes.Dropped);
    }

    [Fact]
    public void Result_ThatIsAnError_KeepsItsTextAndNamesTheFlag()
    {
        var request = Talk(new ToolCallPart("a", "f", "", Here));
        request.Turns.Add(Turn(NeutralRole.Tool, Result("a", new TextPart("boom", Here)) with { IsError = true }));
        var notes = new TranslationNotes();
        Assert.Equal("boom", Write(request, notes: notes).GetProperty("messages")[2].GetProperty("content").GetString());
        Assert.Equal(["messages[0].content[0].is_error"], notes.Dropped);
    }

    [Fact]
    public void ImageInAResult_MovesBehindTheResults()
    {
        var image = new MediaPart(MediaKind.Image, new SourcePath("messages", 2, "content", 0)) { Base64 = "aaaa"u8.ToArray(), MimeType = "image/png" };
        var request = Talk(new ToolCallPart("a", "f", "", Here), new ToolCallPart("b", "g", "", Here));
        request.Turns.Add(Turn(NeutralRole.Tool, Result("a", new TextPart("see", Here), image), Result("b", new TextPart("2", Here))));
        var notes = new TranslationNotes();
        var messages = Write(request, notes: notes).GetProperty("messages");
        Assert.Equal(["user", "assistant", "tool", "tool", "user"], messages.EnumerateArray().Select(static message => message.GetProperty("role").GetString()));
        Assert.Equal(
            """[{"type":"text","text":"From the result of tool call a:"},{"type":"image_url","image_url":{"url":"data:image/png;base64,aaaa"}}]""",
            messages[4].GetProperty("content").GetRawText());
        Assert.Equal(["messages[2].content[0]"], notes.Adapted);
    }

    [Fact]
    public void NeighbouringAssistantTurns_WithCalls_BecomeOneMessage()
    {
        var request = User("hi");
        request.Turns.Add(Turn(NeutralRole.Assistant, new ToolCallPart("a", "f", "", Here)));
        request.Turns.Add(Turn(NeutralRole.Assistant, new ToolCallPart("b", "g", "", Here)));
        request.Turns.Add(Turn(NeutralRole.Tool, Result("a"), Result("b")));
        Assert.Equal(4, Write(request).GetProperty("messages").GetArrayLength());
    }

    [Theory]
    [InlineData("call_1", false, "call_1")]
    [InlineData("0123456789012345678901234567890123456789", false, "0123456789012345678901234567890123456789")]
    [InlineData("01234567890123456789012345678901234567890", false, "call_*")]
    [InlineData("abcDEF123", true, "abcDEF123")]
    [InlineData("call_1", true, "*********")]
    [InlineData("abcDEF-12", true, "*********")]
    public void CallIds_StayWhereTheServerTakesThem(string id, bool isShort, string expected)
    {
        var request = Talk(new ToolCallPart(id, "f", "", Here));
        request.Turns.Add(Turn(NeutralRole.Tool, Result(id)));
        var messages = Write(request, UpstreamTraits.Default with { ShortToolIds = isShort }).GetProperty("messages");
        var sent = messages[1].GetProperty("tool_calls")[0].GetProperty("id").GetString()!;
        Assert.Equal(sent, messages[2].GetProperty("tool_call_id").GetString());
        Assert.Matches("^" + expected.Replace("call_*", "call_[0-9a-f]{24}", StringComparison.Ordinal).Replace("*********", "[0-9a-zA-Z]{9}", StringComparison.Ordinal) + "$", sent);
    }

    [Fact]
    public void Reasoning_InTheHistory_GoesOnlyWhereItIsWanted()
    {
        var request = User("hi");
        var where = new SourcePath("messages", 1, "content", 0);
        request.Turns.Add(Turn(NeutralRole.Assistant, new ReasoningPart("hm", where) { Signature = "s" }, new TextPart("x", Here)));
        request.Turns.Add(Turn(NeutralRole.User, new TextPart("go on", Here)));
        var notes = new TranslationNotes();
        Assert.Equal("""{"role":"assistant","content":"x"}""", Write(request, notes: notes).GetProperty("messages")[1].GetRawText());
        Assert.Equal(["messages[1].content[0]"], notes.Dropped);
        Assert.Equal("""{"role":"assistant","content":"x","reasoning_content":"hm"}""", Write(request, UpstreamTraits.Default with { EchoReasoning = true }).GetProperty("messages")[1].GetRawText());
    }

    [Fact]
    public void AssistantTurn_AtTheEnd_IsAdapted()
    {
        var request = User("hi");
        request.Turns.Add(new NeutralTurn(NeutralRole.Assistant, new SourcePath("messages", 1)) { Parts = { new TextPart("Well,", Here), new RefusalPart("no", Here) } });
        var notes = new TranslationNotes();
        Assert.Equal("""{"role":"assistant","content":"Well,","refusal":"no"}""", Write(request, notes: notes).GetProperty("messages")[1].GetRawText());
        Assert.Equal(["messages[1]"], notes.Adapted);
    }

    [Fact]
    public void AssistantTurn_WithAnImage_IsRefused()
    {
        var request = User("hi");
        request.Turns.Add(Turn(NeutralRole.Assistant, new MediaPart(MediaKind.Image, new SourcePath("messages", 1)) { Url = "https://x/y" }));
        Assert.Equal("messages[1]", Rejected(request));
    }

    [Theory]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]", "tools", """[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{}}}}]""")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"properties\":{}},\"description\":\"d\",\"strict\":true}}]", "tools", """[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","properties":{}},"strict":true}}]""")]
    [InlineData("\"tools\":[]", "tools", null)]
    [InlineData("\"tools\":[],\"parallel_tool_calls\":true,\"tool_choice\":\"auto\"", "tool_choice", null)]
    [InlineData("\"tools\":[],\"parallel_tool_calls\":true", "parallel_tool_calls", null)]
    [InlineData("TOOLS,\"parallel_tool_calls\":false", "parallel_tool_calls", "false")]
    [InlineData("TOOLS,\"tool_choice\":\"required\"", "tool_choice", "\"required\"")]
    [InlineData("TOOLS,\"tool_choice\":\"none\"", "tool_choice", "\"none\"")]
    [InlineData("TOOLS,\"tool_choice\":\"auto\"", "tool_choice", "\"auto\"")]
    [InlineData("TOOLS", "tool_choice", null)]
    [InlineData("TOOLS,\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"g\"}}", "tool_choice", """{"type":"function","function":{"name":"g"}}""")]
    [InlineData("\"response_format\":{\"type\":\"json_object\"}", "response_format", """{"type":"json_object"}""")]
    [InlineData("\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"schema\":{\"a\":1}}}", "response_format", """{"type":"json_schema","json_schema":{"name":"response","schema":{"a":1}}}""")]
    [InlineData("\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\",\"description\":\"d\",\"schema\":{\"a\":1},\"strict\":true}}", "response_format", """{"type":"json_schema","json_schema":{"name":"n","description":"d","schema":{"a":1},"strict":true}}""")]
    [InlineData("\"temperature\":0.5", "temperature", "0.5")]
    [InlineData("\"temperature\":3", "temperature", "2")]
    [InlineData("\"top_p\":0.5", "top_p", "0.5")]
    [InlineData("\"top_k\":5", "top_k", null)]
    [InlineData("\"frequency_penalty\":0.5", "frequency_penalty", "0.5")]
    [InlineData("\"presence_penalty\":-1", "presence_penalty", "-1")]
    [InlineData("\"seed\":5", "seed", "5")]
    [InlineData("\"stop\":\"x\"", "stop", "[\"x\"]")]
    [InlineData("\"stop\":[\"1\",\"2\",\"3\",\"4\"]", "stop", "[\"1\",\"2\",\"3\",\"4\"]")]
    [InlineData("\"logit_bias\":{\"1\":2}", "logit_bias", "{\"1\":2}")]
    [InlineData("\"reasoning_effort\":\"low\"", "reasoning_effort", "\"low\"")]
    [InlineData("\"reasoning_effort\":\"none\"", "reasoning_effort", "\"none\"")]
    [InlineData("\"user\":\"u\"", "user", "\"u\"")]
    [InlineData("\"service_tier\":\"flex\"", "service_tier", "\"flex\"")]
    [InlineData("\"metadata\":{\"a\":\"b\"}", "metadata", null)]
    [InlineData("\"verbosity\":\"low\"", "verbosity", null)]
    [InlineData("\"prompt_cache_key\":\"k\"", "prompt_cache_key", null)]
    [InlineData("\"store\":true", "store", null)]
    public void Member_TowardsAServerThatResemblesOpenAI(string members, string name, string? expected) =>
        Assert.Equal(expected, Raw(Write(ReadWith(WithTools(members))), name));

    [Theory]
    [InlineData("\"user\":\"u\"", "safety_identifier", "\"u\"")]
    [InlineData("\"metadata\":{\"a\":\"b\"}", "metadata", "{\"a\":\"b\"}")]
    [InlineData("\"verbosity\":\"low\"", "verbosity", "\"low\"")]
    [InlineData("\"prompt_cache_key\":\"k\"", "prompt_cache_key", "\"k\"")]
    [InlineData("\"store\":true", "store", "true")]
    [InlineData("TOOLS,\"tool_choice\":{\"type\":\"allowed_tools\",\"allowed_tools\":{\"mode\":\"required\",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"g\"}}]}}", "tool_choice", """{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"g"}}]}}""")]
    public void Member_TowardsOpenAIItself(string members, string name, string? expected) => Assert.Equal(expected, Raw(Write(ReadWith(WithTools(members)), Real), name));

    [Theory]
    [InlineData("\"top_k\":5", "top_k", "")]
    [InlineData("\"metadata\":{\"a\":\"b\"}", "metadata", "")]
    [InlineData("\"verbosity\":\"low\"", "verbosity", "")]
    [InlineData("\"prompt_cache_key\":\"k\"", "prompt_cache_key", "")]
    [InlineData("\"store\":true", "store", "")]
    [InlineData("\"tool_choice\":\"required\"", "tool_choice", "")]
    [InlineData("\"temperature\":2.5", "", "temperature")]
    [InlineData("\"store\":false,\"reasoning_effort\":\"none\",\"n\":1,\"tool_choice\":\"auto\"", "", "")]
    public void WhatIsLost_IsNamed(string members, string dropped, string adapted)
    {
        var notes = new TranslationNotes();
        Write(ReadWith(members), notes: notes);
        Assert.Equal((dropped, adapted), (string.Join(',', notes.Dropped), string.Join(',', notes.Adapted)));
    }

    [Theory]
    [InlineData("\"n\":2", "n")]
    [InlineData("\"logprobs\":true", "logprobs")]
    [InlineData("\"top_logprobs\":2", "top_logprobs")]
    [InlineData("\"stop\":[\"1\",\"2\",\"3\",\"4\",\"5\"]", "stop")]
    [InlineData("TOOLS,\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"nobody\"}}", "tool_choice")]
    public void WhatWouldChangeTheAnswer_IsRefused(string members, string field) => Assert.Equal(field, Rejected(ReadWith(WithTools(members))));

    [Fact]
    public void AllowedTools_TowardsOthers_LeaveTheRestOut()
    {
        var body = Write(ReadWith(WithTools("TOOLS,\"tool_choice\":{\"type\":\"allowed_tools\",\"allowed_tools\":{\"mode\":\"required\",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"g\"}}]}}")));
        Assert.Equal("g", Assert.Single(body.GetProperty("tools").EnumerateArray()).GetProperty("function").GetProperty("name").GetString());
        Assert.Equal("required", body.GetProperty("tool_choice").GetString());
    }

    [Fact]
    public void CustomTool_IsAFunctionWithOneText()
    {
        var request = ReadWith("\"tools\":[{\"type\":\"custom\",\"custom\":{\"name\":\"patch\"}}]");
        request.Turns.Add(Turn(NeutralRole.Assistant, new ToolCallPart("a", "patch", "li\"ne\n", Here) { IsCustom = true }));
        request.Turns.Add(Turn(NeutralRole.Tool, Result("a")));
        var notes = new TranslationNotes();
        var body = Write(request, notes: notes);
        Assert.Equal("string", body.GetProperty("tools")[0].GetProperty("function").GetProperty("parameters").GetProperty("properties").GetProperty("input").GetProperty("type").GetString());
        Assert.Equal("""{"input":"li\"ne\n"}""", body.GetProperty("messages")[1].GetProperty("tool_calls")[0].GetProperty("function").GetProperty("arguments").GetString());
        Assert.Equal(["tools[0]"], notes.Adapted);
    }

    [Theory]
    [InlineData(1024, "low")]
    [InlineData(2048, "low")]
    [InlineData(2049, "medium")]
    [InlineData(12288, "medium")]
    [InlineData(12289, "high")]
    [InlineData(0, "none")]
    public void Budget_BecomesAnEffort(long budget, string effort)
    {
        var request = User("hi");
        request.Reasoning = new NeutralReasoning(ReasoningMode.Budget, null, budget, null, new SourcePath("thinking"));
        var notes = new TranslationNotes();
        Assert.Equal(effort, Write(request, notes: notes).GetProperty("reasoning_effort").GetString());
        Assert.Equal(["thinking"], notes.Adapted);
    }

    [Fact]
    public void Reasoning_OfAModelThatHasNone_IsDropped()
    {
        var traits = UpstreamTraits.Default with { Reasoning = false };
        var notes = new TranslationNotes();
        Assert.Null(Raw(Write(ReadWith("\"reasoning_effort\":\"high\""), traits, notes), "reasoning_effort"));
        Assert.Equal(["reasoning_effort"], notes.Dropped);

        notes = new TranslationNotes();
        Assert.Null(Raw(Write(ReadWith("\"reasoning_effort\":\"none\""), traits, notes), "reasoning_effort"));
        Assert.Empty(notes.Dropped);
    }

    [Fact]
    public void Reasoning_LeftToTheModel_IsNotSaid()
    {
        var request = User("hi");
        request.Reasoning = new NeutralReasoning(ReasoningMode.Auto, null, null, true, new SourcePath("thinking"));
        Assert.Null(Raw(Write(request), "reasoning_effort"));
    }

    [Fact]
    public void FixedTemperature_IsDroppedByName()
    {
        var notes = new TranslationNotes();
        Assert.Null(Raw(Write(ReadWith("\"temperature\":0.5"), UpstreamTraits.Default with { FixedTemperature = true }, notes), "temperature"));
        Assert.Equal(["temperature"], notes.Dropped);
    }

    [Fact]
    public void Schema_TowardsAServerWithoutSchemas_IsToldInWords()
    {
        var request = ReadWith("\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\",\"schema\":{\"a\":1}}}");
        var notes = new TranslationNotes();
        var body = Write(request, UpstreamTraits.Default with { JsonSchema = false }, notes);
        Assert.Equal("""{"type":"json_object"}""", body.GetProperty("response_format").GetRawText());
        Assert.Equal("system", body.GetProperty("messages")[0].GetProperty("role").GetString());
        Assert.EndsWith("{\"a\":1}", body.GetProperty("messages")[0].GetProperty("content").GetString(), StringComparison.Ordinal);
        Assert.Equal(["response_format"], notes.Adapted);
    }

    [Fact]
    public void LongUser_IsNoSafetyIdentifier()
    {
        var body = Write(ReadWith($"\"user\":\"{new string('u', 65)}\""), Real);
        Assert.Null(Raw(body, "safety_identifier"));
        Assert.NotNull(Raw(body, "user"));
    }

    [Fact]
    public void RouteThatRefusesLosses_RefusesEach()
    {
        var exception = Assert.Throws<GatewayException>(() => Write(ReadWith("\"top_k\":5"), notes: new TranslationNotes(rejectAll: true)));
        Assert.Equal("top_k", exception.Error.Param);
    }

    [Fact]
    public void StoreOfAnotherProtocol_IsDroppedEvenTowardsOpenAI()
    {
        var request = User("hi");
        request.Store = true;
        var notes = new TranslationNotes();
        Assert.DoesNotContain("store", WriteText(Translate(request, Real, new NamelessClient(), notes)), StringComparison.Ordinal);
        Assert.Equal(["Store"], notes.Dropped);
    }

    private static string WithTools(string members) =>
        members.Replace("TOOLS", "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}},{\"type\":\"function\",\"function\":{\"name\":\"g\"}}]", StringComparison.Ordinal);

    private static string? Raw(JsonElement body, string name) => body.TryGetProperty(name, out var value) ? value.GetRawText() : null;

    private static string Messages(NeutralRequest request, UpstreamTraits? traits = null) => Write(request, traits).GetProperty("messages").GetRawText();

    private static string? Rejected(NeutralRequest request) => Assert.Throws<GatewayException>(() => WriteText(Translate(request))).Error.Param;

    private static NeutralRequest User(string text) => new() { Model = "gpt-test", Turns = { Turn(NeutralRole.User, new TextPart(text, Here)) } };

    private static NeutralRequest Talk(params NeutralPart[] calls)
    {
        var request = User("hi");
        request.Turns.Add(Turn(NeutralRole.Assistant, calls));
        return request;
    }

    private static NeutralTurn Turn(NeutralRole role, params NeutralPart[] parts)
    {
        var turn = new NeutralTurn(role, new SourcePath("messages"));
        turn.Parts.AddRange(parts);
        return turn;
    }

    private static ToolResultPart Result(string id, params NeutralPart[] parts) => new(id, null, parts, IsError: false, Here);
}
