using System.Text.Json;
using Gateway.Core.Money;
using Gateway.Core.Requests;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Protocols.OpenAI;
using static Gateway.Router.Tests.Protocols.OpenAI.OpenAIChat;

namespace Gateway.Router.Tests.Protocols.OpenAI;

/// <summary>Plain answers as clients of chat completions read them.</summary>
public sealed class AnswerWriterTests
{
    private const string Usage = """
        {"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"prompt_tokens_details":{"cached_tokens":4,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":2,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}
        """;

    [Fact]
    public void Text_HasEveryMemberThatClientsReadWithoutACheck()
    {
        var answer = new NeutralAnswer();
        answer.Start("msg_1"u8, "claude"u8);
        answer.Text("Grüß "u8);
        answer.RedactedReasoning("r"u8);
        answer.Text("dich"u8);
        ((IAnswerSink)answer).Usage(new TokenUsage(10, 4, 0, 5, 2));
        answer.Finish(FinishReason.Stop, default);
        Assert.Equal(
            """{"id":"chatcmpl-11111111222233334444555555555555","object":"chat.completion","created":1700000000,"model":"gpt-test","choices":[{"index":0,"message":{"role":"assistant","content":"Grüß dich","refusal":null,"reasoning_details":[{"type":"reasoning.encrypted","data":"r","format":"unknown","index":0}]},"logprobs":null,"finish_reason":"stop"}],"usage":USAGE}"""
                .Replace("USAGE", Usage.Trim(), StringComparison.Ordinal),
            Answer(answer, Context()).GetRawText());
    }

    [Fact]
    public void Calls_AreWhole_AndTextBesideThemIsKept()
    {
        var answer = new NeutralAnswer();
        answer.Text("Let me see"u8);
        answer.ToolStart(0, "a"u8, "f"u8);
        answer.ToolArguments(0, "{\"x\":"u8);
        answer.ToolArguments(0, "\"é\"}"u8);
        answer.ToolStart(1, "b"u8, "g"u8);
        var choice = Choice(answer);
        Assert.Equal("Let me see", choice.GetProperty("message").GetProperty("content").GetString());
        Assert.Equal(
            """[{"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":\"é\"}"}},{"id":"b","type":"function","function":{"name":"g","arguments":"{}"}}]""",
            choice.GetProperty("message").GetProperty("tool_calls").GetRawText());
        Assert.Equal("tool_calls", choice.GetProperty("finish_reason").GetString());
    }

    [Fact]
    public void Calls_WithoutText_HaveNullContent()
    {
        var answer = new NeutralAnswer();
        answer.ToolStart(0, "a"u8, "f"u8);
        Assert.Equal(JsonValueKind.Null, Choice(answer).GetProperty("message").GetProperty("content").ValueKind);
    }

    [Fact]
    public void NoCalls_LeaveNoEmptyList()
    {
        var message = Choice(new NeutralAnswer()).GetProperty("message");
        Assert.False(message.TryGetProperty("tool_calls", out _));
        Assert.False(message.TryGetProperty("reasoning_content", out _));
        Assert.Equal("", message.GetProperty("content").GetString());
    }

    [Fact]
    public void Reasoning_KeepsEachBlockWithItsSignature()
    {
        var answer = new NeutralAnswer();
        answer.Reasoning("a"u8);
        answer.ReasoningSignature("s1"u8);
        answer.Reasoning("b"u8);
        var message = Choice(answer).GetProperty("message");
        Assert.Equal("ab", message.GetProperty("reasoning_content").GetString());
        Assert.Equal("""[{"type":"reasoning.text","text":"a","signature":"s1","format":"unknown","index":0}]""", message.GetProperty("reasoning_details").GetRawText());
    }

    [Theory]
    [InlineData("Refusal", true, "stop")]
    [InlineData("Refusal", false, "content_filter")]
    [InlineData("Filtered", true, "content_filter")]
    [InlineData("Filtered", false, "content_filter")]
    public void Refusal_HasNullContent(string reason, bool withText, string expected)
    {
        var answer = new NeutralAnswer();
        answer.Refusal(withText ? "No."u8 : default);
        answer.Finish(Enum.Parse<FinishReason>(reason), default);
        var choice = Choice(answer);
        Assert.Equal(expected, choice.GetProperty("finish_reason").GetString());
        Assert.Equal(JsonValueKind.Null, choice.GetProperty("message").GetProperty("content").ValueKind);
        Assert.Equal(withText ? "No." : null, choice.GetProperty("message").GetProperty("refusal").GetString());
    }

    [Fact]
    public void FunctionsClient_ReadsOneFunctionCall()
    {
        var answer = new NeutralAnswer();
        answer.ToolStart(0, "a"u8, "f"u8);
        answer.ToolArguments(0, "{\"x\":1}"u8);
        answer.ToolStart(1, "b"u8, "g"u8);
        answer.Finish(FinishReason.Tool, default);
        var notes = new TranslationNotes();
        var choice = Answer(answer, Context(state: new OpenAIClientState(true, null), notes: notes)).GetProperty("choices")[0];
        Assert.Equal("""{"name":"f","arguments":"{\"x\":1}"}""", choice.GetProperty("message").GetProperty("function_call").GetRawText());
        Assert.False(choice.GetProperty("message").TryGetProperty("tool_calls", out _));
        Assert.Equal("function_call", choice.GetProperty("finish_reason").GetString());
        Assert.Equal(["function_call"], notes.Dropped);
    }

    [Theory]
    [InlineData("{\"input\":\"a\\nb\"}", "a\nb")]
    [InlineData("{\"other\":1}", "{\"other\":1}")]
    [InlineData("{broken", "{broken")]
    public void CustomTool_GivesItsTextAsInput(string arguments, string input)
    {
        var answer = new NeutralAnswer();
        answer.ToolStart(0, "a"u8, "patch"u8);
        answer.ToolArguments(0, System.Text.Encoding.UTF8.GetBytes(arguments));
        var call = Answer(answer, Context(state: new OpenAIClientState(false, ["patch"]))).GetProperty("choices")[0].GetProperty("message").GetProperty("tool_calls")[0];
        Assert.Equal("custom", call.GetProperty("type").GetString());
        Assert.Equal(input, call.GetProperty("custom").GetProperty("input").GetString());
    }

    [Fact]
    public void CacheWrites_AreAnExtension()
    {
        var answer = new NeutralAnswer();
        ((IAnswerSink)answer).Usage(new TokenUsage(10, 4, 3, 5, 2));
        Assert.Equal(3, Answer(answer, Context()).GetProperty("usage").GetProperty("prompt_tokens_details").GetProperty("cache_write_tokens").GetInt32());
    }

    [Fact]
    public void Usage_Unknown_IsNotInvented() => Assert.False(Answer(new NeutralAnswer(), Context()).TryGetProperty("usage", out _));

    [Fact]
    public void Completion_IsText()
    {
        var answer = new NeutralAnswer();
        answer.Start("cmpl-9"u8, default);
        answer.Reasoning("hm"u8);
        answer.Text("Hi"u8);
        answer.Finish(FinishReason.Length, default);
        var notes = new TranslationNotes();
        Assert.Equal(
            """{"id":"cmpl-9","object":"text_completion","created":1700000000,"model":"gpt-test","choices":[{"text":"Hi","index":0,"logprobs":null,"finish_reason":"length"}]}""",
            Answer(answer, Context(operation: LlmOperation.Completions, notes: notes)).GetRawText());
        Assert.Equal(["reasoning"], notes.Dropped);
    }

    private static JsonElement Choice(NeutralAnswer answer) => Answer(answer, Context()).GetProperty("choices")[0];
}
