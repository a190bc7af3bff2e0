using System.Text;
using System.Text.Json;
using Gateway.Core.Errors;
using Gateway.Core.Money;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Tests.Translating;
using static Gateway.Router.Tests.Protocols.OpenAI.OpenAIChat;

namespace Gateway.Router.Tests.Protocols.OpenAI;

/// <summary>The known pitfalls (protocols.md 9) that concern OpenAI's protocol, on either side.</summary>
public sealed class QuirkTests
{
    private static readonly string Hello = Delta("""{"content":"Hello"}""");
    private static readonly string Stop = Delta("{}", "\"stop\"");

    [Fact]
    public void Pitfall3_CommentAndPingLines_AreNoEvents()
    {
        var (log, end) = DecodeStream($": OPENROUTER PROCESSING\n\n: ping - 2\n\ndata: {Hello}\n\n: {{broken\n\ndata: {Stop}\n\ndata: [DONE]\n\n");
        Assert.Equal(DecodedEnd.Normal, end);
        Assert.Equal("Hello", log.Text);
    }

    [Fact]
    public void Pitfall4_PingWithoutData_IsNoError()
    {
        var (log, end) = DecodeStream($"event: ping\n\ndata: {Hello}\n\nevent: ping\ndata\n\ndata: {Stop}\n\ndata: [DONE]\n\n");
        Assert.Equal(DecodedEnd.Normal, end);
        Assert.Equal("Hello", log.Text);
    }

    [Fact]
    public void Pitfall7_LineSeparatorsInsideText_StayText()
    {
        var (log, _) = Decode(Delta("{\"content\":\"a\u2028b\u2029c\u0085d\"}"), Stop, "[DONE]");
        Assert.Equal("a\u2028b\u2029c\u0085d", log.Text);
    }

    [Theory]
    [InlineData("""{"error":{"message":"boom","type":"server_error"}}""")]
    [InlineData("""{"error":"boom"}""")]
    [InlineData("""{"choices":[{"index":0,"delta":{},"finish_reason":"error","error":{"code":502,"message":"boom"}}]}""")]
    [InlineData("""{"object":"error","message":"boom","code":400}""")]
    [InlineData("""{"detail":"boom"}""")]
    [InlineData("""{"x_groq":{"error":{"message":"boom"}}}""")]
    public void Pitfall8_ErrorEventInA200_IsAnError(string error)
    {
        var (log, end) = Decode(Hello, error);
        Assert.Equal(DecodedEnd.Error, end);
        Assert.Null(log.Reason);
    }

    [Theory]
    [InlineData("""{"choices":[],"error":null}""")]
    [InlineData("""{"choices":[],"error":""}""")]
    [InlineData("""{"choices":[],"error":{}}""")]
    public void Pitfall8_EmptyError_IsNone(string chunk) => Assert.Equal(DecodedEnd.Normal, Decode(Hello, chunk, Stop, "[DONE]").End);

