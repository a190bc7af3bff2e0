using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Tests.Hosting;
using static Gateway.Router.Tests.Protocols.Anthropic.Samples;

namespace Gateway.Router.Tests.Protocols.Anthropic;

public sealed class AnthropicReadingTests
{
    private const string Talk = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";

    public static TheoryData<string> All => Recordings.Ids("anthropic");

    [Fact]
    public void Request_Minimal_SaysNoMoreThanTheClientSaid()
    {
        var request = Read("{\"model\":\"asked\",\"max_tokens\":10," + Talk + "}");
        Assert.Equal(("asked", false, 10, true), (request.Model, request.Stream, request.MaxOutput, request.IncludeUsage));
        Assert.Equal("hi", Assert.IsType<TextPart>(Assert.Single(Assert.Single(request.Turns).Parts)).Text);
        Assert.Equal((null, null, null, null, null, null), (request.Temperature, request.TopP, request.TopK, request.ToolChoice, request.Reasoning, request.Output));
        Assert.Empty(request.Foreign);
    }

    [Fact]
    public void MaxTokens_Missing_IsRefusedExceptForCounts()
    {
        var error = Assert.Throws<GatewayException>(static () => Read("{" + Talk + "}")).Error;
        Assert.Equal((GatewayErrorKind.InvalidRequest, "max_tokens", "max_tokens is required."), (error.Kind, error.Param, error.Message));
        Assert.Null(Read("{" + Talk + "}", LlmOperation.MessagesCountTokens).MaxOutput);
    }

    [Fact]
    public void Scalars_AreReadInTheirNeutralWords()
    {
        var request = Read("""{"max_tokens":10.0,"temperature":0.5,"top_p":0.9,"top_k":40.0,"stop_sequences":["A","","B"],"metadata":{"user_id":"u","x":null},"service_tier":"standard_only","stream":null,"tools":null,""" + Talk + "}");
        Assert.Equal((10, 0.5, 0.9, 40, "u", "default"), (request.MaxOutput, request.Temperature, request.TopP, request.TopK, request.EndUser, request.ServiceTier));
        Assert.Equal(["A", "B"], request.Stop);
        Assert.Empty(request.Foreign);
    }

