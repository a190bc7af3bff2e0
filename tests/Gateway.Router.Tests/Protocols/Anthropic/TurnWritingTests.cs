using Gateway.Core.Configuration;
using Gateway.Core.Errors;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Neutral;
using static Gateway.Router.Tests.Protocols.Anthropic.Samples;

namespace Gateway.Router.Tests.Protocols.Anthropic;

public sealed class TurnWritingTests
{
    [Fact]
    public void Pitfall27_ParallelResultsInSeveralTurns_StandFirstInOneUserMessageInCallOrder()
    {
        var request = Request(
            Turn(NeutralRole.User, 0, Say("go", 0)),
            Turn(NeutralRole.Assistant, 1, Say("ok", 1), Call("a", 1, 1), Call("b", 1, 2)),
            Turn(NeutralRole.User, 2, Say("also", 2)),
            Turn(NeutralRole.Tool, 3, Result("b", 3, "B")),
            Turn(NeutralRole.Tool, 4, Result("a", 4, "A")));
        Assert.Equal(
            """[{"role":"user","content":[{"type":"text","text":"go"}]},{"role":"assistant","content":[{"type":"text","text":"ok"},{"type":"tool_use","id":"a","name":"f","input":{}},{"type":"tool_use","id":"b","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"A"},{"type":"tool_result","tool_use_id":"b","content":"B"},{"type":"text","text":"also"}]}]""",
            Messages(request));
    }

    [Fact]
    public void Call_WithoutResult_IsRefusedNamingIt()
    {
        var talk = Request(Turn(NeutralRole.User, 0, Say("go", 0)), Turn(NeutralRole.Assistant, 1, Call("a", 1), Call("b", 1, 1)), Turn(NeutralRole.Tool, 2, Result("a", 2, "A")));
        Assert.Equal("messages[1].content[1]", Refused(talk).Param);

        talk.Turns.RemoveAt(2);
        Assert.Equal("messages[1].content[0]", Refused(talk).Param);
    }

    [Fact]
    public void Result_WithoutCall_IsRefusedNamingIt()
    {
        Assert.Equal("messages[0].content[0]", Refused(Request(Turn(NeutralRole.Tool, 0, Result("a", 0, "A")))).Param);
        Assert.Equal("messages[2].content[0]", Refused(Request(
            Turn(NeutralRole.User, 0, Say("go", 0)), Turn(NeutralRole.Assistant, 1, Say("no call", 1)), Turn(NeutralRole.Tool, 2, Result("a", 2, "A")))).Param);
    }

    [Fact]
    public void Result_GivenTwice_FirstIsKeptAndTheOtherNamed()
    {
        var translation = Translate(Request(
            Turn(NeutralRole.User, 0, Say("go", 0)), Turn(NeutralRole.Assistant, 1, Call("a", 1)), Turn(NeutralRole.Tool, 2, Result("a", 2, "first")), Turn(NeutralRole.Tool, 3, Result("a", 3, "second"))));
        var text = Text(translation);
        Assert.Contains("first", text, StringComparison.Ordinal);
        Assert.DoesNotContain("second", text, StringComparison.Ordinal);
        Assert.Equal(["messages[3].content[0]"], translation.Notes.Dropped);
    }

    [Fact]
    public void Pitfall33_EmptyTextParts_AreRemoved()
    {
        var translation = Translate(Request(
            Turn(NeutralRole.User, 0, Say("", 0), Say("go", 0, 1)), Turn(NeutralRole.Assistant, 1, Say("", 1)), Turn(NeutralRole.User, 2, Say(" \n", 2), Say("on", 2, 1))));
        translation.Request.System.Add(new TextPart("", new SourcePath("system")));
        var body = Write(translation);

        // The assistant turn ended up empty: its neighbours are one message then.
        Assert.Equal("""[{"role":"user","content":[{"type":"text","text":"go"},{"type":"text","text":"on"}]}]""", Compact(body.GetProperty("messages")));
        Assert.False(body.TryGetProperty("system", out _));
        Assert.Equal(["messages[2].content[0]"], translation.Notes.Dropped);
    }

