using System.Text.Json;
using Gateway.Core.Errors;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Neutral;
using static Gateway.Router.Tests.Protocols.OpenAI.NeutralTalk;
using static Gateway.Router.Tests.Protocols.OpenAI.OpenAIChat;

namespace Gateway.Router.Tests.Protocols.OpenAI;

/// <summary>What an upstream that speaks OpenAI's protocol is sent beside the talk: tools, parameters, reasoning, and what it is not sent.</summary>
public sealed class MemberWriterTests
{
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
}