    [Theory]
    [InlineData("\"max_tokens\":\"10\"", "max_tokens")]
    [InlineData("\"max_tokens\":0", "max_tokens")]
    [InlineData("\"max_tokens\":1.5", "max_tokens")]
    [InlineData("\"temperature\":\"hot\"", "temperature")]
    [InlineData("\"top_k\":1.5", "top_k")]
    [InlineData("\"stop_sequences\":\"END\"", "stop_sequences")]
    [InlineData("\"stop_sequences\":[1]", "stop_sequences[0]")]
    [InlineData("\"system\":1", "system")]
    [InlineData("\"system\":[{\"type\":\"image\"}]", "system[0].type")]
    [InlineData("\"system\":[{\"type\":\"text\"}]", "system[0].text")]
    [InlineData("\"metadata\":[]", "metadata")]
    [InlineData("\"metadata\":{\"user_id\":1}", "metadata.user_id")]
    [InlineData("\"service_tier\":\"fast\"", "service_tier")]
    [InlineData("\"thinking\":{\"type\":\"on\"}", "thinking.type")]
    [InlineData("\"thinking\":{\"type\":\"enabled\"}", "thinking.budget_tokens")]
    [InlineData("\"thinking\":{\"type\":\"adaptive\",\"display\":\"x\"}", "thinking.display")]
    [InlineData("\"output_config\":{\"effort\":\"huge\"}", "output_config.effort")]
    [InlineData("\"output_config\":{\"format\":{\"type\":\"json\"}}", "output_config.format.type")]
    [InlineData("\"output_config\":{\"format\":{\"type\":\"json_schema\"}}", "output_config.format.schema")]
    [InlineData("\"tools\":{}", "tools")]
    [InlineData("\"tools\":[{\"input_schema\":{}}]", "tools[0].name")]
    [InlineData("\"tools\":[{\"name\":\"f\",\"input_schema\":\"x\"}]", "tools[0].input_schema")]
    [InlineData("\"tools\":[{\"name\":\"f\",\"strict\":\"x\"}]", "tools[0].strict")]
    [InlineData("\"tool_choice\":\"auto\"", "tool_choice")]
    [InlineData("\"tool_choice\":{\"type\":\"tool\"}", "tool_choice.name")]
    [InlineData("\"tool_choice\":{\"type\":\"required\"}", "tool_choice.type")]
    [InlineData("\"messages\":{}", "messages")]
    [InlineData("\"messages\":[]", "messages")]
    [InlineData("\"messages\":[1]", "messages[0]")]
    [InlineData("\"messages\":[{\"role\":\"tool\",\"content\":\"x\"}]", "messages[0].role")]
    [InlineData("\"messages\":[{\"role\":\"user\"}]", "messages[0].content")]
    [InlineData("\"messages\":[{\"role\":\"user\",\"content\":1}]", "messages[0].content")]
    [InlineData("\"messages\":[{\"role\":\"user\",\"content\":[\"x\"]}]", "messages[0].content[0]")]
    [InlineData("\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"x\"}]}]", "messages[0].content[0].type")]
    [InlineData("\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":1}]}]", "messages[0].content[0].text")]
    [InlineData("\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"\\ud83d\"}]}]", "messages[0].content[0].text")]
    [InlineData("\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\"}]}]", "messages[0].content[0].source")]
    [InlineData("\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"%\"}}]}]", "messages[0].content[0].source.data")]
    [InlineData("\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"tool_use\",\"id\":\"a\",\"name\":\"f\",\"input\":{}}]}]", "messages[0].content[0].type")]
    [InlineData("\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"a\",\"name\":\"f\",\"input\":\"{}\"}]}]", "messages[0].content[0].input")]
    [InlineData("\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"name\":\"f\"}]}]", "messages[0].content[0].id")]
    [InlineData("\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"content\":\"x\"}]}]", "messages[0].content[0].tool_use_id")]
    [InlineData("\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"a\",\"content\":[{\"type\":\"text\"}]}]}]", "messages[0].content[0].content[0].text")]
    [InlineData("\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\",\"cache_control\":1}]}]", "messages[0].content[0].cache_control")]
    public void Field_OfTheWrongType_IsRefusedByItsName(string member, string param)
    {
        var rest = (member.StartsWith("\"max_tokens\"", StringComparison.Ordinal) ? "" : ",\"max_tokens\":10") + (member.StartsWith("\"messages\"", StringComparison.Ordinal) ? "" : "," + Talk);
        var error = Assert.Throws<GatewayException>(() => Read("{" + member + rest + "}")).Error;
        Assert.Equal((GatewayErrorKind.InvalidRequest, param), (error.Kind, error.Param));
        Assert.StartsWith(param, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void UserMessage_WithResultsAndText_IsToolTurnThenUserTurn()
    {
        var request = Read("""{"max_tokens":1,"messages":[{"role":"user","content":"go"},{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":{"x": 1, "ü":"\u00e4"}}]},{"role":"user","content":[{"type":"text","text":"and"},{"type":"tool_result","tool_use_id":"a","is_error":true,"content":[{"type":"text","text":"t"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AA-_\n"}}]},{"type":"tool_result","tool_use_id":"b","content":"plain"},{"type":"tool_result","tool_use_id":"c"}]}]}""");
        Assert.Equal([NeutralRole.User, NeutralRole.Assistant, NeutralRole.Tool, NeutralRole.User], request.Turns.Select(static turn => turn.Role));
        Assert.Equal("""{"x":1,"ü":"\u00e4"}""", Assert.IsType<ToolCallPart>(request.Turns[1].Parts[0]).Arguments);
        var result = Assert.IsType<ToolResultPart>(request.Turns[2].Parts[0]);
        Assert.True(result.IsError);
        Assert.Equal("AA+/"u8.ToArray(), Assert.IsType<MediaPart>(result.Parts[1]).Base64.ToArray());
        Assert.Equal("plain", Assert.IsType<TextPart>(Assert.IsType<ToolResultPart>(request.Turns[2].Parts[1]).Parts[0]).Text);
        Assert.Empty(Assert.IsType<ToolResultPart>(request.Turns[2].Parts[2]).Parts);
        Assert.Equal("and", Assert.IsType<TextPart>(request.Turns[3].Parts[0]).Text);
    }

    [Theory]
    [InlineData("""{"type":"disabled"}""", null, ReasoningMode.Off, null, null, null)]
    [InlineData("""{"type":"enabled","budget_tokens":2048,"display":"omitted"}""", null, ReasoningMode.Budget, null, 2048L, false)]
    [InlineData("""{"type":"adaptive","display":"summarized"}""", null, ReasoningMode.Auto, null, null, true)]
    [InlineData("""{"type":"adaptive"}""", "high", ReasoningMode.Effort, "high", null, null)]
    [InlineData(null, "max", ReasoningMode.Effort, "max", null, null)]
    internal void Thinking_AndEffort_SayOneThing(string? thinking, string? effort, ReasoningMode mode, string? read, long? budget, bool? show)
    {
        var body = "{\"max_tokens\":1," + Talk + (thinking is null ? "" : ",\"thinking\":" + thinking) + (effort is null ? "" : ",\"output_config\":{\"effort\":\"" + effort + "\"}") + "}";
        var reasoning = Read(body).Reasoning!;
        Assert.Equal((mode, read, budget, show), (reasoning.Mode, reasoning.Effort, reasoning.Budget, reasoning.Show));
    }

    [Theory]
    [InlineData("\"mcp_servers\":[]", "mcp_servers", true)]
    [InlineData("\"container\":\"c\"", "container", true)]
    [InlineData("\"new_thing\":1", "new_thing", false)]
    [InlineData("\"new_thing\":null", null, false)]
    [InlineData("\"metadata\":{\"x\":1}", "metadata.x", false)]
    [InlineData("\"tools\":[{\"type\":\"web_search_20250305\",\"name\":\"web_search\"}]", "tools[0].type", true)]
    [InlineData("\"tools\":[{\"name\":\"f\",\"input_schema\":{},\"defer_loading\":true}]", "tools[0].defer_loading", false)]
    [InlineData("\"thinking\":{\"type\":\"disabled\"},\"output_config\":{\"effort\":\"low\"}", "output_config.effort", false)]
    public void Pitfall24_MemberThatOnlyAnthropicHas_IsNoted(string member, string? path, bool changes)
    {
        var foreign = Read("{\"max_tokens\":1," + Talk + "," + member + "}").Foreign;
        Assert.Equal(path is null ? [] : [(path, changes)], foreign.Select(static field => (field.Path.ToString(), field.ChangesAnswer)));
    }

    [Theory]
    [InlineData("""{"type":"search_result","source":"s","title":"t","content":[]}""")]
    [InlineData("""{"type":"server_tool_use","id":"s","name":"web_search","input":{}}""")]
    [InlineData("""{"type":"web_search_tool_result","tool_use_id":"s","content":[]}""")]
    public void Block_OfAnthropicsOwnTools_WouldChangeTheAnswer(string block)
    {
        var request = Read("{\"max_tokens\":1,\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"a\"}," + block + "]}]}");
        Assert.Equal([("messages[0].content[1].type", true)], request.Foreign.Select(static field => (field.Path.ToString(), field.ChangesAnswer)));
        Assert.Single(request.Turns[0].Parts);
    }

    [Fact]
    public void Documents_ByTheirSource_AreFilesOrText()
    {
        var request = Read("""{"max_tokens":1,"messages":[{"role":"user","content":[{"type":"document","title":"T","source":{"type":"base64","media_type":"application/pdf","data":"AAAA"}},{"type":"document","source":{"type":"text","media_type":"text/plain","data":"body"}},{"type":"document","source":{"type":"content","content":[{"type":"text","text":"one"}]}},{"type":"document","source":{"type":"url","url":"https://a/b"},"citations":{"enabled":true}}]}]}""");
        var parts = request.Turns[0].Parts;
        Assert.Equal(("application/pdf", "T"), (Assert.IsType<MediaPart>(parts[0]).MimeType, Assert.IsType<MediaPart>(parts[0]).FileName));
        Assert.Equal(["body", "one"], parts.OfType<TextPart>().Select(static part => part.Text));
        Assert.Equal("https://a/b", Assert.IsType<MediaPart>(parts[3]).Url);
        Assert.Equal("messages[0].content[3].citations", Assert.Single(request.Foreign).Path.ToString());
    }

    [Fact]
    public void Pitfall26_SignatureOfACall_ComesBackFromTheThinkingThatCarriedIt()
    {
        var packed = Router.Protocols.Anthropic.CallSignatures.Pack("call:1", "c2ln+/==");
        var request = Read("{\"max_tokens\":1,\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"" + packed + "\"},{\"type\":\"tool_use\",\"id\":\"call:1\",\"name\":\"f\",\"input\":{}},{\"type\":\"thinking\",\"thinking\":\"own\",\"signature\":\"Eq==\"}]}]}");
        Assert.Equal("c2ln+/==", Assert.IsType<ToolCallPart>(request.Turns[0].Parts[0]).Signature);
        Assert.Equal("Eq==", Assert.IsType<ReasoningPart>(request.Turns[0].Parts[1]).Signature);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void RecordedRequest_ReadWrittenAndReadAgain_IsTheSame(string id)
    {
        if (Recordings.Load(id).RequestBody is not { } body)
        {
            return;
        }

        var call = new ClientCall(LlmOperation.Messages, "asked", Stream: true);
        var request = Client.ReadChat(body, call, new TranslationNotes());
        var text = Text(Translate(request, model: "asked"));
        var again = Client.ReadChat(Json(text), call, new TranslationNotes());
        Assert.Equal(text, Text(Translate(again, model: "asked")));
        Assert.Equal(request.Turns.Select(static turn => turn.Role), again.Turns.Select(static turn => turn.Role));
        Assert.Equal(request.Tools.Select(static tool => (tool.Name, tool.Description, tool.Strict)), again.Tools.Select(static tool => (tool.Name, tool.Description, tool.Strict)));
        Assert.Equal((request.MaxOutput, request.Temperature, request.Stream, request.Output?.Kind, request.ToolChoice?.Mode), (again.MaxOutput, again.Temperature, again.Stream, again.Output?.Kind, again.ToolChoice?.Mode));
    }
}
