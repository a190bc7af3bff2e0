using Gateway.Core.Errors;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Tests.Protocols.Bedrock;
using Gateway.Router.Tests.Protocols.Ollama;

namespace Gateway.Router.Tests.Translating;

public sealed class ToolHistoryTests
{
    [Fact]
    public void Order_AnyOrderOfResults_IsTheOrderOfTheCalls()
    {
        string[][] orders = [["1", "2", "3"], ["1", "3", "2"], ["2", "1", "3"], ["2", "3", "1"], ["3", "1", "2"], ["3", "2", "1"]];
        foreach (var order in orders)
        {
            var request = Calls("1", "2", "3");
            foreach (var id in order)
            {
                OllamaCases.Turn(request, NeutralRole.Tool, OllamaCases.Result(id, "r" + id));
            }

            OllamaCases.Turn(request, NeutralRole.User, OllamaCases.Text("So?"));
            Assert.Equal("User, Assistant, Tool 1f1 2f2 3f3, User", Describe(request));
        }
    }

    [Fact]
    public void Order_TextBetweenAndBesideResults_ComesAfterThem()
    {
        var request = Calls("1", "2");
        OllamaCases.Turn(request, NeutralRole.User, OllamaCases.Result("2", "b"), OllamaCases.Text("beside"));
        OllamaCases.Turn(request, NeutralRole.System, OllamaCases.Text("rule"));
        OllamaCases.Turn(request, NeutralRole.Tool, OllamaCases.Result("1", "a"));
        OllamaCases.Turn(request, NeutralRole.Assistant, OllamaCases.Text("done"));
        Assert.Equal("User, Assistant, Tool 1f1 2f2, User, System, Assistant", Describe(request));
        Assert.Equal(6, request.Turns.Count);
    }

    [Fact]
    public void Order_NeighbouringAssistants_AreAnsweredTogether()
    {
        var request = Calls("1");
        OllamaCases.Turn(request, NeutralRole.Assistant, OllamaCases.Call("2", "f2", "{}"));
        OllamaCases.Turn(request, NeutralRole.Tool, OllamaCases.Result("2", "b"));
        OllamaCases.Turn(request, NeutralRole.Tool, OllamaCases.Result("1", "a"));
        Assert.Equal("User, Assistant, Assistant, Tool 1f1 2f2", Describe(request));
    }

    [Fact]
    public void Order_SecondResultOfACall_IsDroppedByName()
    {
        var request = Calls("1");
        OllamaCases.Turn(request, NeutralRole.Tool, OllamaCases.Result("1", "first"));
        OllamaCases.Turn(request, NeutralRole.Tool, OllamaCases.Result("1", "second"));
        var notes = new TranslationNotes();
        var ordered = ToolHistory.Order(BedrockCases.Translation(request, notes: notes));
        Assert.Equal("first", ((TextPart)((ToolResultPart)ordered[^1].Parts[0]).Parts[0]).Text);
        Assert.Equal("dropped=messages[2]", notes.ToHeader());
    }

    [Fact]
    public void Order_CallWithoutResult_IsRefusedByItsPath()
    {
        var request = Calls("1", "2");
        OllamaCases.Turn(request, NeutralRole.Tool, OllamaCases.Result("1", "a"));
        Assert.Equal("messages[1].tool_calls[1]", Refused(request));
        OllamaCases.Turn(request, NeutralRole.Assistant, OllamaCases.Text("x"));
        Assert.Equal("messages[1].tool_calls[1]", Refused(request));
        Assert.Equal("messages[1].tool_calls[0]", Refused(Calls("1")));
    }

    [Fact]
    public void Order_ResultWithoutCall_IsRefusedByItsPath()
    {
        var request = Calls("1");
        OllamaCases.Turn(request, NeutralRole.Tool, OllamaCases.Result("1", "a"), OllamaCases.Result("other", "b"));
        Assert.Equal("messages[2]", Refused(request));
    }

    private static string Refused(NeutralRequest request) => Assert.Throws<GatewayException>(() => ToolHistory.Order(BedrockCases.Translation(request))).Error.Param!;

    private static NeutralRequest Calls(params string[] ids)
    {
        var request = OllamaCases.Ask();
        OllamaCases.Turn(request, NeutralRole.Assistant, [.. ids.Select(static (id, index) => OllamaCases.Call(id, "f" + id, "{}", index))]);
        return request;
    }

    private static string Describe(NeutralRequest request) => string.Join(", ", ToolHistory.Order(BedrockCases.Translation(request))
        .Select(static turn => string.Join(' ', turn.Parts.OfType<ToolResultPart>().Select(static result => result.CallId + result.Name).Prepend(turn.Role.ToString()))));
}