    [Fact]
    public void Talk_WithNothingInIt_IsRefused() => Assert.Equal("messages", Refused(Request(Turn(NeutralRole.User, 0, Say("", 0)))).Param);

    [Fact]
    public void Neighbours_OfOneRole_BecomeOneMessageWithTheirPartsApart()
    {
        var request = Request(Turn(NeutralRole.User, 0, Say("a", 0)), Turn(NeutralRole.User, 1, Say("b", 1)), Turn(NeutralRole.Assistant, 2, Say("c", 2)), Turn(NeutralRole.Assistant, 3, Say("d", 3)));
        Assert.Equal(
            """[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},{"role":"assistant","content":[{"type":"text","text":"c"},{"type":"text","text":"d"}]}]""",
            Messages(request));
    }

    [Fact]
    public void LastAssistantText_EndingInWhiteSpace_IsTrimmed()
    {
        var translation = Translate(Request(Turn(NeutralRole.User, 0, Say("go ", 0)), Turn(NeutralRole.Assistant, 1, Say("so far \n", 1))));
        Assert.Equal("""[{"role":"user","content":[{"type":"text","text":"go "}]},{"role":"assistant","content":[{"type":"text","text":"so far"}]}]""", Compact(Write(translation).GetProperty("messages")));
        Assert.Equal(["messages[1].content[0]"], translation.Notes.Adapted);
    }

    [Fact]
    public void FirstTurnOfAssistant_WithoutLeadText_IsRefused()
    {
        var request = Request(Turn(NeutralRole.Assistant, 0, Say("hello", 0)), Turn(NeutralRole.User, 1, Say("hi", 1)));
        Assert.Equal("messages[0].content[0]", Refused(request).Param);

        var translation = Translate(request, new UpstreamTraits { LeadUser = "Go on." });
        Assert.StartsWith("""[{"role":"user","content":[{"type":"text","text":"Go on."}]},{"role":"assistant",""", Compact(Write(translation).GetProperty("messages")), StringComparison.Ordinal);
        Assert.Equal(["messages"], translation.Notes.Adapted);
    }

    [Fact]
    public void SystemInTheMiddle_ByMode_IsHoistedInlinedOrRefused()
    {
        var request = Request(Turn(NeutralRole.User, 0, Say("a", 0)), Turn(NeutralRole.System, 1, Say("rule", 1)), Turn(NeutralRole.Assistant, 2, Say("b", 2)), Turn(NeutralRole.User, 3, Say("c", 3)));
        request.System.Add(new TextPart("first", new SourcePath("system")));

        var hoisted = Translate(request);
        Assert.Equal("""[{"type":"text","text":"first"},{"type":"text","text":"rule"}]""", Compact(Write(hoisted).GetProperty("system")));
        Assert.Equal(["messages[1].role"], hoisted.Notes.Adapted);

        var inlined = Translate(request, new UpstreamTraits { MidSystem = MidSystemMode.Inline });
        Assert.StartsWith("""[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"rule"}]},""", Compact(Write(inlined).GetProperty("messages")), StringComparison.Ordinal);
        Assert.Equal(["messages[1].role"], inlined.Notes.Adapted);

        Assert.Equal("messages[1].role", Refused(request, new UpstreamTraits { MidSystem = MidSystemMode.Reject }).Param);
    }

