using System.Text;
using System.Text.Json;
using Gateway.Core.Errors;
using Gateway.Core.Money;
using Gateway.Core.Requests;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Protocols.OpenAI;
using static Gateway.Router.Tests.Protocols.OpenAI.OpenAIChat;

namespace Gateway.Router.Tests.Protocols.OpenAI;

/// <summary>Streams as clients of chat completions read them.</summary>
public sealed class StreamWriterTests
{
    private const string Head = """{"id":"chatcmpl-11111111222233334444555555555555","object":"chat.completion.chunk","created":1700000000,"model":"gpt-test","choices":[{"index":0,"delta":""";
    private const string Tail = ""","logprobs":null,"finish_reason":null}]}""";

    [Fact]
    public void Text_IsWrittenByteForByteAsTheProtocolHasIt()
    {
        var events = Stream(Context(), static writer =>
        {
            writer.Start("msg_1"u8, "claude"u8);
            writer.Text("Grüß \"dich\"\n😀"u8);
            writer.Text(""u8);
            writer.Finish(FinishReason.StopSequence, "x"u8);
            writer.Usage(new TokenUsage(1, 0, 0, 1, 0));
            writer.End();
        });
        Assert.Equal(
            [
                $$"""{{Head}}{"role":"assistant","content":"","refusal":null}{{Tail}}""",
                $$"""{{Head}}{"content":"Grüß \"dich\"\n😀"}{{Tail}}""",
                $$"""{{Head}}{},"logprobs":null,"finish_reason":"stop"}]}""",
                "[DONE]",
            ],
            events);
    }

    [Fact]
    public void Text_OfAnyCharacters_IsReadAgainAsItWas()
    {
        var text = string.Concat(Enumerable.Range(0, 0x250).Select(static value => (char)value)) + "\u2028\uFFFD😀";
        var events = Stream(Context(), writer =>
        {
            writer.Text(Encoding.UTF8.GetBytes(text));
            writer.ToolStart(0, "a"u8, "f"u8);
            writer.ToolArguments(0, Encoding.UTF8.GetBytes(text));
            writer.End();
        });
        using var content = JsonDocument.Parse(events[1]);
        Assert.Equal(text, content.RootElement.GetProperty("choices")[0].GetProperty("delta").GetProperty("content").GetString());
        using var arguments = JsonDocument.Parse(events[3]);
        Assert.Equal(text, arguments.RootElement.GetProperty("choices")[0].GetProperty("delta").GetProperty("tool_calls")[0].GetProperty("function").GetProperty("arguments").GetString());
        Assert.All(events, static entry => Assert.DoesNotContain('\n', entry));
    }

    [Fact]
    public void Id_OfOpenAI_IsKept()
    {
        var events = Stream(Context(), static writer =>
        {
            writer.Start("chatcmpl-xyz"u8, "m"u8);
            writer.Text("a"u8);
            writer.End();
        });
        Assert.All(events.SkipLast(1), static entry => Assert.StartsWith("{\"id\":\"chatcmpl-xyz\",", entry, StringComparison.Ordinal));
    }

    [Fact]
    public void Calls_BeginWithNullContentAndCountFromZero()
    {
        var events = Stream(Context(includeUsage: true), static writer =>
        {
            writer.ToolStart(0, "a"u8, "f"u8);
            writer.ToolStart(1, "b"u8, "g"u8);
            writer.ToolArguments(1, "{}"u8);
            writer.ToolArguments(0, "{\"x\":"u8);
            writer.ToolArguments(0, "1}"u8);
            writer.ToolSignature(0, "sig"u8);
            writer.ToolEnd(0);
            writer.ToolEnd(1);
            writer.Finish(FinishReason.Tool, default);
            writer.End();
        });
        Assert.Equal(
            [
                """{"role":"assistant","content":null,"refusal":null}""",
                """{"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}]}""",
                """{"tool_calls":[{"index":1,"id":"b","type":"function","function":{"name":"g","arguments":""}}]}""",
                """{"tool_calls":[{"index":1,"function":{"arguments":"{}"}}]}""",
                """{"tool_calls":[{"index":0,"function":{"arguments":"{\"x\":"}}]}""",
                """{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]}""",
                """{"tool_calls":[{"index":0,"extra_content":{"google":{"thought_signature":"sig"}}}]}""",
                "{}",
            ],
            Deltas(events));
        Assert.Equal("tool_calls", Finish(events));
        Assert.Equal("[DONE]", events[^1]);
    }