    [Theory]
    [InlineData("")]
    [InlineData("data: {\"choices\":[{\"index\":0,\"delta\":{\"con")]
    [InlineData("data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"st")]
    public void Pitfall9And10_EndWithoutFinishReason_IsBroken(string rest)
    {
        var (log, end) = DecodeStream($"data: {Hello}\n\n{rest}");
        Assert.Equal(DecodedEnd.Broken, end);
        Assert.Null(log.Reason);
    }

    [Fact]
    public void Pitfall10_BrokenUpstream_GivesTheClientOneErrorAndNoEnd()
    {
        var events = Stream(Context(), static writer =>
        {
            writer.Start("chatcmpl-1"u8, "m"u8);
            writer.Text("Hello"u8);
            writer.Finish(FinishReason.Stop, default);
            writer.Usage(new TokenUsage(1, 0, 0, 2, 0));
            writer.Error(new ErrorReply(502, "server_error", "upstream_broken", "The stream broke."));
        });
        Assert.Contains("\"message\":\"The stream broke.\"", events[^1], StringComparison.Ordinal);
        Assert.All(events, static entry => Assert.DoesNotContain("[DONE]", entry, StringComparison.Ordinal));
        Assert.All(events, static entry => Assert.DoesNotContain("\"stop\"", entry, StringComparison.Ordinal));
    }

    [Fact]
    public void Pitfall11_NoDoneAfterAFinishReason_IsANormalEnd()
    {
        Assert.Equal(DecodedEnd.Normal, Decode(Hello, Stop).End);
        Assert.Equal(DecodedEnd.Normal, DecodeStream($"data: {Hello}\n\ndata: {Stop}").End);
    }

    [Fact]
    public void Pitfall13_ChunkWithEmptyChoices_KeepsItsUsage()
    {
        var (log, end) = Decode(Hello, Stop, """{"id":"chatcmpl-1","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}""", "[DONE]");
        Assert.Equal(DecodedEnd.Normal, end);
        Assert.Equal(new TokenUsage(3, 0, 0, 4, 0), log.LastUsage);
    }

    [Fact]
    public void Pitfall14_UsageChunk_HasEmptyChoices()
    {
        var events = Answered(includeUsage: true);
        using var usage = JsonDocument.Parse(events[^2]);
        Assert.Equal(0, usage.RootElement.GetProperty("choices").GetArrayLength());
        Assert.Equal(5, usage.RootElement.GetProperty("usage").GetProperty("total_tokens").GetInt32());
        Assert.Equal(2, usage.RootElement.GetProperty("usage").GetProperty("prompt_tokens_details").GetProperty("cached_tokens").GetInt32());
        foreach (var entry in events.SkipLast(2))
        {
            using var chunk = JsonDocument.Parse(entry);
            Assert.Equal(JsonValueKind.Null, chunk.RootElement.GetProperty("usage").ValueKind);
            Assert.Equal(1, chunk.RootElement.GetProperty("choices").GetArrayLength());
        }
    }

    [Theory]
    [InlineData(""","usage":{"prompt_tokens":9,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":5}}""")]
    [InlineData(""","x_groq":{"id":"r","usage":{"prompt_tokens":9,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":5}}}""")]
    [InlineData(""","usage":null,"x_groq":{"usage":{"prompt_tokens":9,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":5}}}""")]
    [InlineData(""","x_groq":{"usage":{"prompt_tokens":1,"completion_tokens":1}},"usage":{"prompt_tokens":9,"completion_tokens":2,"prompt_cache_hit_tokens":5}""")]
    public void Pitfall15_UsageOnAChunkWithChoices_IsRead(string usage) =>
        Assert.Equal(new TokenUsage(9, 5, 0, 2, 0), Decode(Hello, Delta("{}", "\"stop\"", usage), "[DONE]").Log.LastUsage);

    [Fact]
    public void Pitfall15_UsageInsideTheChoice_IsRead()
    {
        var (log, _) = Decode(Hello, """{"id":"c","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop","usage":{"prompt_tokens":9,"completion_tokens":2,"cached_tokens":5}}]}""", "[DONE]");
        Assert.Equal(new TokenUsage(9, 5, 0, 2, 0), log.LastUsage);
    }

    [Fact]
    public void Pitfall15_UsageInEveryChunk_LastWinsAndIsNeverSummed()
    {
        static string With(int output) => Delta("""{"content":"x"}""", more: $$""","usage":{"prompt_tokens":10,"completion_tokens":{{output}}}""");
        var (log, _) = Decode(With(1), With(2), With(3), Stop, "[DONE]");
        Assert.Equal(new TokenUsage(10, 0, 0, 3, 0), log.LastUsage);
    }

    [Fact]
    public void Pitfall15_XaiReasoning_IsAddedWhereTheTotalTellsSo()
    {
        var (log, _) = Decode(Stop, """{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":115,"completion_tokens_details":{"reasoning_tokens":100}}}""", "[DONE]");
        Assert.Equal(new TokenUsage(10, 0, 0, 105, 100), log.LastUsage);
    }

    [Fact]
    public void Pitfall16_StreamRequest_AlwaysAsksForUsage()
    {
        var body = Write("""{"messages":[{"role":"user","content":"hi"}],"stream":true}""");
        Assert.True(body.GetProperty("stream_options").GetProperty("include_usage").GetBoolean());
        Assert.False(Write("""{"messages":[{"role":"user","content":"hi"}]}""").TryGetProperty("stream_options", out _));

        var without = Write("""{"messages":[{"role":"user","content":"hi"}],"stream":true}""", UpstreamTraits.Default with { StreamUsage = false });
        Assert.False(without.TryGetProperty("stream_options", out _));
        Assert.True(without.GetProperty("stream").GetBoolean());
    }

    [Fact]
    public void Pitfall16_ClientThatDidNotAskForUsage_SeesNone() =>
        Assert.All(Answered(includeUsage: false), static entry => Assert.DoesNotContain("usage", entry, StringComparison.Ordinal));

    [Fact]
    public void Pitfall18_ToolIndexesWithGaps_BecomeDense()
    {
        var (log, _) = Decode(
            Delta("""{"tool_calls":[{"index":1,"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]}"""),
            Delta("""{"tool_calls":[{"index":4,"id":"b","type":"function","function":{"name":"g","arguments":""}}]}"""),
            Delta("""{"tool_calls":[{"index":4,"function":{"arguments":"{\"x\":1}"}}]}"""),
            Delta("{}", "\"tool_calls\""), "[DONE]");
        Assert.Equal(["start chatcmpl-1 m", "tool[0] a f", "arguments[0] {}", "tool-end[0]", "tool[1] b g", "arguments[1] {\"x\":1}", "tool-end[1]", "finish Tool"], log.Lines);
    }

    [Fact]
    public void Pitfall21_StopBesideCalls_IsTool()
    {
        var (log, _) = Decode(Delta("""{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]}"""), Stop, "[DONE]");
        Assert.Equal(FinishReason.Tool, log.Reason);
    }

    [Fact]
    public void Pitfall21_LengthBesideCalls_StaysLength()
    {
        var (log, _) = Decode(Delta("""{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x"}}]}"""), Delta("{}", "\"length\""), "[DONE]");
        Assert.Equal(FinishReason.Length, log.Reason);
    }

    [Fact]
    public void Pitfall22_FirstChunk_HasTheRole()
    {
        using var first = JsonDocument.Parse(Answered(includeUsage: false)[0]);
        var delta = first.RootElement.GetProperty("choices")[0].GetProperty("delta");
        Assert.Equal("assistant", delta.GetProperty("role").GetString());
        Assert.Equal("", delta.GetProperty("content").GetString());
    }

    [Fact]
    public void Pitfall23_ContinuationOfACall_HasNoIdTypeOrName()
    {
        var events = Stream(Context(), static writer =>
        {
            writer.ToolStart(0, "call_1"u8, "f"u8);
            writer.ToolArguments(0, "{\"x\":"u8);
            writer.ToolArguments(0, "1}"u8);
            writer.ToolEnd(0);
            writer.Finish(FinishReason.Tool, default);
            writer.End();
        });
        using var start = JsonDocument.Parse(events[1]);
        Assert.Equal("""[{"index":0,"id":"call_1","type":"function","function":{"name":"f","arguments":""}}]""", Calls(start));
        using var piece = JsonDocument.Parse(events[2]);
        Assert.Equal("""[{"index":0,"function":{"arguments":"{\"x\":"}}]""", Calls(piece));

        static string Calls(JsonDocument chunk) => chunk.RootElement.GetProperty("choices")[0].GetProperty("delta").GetProperty("tool_calls").GetRawText();
    }

    [Fact]
    public void Pitfall23_AbsentFields_AreNotWrittenAsNull()
    {
        var body = WriteText(Translate(Read("""{"messages":[{"role":"user","content":"hi","name":null}],"temperature":null,"tools":null,"stop":null,"user":null,"response_format":null}""")));
        Assert.Equal("""{"model":"upstream-model","messages":[{"role":"user","content":"hi"}]}""", body);
    }

    [Fact]
    public void Pitfall24_UnknownFields_AreNamed()
    {
        var notes = new TranslationNotes();
        var request = ReadWith("""
            "provider_secret_knob":1,"prediction":{"type":"content"}
            """);
        var translation = Translate(request, notes: notes);
        translation.SettleForeign();
        Assert.Equal(["provider_secret_knob", "prediction"], notes.Dropped);
    }

    [Fact]
    public void Pitfall25_SignedReasoning_ComesBackAsItWentOut()
    {
        var events = Stream(Context(), static writer =>
        {
            writer.Reasoning("First, "u8);
            writer.Reasoning("think."u8);
            writer.ReasoningSignature("c2ln"u8);
            writer.RedactedReasoning("cmVk"u8);
            writer.Text("Done"u8);
            writer.Finish(FinishReason.Stop, default);
            writer.End();
        });
        var (text, details) = Joined(events);
        Assert.Equal("First, think.", text);

        var request = ReadMessages($$"""{"role":"user","content":"hi"},{"role":"assistant","content":"Done","reasoning_content":"{{text}}","reasoning_details":[{{details}}]}""");
        var parts = request.Turns[1].Parts;
        var signed = Assert.IsType<ReasoningPart>(parts[0]);
        Assert.Equal(("First, think.", "c2ln"), (signed.Text, signed.Signature));
        Assert.Equal("cmVk", Assert.IsType<ReasoningPart>(parts[1]).Redacted);
        Assert.Equal("Done", Assert.IsType<TextPart>(parts[2]).Text);
    }

    [Fact]
    public void Pitfall26_ThoughtSignatureOfACall_IsCarriedAndRestored()
    {
        var answer = new NeutralAnswer();
        answer.ToolStart(0, "call_1"u8, "f"u8);
        answer.ToolArguments(0, "{}"u8);
        answer.ToolSignature(0, "dGhvdWdodA=="u8);
        var message = Answer(answer, Context()).GetProperty("choices")[0].GetProperty("message");
        Assert.Equal("dGhvdWdodA==", message.GetProperty("tool_calls")[0].GetProperty("extra_content").GetProperty("google").GetProperty("thought_signature").GetString());

        var request = ReadMessages($$"""{"role":"user","content":"hi"},{{message.GetRawText()}},{"role":"tool","tool_call_id":"call_1","content":"ok"}""");
        Assert.Equal("dGhvdWdodA==", Assert.IsType<ToolCallPart>(request.Turns[1].Parts[0]).Signature);

        var google = Write(request, UpstreamTraits.Default with { Host = "generativelanguage.googleapis.com" });
        Assert.Equal("dGhvdWdodA==", google.GetProperty("messages")[1].GetProperty("tool_calls")[0].GetProperty("extra_content").GetProperty("google").GetProperty("thought_signature").GetString());
        Assert.DoesNotContain("extra_content", Write(request).GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public void Pitfall26_ThoughtSignatureInAStream_IsDecodedAndWritten()
    {
        var (log, _) = Decode(Delta("""{"tool_calls":[{"extra_content":{"google":{"thought_signature":"c2ln"}},"function":{"arguments":"{}","name":"f"},"id":"a","type":"function"}]}"""), Stop, "[DONE]");
        Assert.Contains("tool-signature[0] c2ln", log.Lines);
    }

    [Theory]
    [InlineData(true, "max_completion_tokens", "max_tokens")]
    [InlineData(false, "max_tokens", "max_completion_tokens")]
    public void Pitfall29_OutputCap_HasTheNameThatTheRouteWants(bool newName, string expected, string other)
    {
        foreach (var sent in new[] { "max_tokens", "max_completion_tokens" })
        {
            var body = Write(ReadWith($"\"{sent}\":55"), UpstreamTraits.Default with { MaxCompletionTokens = newName });
            Assert.Equal(55, body.GetProperty(expected).GetInt32());
            Assert.False(body.TryGetProperty(other, out _));
        }
    }

    [Fact]
    public void Pitfall32_ArgumentsAsObjectOrMissingId_BecomeTextAndAnId()
    {
        var (log, _) = Decode(Delta("""{"tool_calls":[{"function":{"name":"f","arguments":{"city":"Zürich"}}},{"function":{"name":"g","arguments":null}}]}"""), Stop, "[DONE]");
        Assert.Contains("arguments[0] {\"city\":\"Zürich\"}", log.Lines);
        Assert.StartsWith("tool[0] call_", log.Lines[1], StringComparison.Ordinal);
        Assert.Contains(log.Lines, static line => line.StartsWith("tool[1] call_", StringComparison.Ordinal));
    }

    [Fact]
    public void Pitfall34_SchemaWordsInAToolResult_AreData()
    {
        var request = ReadMessages("""
            {"role":"user","content":"hi"},
            {"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]},
            {"role":"tool","tool_call_id":"a","content":"{\"$ref\":\"#/x\",\"additionalProperties\":1}"}
            """);
        Assert.Equal("""{"$ref":"#/x","additionalProperties":1}""", Write(request).GetProperty("messages")[2].GetProperty("content").GetString());
    }

    [Fact]
    public void Pitfall35_EqualHistories_GiveEqualBytes()
    {
        const string Body = """
            {"messages":[{"role":"system","content":"s"},{"role":"user","content":"hi"},{"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{}"}},
            {"role":"function","name":"f","content":"1"}],"functions":[{"name":"f.g with spaces","parameters":{"b":1,"a":2}},{"name":"f"}],"temperature":0.2,"stop":"x"}
            """;
        var first = WriteText(Translate(Read(Body), UpstreamTraits.Default with { ShortToolIds = true }));
        Assert.Equal(first, WriteText(Translate(Read(Body), UpstreamTraits.Default with { ShortToolIds = true })));
    }

    private static List<string> Answered(bool includeUsage) => Stream(Context(includeUsage), static writer =>
    {
        writer.Start("chatcmpl-1"u8, "m"u8);
        writer.Text("Hello"u8);
        writer.Usage(new TokenUsage(3, 2, 0, 2, 0));
        writer.Finish(FinishReason.Stop, default);
        writer.End();
    });

    private static (string Text, string Details) Joined(List<string> events)
    {
        var text = new StringBuilder();
        var details = new List<string>();
        foreach (var entry in events.Where(static entry => entry != "[DONE]"))
        {
            using var chunk = JsonDocument.Parse(entry);
            var delta = chunk.RootElement.GetProperty("choices")[0].GetProperty("delta");
            text.Append(delta.TryGetProperty("reasoning_content", out var piece) ? piece.GetString() : "");
            if (delta.TryGetProperty("reasoning_details", out var list))
            {
                details.AddRange(list.EnumerateArray().Select(static detail => detail.GetRawText()));
            }
        }

        return (text.ToString(), string.Join(',', details));
    }
}
