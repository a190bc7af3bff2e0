using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Neutral;
using static Gateway.Router.Tests.Protocols.OpenAI.NeutralTalk;
using static Gateway.Router.Tests.Protocols.OpenAI.OpenAIChat;

namespace Gateway.Router.Tests.Protocols.OpenAI;

/// <summary>How a talk is told to an upstream that speaks OpenAI's protocol. Its other members: <see cref="MemberWriterTests"/>.</summary>
public sealed class RequestWriterTests
{
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

    private static string Messages(NeutralRequest request, UpstreamTraits? traits = null) => Write(request, traits).GetProperty("messages").GetRawText();
}