    [Fact]
    public void Reasoning_AndItsProof_AreTwoMembers()
    {
        var events = Stream(Context(), static writer =>
        {
            writer.Reasoning("a"u8);
            writer.Reasoning("b"u8);
            writer.ReasoningSignature("s1"u8);
            writer.ReasoningSignature("s2"u8);
            writer.Reasoning("c"u8);
            writer.ReasoningSignature("s3"u8);
            writer.RedactedReasoning("red"u8);
            writer.Text("x"u8);
            writer.End();
        });
        Assert.Equal(
            [
                """{"role":"assistant","content":"","refusal":null}""",
                """{"reasoning_content":"a","reasoning_details":[{"type":"reasoning.text","text":"a","format":"unknown","index":0}]}""",
                """{"reasoning_content":"b","reasoning_details":[{"type":"reasoning.text","text":"b","format":"unknown","index":0}]}""",
                """{"reasoning_details":[{"type":"reasoning.text","text":"","signature":"s1","format":"unknown","index":0}]}""",
                """{"reasoning_details":[{"type":"reasoning.text","text":"","signature":"s2","format":"unknown","index":0}]}""",
                """{"reasoning_content":"c","reasoning_details":[{"type":"reasoning.text","text":"c","format":"unknown","index":1}]}""",
                """{"reasoning_details":[{"type":"reasoning.text","text":"","signature":"s3","format":"unknown","index":1}]}""",
                """{"reasoning_details":[{"type":"reasoning.encrypted","data":"red","format":"unknown","index":2}]}""",
                """{"content":"x"}""",
                "{}",
            ],
            Deltas(events));
    }

    [Fact]
    public void Signature_WithoutReasoning_IsWritten()
    {
        var events = Stream(Context(), static writer =>
        {
            writer.Text("x"u8);
            writer.ReasoningSignature("s"u8);
            writer.End();
        });
        Assert.Contains("""{"reasoning_details":[{"type":"reasoning.text","text":"","signature":"s","format":"unknown","index":0}]}""", Deltas(events));
    }

    [Fact]
    public void Refusal_IsItsOwnMember_AndTheReasonStop()
    {
        var events = Stream(Context(), static writer =>
        {
            writer.Refusal("No."u8);
            writer.Finish(FinishReason.Refusal, default);
            writer.End();
        });
        Assert.Equal("""{"refusal":"No."}""", Deltas(events)[1]);
        Assert.Equal("stop", Finish(events));
    }

    [Theory]
    [InlineData("Stop", "stop")]
    [InlineData("StopSequence", "stop")]
    [InlineData("Pause", "stop")]
    [InlineData("Length", "length")]
    [InlineData("Tool", "tool_calls")]
    [InlineData("Filtered", "content_filter")]
    [InlineData("Refusal", "content_filter")]
    public void FinishReason_HasOpenAIsWord(string reason, string expected)
    {
        var events = Stream(Context(), writer =>
        {
            writer.Finish(Enum.Parse<FinishReason>(reason), default);
            writer.End();
        });
        Assert.Equal(expected, Finish(events));
        Assert.Equal(3, events.Count);
    }

    [Fact]
    public void FunctionsClient_ReadsFunctionCalls()
    {
        var notes = new TranslationNotes();
        var events = Stream(Context(state: new OpenAIClientState(UsesFunctions: true, null), notes: notes), static writer =>
        {
            writer.ToolStart(0, "a"u8, "f"u8);
            writer.ToolArguments(0, "{}"u8);
            writer.ToolEnd(0);
            writer.ToolStart(1, "b"u8, "g"u8);
            writer.ToolArguments(1, "{}"u8);
            writer.ToolEnd(1);
            writer.Finish(FinishReason.Tool, default);
            writer.End();
        });
        Assert.Equal(["""{"function_call":{"name":"f","arguments":""}}""", """{"function_call":{"arguments":"{}"}}""", "{}"], Deltas(events).Skip(1));
        Assert.Equal("function_call", Finish(events));
        Assert.Equal(["function_call"], notes.Dropped);
    }

    [Fact]
    public void CustomTool_GivesItsTextAsInput()
    {
        var events = Stream(Context(state: new OpenAIClientState(false, ["patch"])), static writer =>
        {
            writer.ToolStart(0, "a"u8, "patch"u8);
            writer.ToolArguments(0, "{\"input\":\"line 1\\nli"u8);
            writer.ToolArguments(0, "ne 2\"}"u8);
            writer.ToolEnd(0);
            writer.Finish(FinishReason.Tool, default);
            writer.End();
        });
        Assert.Equal(
            ["""{"tool_calls":[{"index":0,"id":"a","type":"custom","custom":{"name":"patch","input":""}}]}""", """{"tool_calls":[{"index":0,"custom":{"input":"line 1\nline 2"}}]}""", "{}"],
            Deltas(events).Skip(1));
    }