    [Fact]
    public void Ids_ThatAnthropicRefuses_AreMappedAlikeInCallAndResult()
    {
        NeutralRequest Talk() => Request(
            Turn(NeutralRole.User, 0, Say("go", 0)), Turn(NeutralRole.Assistant, 1, Call("call.1|x", 1), Call("fine-_9", 1, 1)),
            Turn(NeutralRole.Tool, 2, Result("call.1|x", 2, "1"), Result("fine-_9", 2, "2")));
        var messages = Write(Talk()).GetProperty("messages");
        var id = messages[1].GetProperty("content")[0].GetProperty("id").GetString()!;
        Assert.Matches("^toolu_[a-zA-Z0-9_-]+$", id);
        Assert.Equal(id, messages[2].GetProperty("content")[0].GetProperty("tool_use_id").GetString());
        Assert.Equal("fine-_9", messages[1].GetProperty("content")[1].GetProperty("id").GetString());
        Assert.Equal(Text(Translate(Talk())), Text(Translate(Talk())));
    }

    [Theory]
    [InlineData("[1]")]
    [InlineData("text")]
    [InlineData("{\"a\":")]
    [InlineData("{} {}")]
    public void Arguments_ThatAreNoObject_AreRefusedNamingThem(string arguments) =>
        Assert.Equal("messages[1].content[0].arguments", Refused(Request(
            Turn(NeutralRole.User, 0, Say("go", 0)), Turn(NeutralRole.Assistant, 1, Call("a", 1, 0, arguments)), Turn(NeutralRole.Tool, 2, Result("a", 2, "1")))).Param);

    [Theory]
    [InlineData("", "{}")]
    [InlineData("  ", "{}")]
    [InlineData("""{"ü":"\u00e4 ß","n":1.0}""", """{"ü":"\u00e4 ß","n":1.0}""")]
    public void Arguments_ThatAreAnObject_ArePassedAsTheyAre(string arguments, string sent)
    {
        var text = Text(Translate(Request(Turn(NeutralRole.User, 0, Say("go", 0)), Turn(NeutralRole.Assistant, 1, Call("a", 1, 0, arguments)), Turn(NeutralRole.Tool, 2, Result("a", 2, "1")))));
        Assert.Contains($"\"input\":{sent}}}", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Pitfall34_SchemaWordsInAResult_StayData()
    {
        const string Data = """{"$ref":"#/x","type":"object","properties":{}}""";
        var messages = Write(Request(Turn(NeutralRole.User, 0, Say("go", 0)), Turn(NeutralRole.Assistant, 1, Call("a", 1)), Turn(NeutralRole.Tool, 2, Result("a", 2, Data)))).GetProperty("messages");
        Assert.Equal(Data, messages[2].GetProperty("content")[0].GetProperty("content").GetString());
    }

    [Fact]
    public void Result_WithErrorAndImage_KeepsBoth()
    {
        var result = new ToolResultPart("a", null, [new TextPart("see", At(2)), new MediaPart(MediaKind.Image, At(2)) { MimeType = "image/png", Base64 = "AAAA"u8.ToArray() }], true, At(2));
        var messages = Write(Request(Turn(NeutralRole.User, 0, Say("go", 0)), Turn(NeutralRole.Assistant, 1, Call("a", 1)), Turn(NeutralRole.Tool, 2, result))).GetProperty("messages");
        Assert.Equal(
            """{"type":"tool_result","tool_use_id":"a","content":[{"type":"text","text":"see"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}],"is_error":true}""",
            Compact(messages[2].GetProperty("content")[0]));
    }

    [Fact]
    public void Name_OfASpeaker_IsDroppedAndNamed()
    {
        var request = Hello();
        request.Turns[0].Name = "Ann";
        var translation = Translate(request);
        Assert.DoesNotContain("Ann", Text(translation), StringComparison.Ordinal);
        Assert.Equal(["messages[0].name"], translation.Notes.Dropped);
    }

    private static TextPart Say(string text, int turn, int part = 0) => new(text, At(turn, part));

    private static string Messages(NeutralRequest request) => Compact(Write(request).GetProperty("messages"));

    private static GatewayError Refused(NeutralRequest request, UpstreamTraits? traits = null)
    {
        var error = Assert.Throws<GatewayException>(() => Write(request, traits)).Error;
        Assert.Equal(GatewayErrorKind.InvalidRequest, error.Kind);
        return error;
    }
}