    [Fact]
    public void Usage_AskedForButUnknown_IsNotInvented()
    {
        var events = Stream(Context(includeUsage: true), static writer =>
        {
            writer.Text("x"u8);
            writer.End();
        });
        Assert.Equal(4, events.Count);
        Assert.All(events.SkipLast(1), static entry => Assert.EndsWith(",\"usage\":null}", entry, StringComparison.Ordinal));
    }

    [Fact]
    public void Error_InTheMiddle_IsTheLastEvent()
    {
        var events = Stream(Context(includeUsage: true), static writer =>
        {
            writer.Text("x"u8);
            writer.Error(new ErrorReply(429, "rate_limit_error", "rate_limit_exceeded", "Slow down.", null));
        });
        Assert.Equal("""{"error":{"message":"Slow down.","type":"rate_limit_error","param":null,"code":"rate_limit_exceeded"}}""", events[^1]);
        Assert.Equal(3, events.Count);
    }

    [Fact]
    public void KeepAlive_IsAComment() => Assert.Equal([": keep-alive"], Stream(Context(), static writer => writer.KeepAlive()));

    [Fact]
    public void Completion_StreamsText()
    {
        var notes = new TranslationNotes();
        var events = Stream(Context(includeUsage: true, operation: LlmOperation.Completions, notes: notes), static writer =>
        {
            writer.Start("msg_1"u8, default);
            writer.Reasoning("hm"u8);
            writer.Text("a\nb"u8);
            writer.Usage(new TokenUsage(1, 0, 0, 2, 0));
            writer.Finish(FinishReason.Length, default);
            writer.End();
        });
        const string TextHead = """{"id":"cmpl-11111111222233334444555555555555","object":"text_completion","created":1700000000,"model":"gpt-test","choices":[""";
        Assert.Equal($$"""{{TextHead}}{"index":0,"text":"a\nb","logprobs":null,"finish_reason":null}],"usage":null}""", events[0]);
        Assert.Equal($$"""{{TextHead}}{"index":0,"text":"","logprobs":null,"finish_reason":"length"}],"usage":null}""", events[1]);
        Assert.StartsWith(TextHead + "],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,\"total_tokens\":3,", events[2], StringComparison.Ordinal);
        Assert.Equal("[DONE]", events[3]);
        Assert.Equal(["reasoning"], notes.Dropped);
    }

    [Fact]
    public void Stream_ReadAgainByOurOwnDecoder_IsTheSame()
    {
        var events = Stream(Context(includeUsage: true), static writer =>
        {
            writer.Start("chatcmpl-1"u8, "m"u8);
            writer.Reasoning("think"u8);
            writer.ReasoningSignature("sig"u8);
            writer.Text("Hello "u8);
            writer.Text("wörld"u8);
            writer.ToolStart(0, "a"u8, "f"u8);
            writer.ToolArguments(0, "{\"x\":\"\\\"\"}"u8);
            writer.ToolEnd(0);
            writer.Usage(new TokenUsage(10, 4, 2, 6, 3));
            writer.Finish(FinishReason.Tool, default);
            writer.End();
        });
        var (log, _) = DecodeStream(string.Concat(events.Select(static entry => $"data: {entry}\n\n")));
        Assert.Equal(
            ["start chatcmpl-1 gpt-test", "reasoning think", "signature sig", "text Hello wörld", "tool[0] a f", "arguments[0] {\"x\":\"\\\"\"}", "tool-end[0]", "finish Tool"],
            log.Lines);
        Assert.Equal(new TokenUsage(10, 4, 2, 6, 3), log.LastUsage);
    }

    private static List<string> Deltas(List<string> events)
    {
        var deltas = new List<string>();
        foreach (var entry in events.Where(static entry => entry != "[DONE]"))
        {
            using var chunk = JsonDocument.Parse(Encoding.UTF8.GetBytes(entry));
            deltas.Add(chunk.RootElement.GetProperty("choices")[0].GetProperty("delta").GetRawText());
        }

        return deltas;
    }

    private static string? Finish(List<string> events)
    {
        using var chunk = JsonDocument.Parse(events[^2]);
        return chunk.RootElement.GetProperty("choices")[0].GetProperty("finish_reason").GetString();
    }
}
