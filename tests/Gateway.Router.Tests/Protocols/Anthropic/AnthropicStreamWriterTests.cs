using System.Buffers;
using System.Text;
using System.Text.Json;
using Gateway.Core.Errors;
using Gateway.Core.Money;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Anthropic;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Tests.Hosting;
using Gateway.Router.Tests.Translating;

namespace Gateway.Router.Tests.Protocols.Anthropic;

public sealed class AnthropicStreamWriterTests
{
    public static TheoryData<string> All => Recordings.Ids("anthropic");

    [Fact]
    public void Stream_OfText_IsTheSequenceThatAnthropicWrites()
    {
        var stream = Write(static sink =>
        {
            sink.Start("chatcmpl-1"u8, "gpt"u8);
            sink.Text("Hé \"x\""u8);
            sink.Text("😀\n"u8);
            sink.Finish(FinishReason.Stop, default);
            sink.Usage(new TokenUsage(100, 30, 20, 9, 4));
        });
        Assert.Equal(
            """
            event: message_start
            data: {"type":"message_start","message":{"id":"msg_00000000000000000000000000000000","type":"message","role":"assistant","model":"asked","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":7,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":1}}}

            event: content_block_start
            data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

            event: content_block_delta
            data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hé \"x\""}}

            event: content_block_delta
            data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"😀\n"}}

            event: content_block_stop
            data: {"type":"content_block_stop","index":0}

            event: message_delta
            data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"input_tokens":50,"cache_creation_input_tokens":20,"cache_read_input_tokens":30,"output_tokens":9,"output_tokens_details":{"thinking_tokens":4}}}

            event: message_stop
            data: {"type":"message_stop"}


            """.ReplaceLineEndings("\n"), Escaped(stream));
    }

    [Fact]
    public void Pitfall19_WholeCall_HasAnArgumentsDelta()
    {
        var events = Events(static sink =>
        {
            Call(sink, 0, "a", """{"x":"1"}""");
            Call(sink, 1, "b", null);
            sink.Finish(FinishReason.Tool, default);
        });
        Assert.Equal(
            ["message_start", "start 0 tool_use a", """args 0 {"x":"1"}""", "stop 0", "start 1 tool_use b", "args 1 {}", "stop 1", "message_delta tool_use", "message_stop"], events);
    }

    [Fact]
    public void Pitfall18_CallsThatInterleave_BecomeBlocksOneAfterAnother()
    {
        var events = Events(static sink =>
        {
            sink.Text("t"u8);
            sink.ToolStart(0, "a"u8, "f"u8);
            sink.ToolArguments(0, "{\"x\""u8);
            sink.ToolStart(1, "b"u8, "f"u8);
            sink.ToolArguments(1, "{\"y\""u8);
            sink.ToolArguments(0, ":1}"u8);
            sink.Text("between"u8);
            sink.ToolArguments(1, ":2"u8);
            sink.ToolEnd(0);
            sink.ToolArguments(1, "}"u8);
            sink.ToolEnd(1);
            sink.Finish(FinishReason.Tool, default);
        });
        Assert.Equal(
            [
                "message_start", "start 0 text", "text 0 t", "stop 0", "start 1 tool_use a", "args 1 {\"x\"", "args 1 :1}", "stop 1",
                "start 2 tool_use b", "args 2 {\"y\":2", "args 2 }", "stop 2", "start 3 text", "text 3 between", "stop 3", "message_delta tool_use", "message_stop",
            ], events);
    }

    [Fact]
    public void Calls_ThatNobodyEnded_AreEndedWithTheStream()
    {
        var events = Events(static sink =>
        {
            sink.ToolStart(0, "a"u8, "f"u8);
            sink.ToolStart(1, "b"u8, "f"u8);
            sink.ToolArguments(1, "{}"u8);
            sink.Reasoning("late"u8);
            sink.ReasoningSignature("sig"u8);
            sink.RedactedReasoning("dark"u8);
            sink.Finish(FinishReason.Stop, default);
        });
        Assert.Equal(
            [
                "message_start", "start 0 tool_use a", "args 0 {}", "stop 0", "start 1 tool_use b", "args 1 {}", "stop 1",
                "start 2 thinking", "thinking 2 late", "signature 2 sig", "stop 2", "start 3 redacted_thinking dark", "stop 3", "message_delta tool_use", "message_stop",
            ], events);
    }

    [Fact]
    public void Call_WithoutTextBefore_HasNoEmptyTextBlock() =>
        Assert.Equal(["message_start", "start 0 tool_use a", "args 0 {}", "stop 0", "message_delta tool_use", "message_stop"], Events(static sink =>
        {
            sink.Text(""u8);
            Call(sink, 0, "a", "{}");
            sink.Finish(FinishReason.Stop, default);
        }));

    [Fact]
    public void Pitfall25_Signature_StandsRightBeforeTheStopOfItsBlock() =>
        Assert.Equal(
            ["message_start", "start 0 thinking", "thinking 0 hm", "signature 0 s1", "stop 0", "start 1 thinking", "signature 1 s2", "stop 1", "start 2 text", "text 2 a", "stop 2", "message_delta end_turn", "message_stop"], Events(static sink =>
        {
            sink.Reasoning("hm"u8);
            sink.ReasoningSignature("s1"u8);
            sink.ReasoningSignature("s2"u8);
            sink.Text("a"u8);
            sink.Finish(FinishReason.Stop, default);
        }));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Pitfall26_SignatureOfACall_TravelsInThinkingBesideIt(bool early)
    {
        var events = Events(sink =>
        {
            sink.ToolStart(0, "call_1"u8, "f"u8);
            if (early)
            {
                sink.ToolSignature(0, "c2ln"u8);
            }

            sink.ToolArguments(0, "{}"u8);
            if (!early)
            {
                sink.ToolSignature(0, "c2ln"u8);
            }

            sink.ToolEnd(0);
            sink.Finish(FinishReason.Tool, default);
        });
        string[] call = early ? ["start 1 tool_use call_1", "args 1 {}", "stop 1"] : ["start 0 tool_use call_1", "args 0 {}", "stop 0"];
        var at = early ? 0 : 1;
        string[] thinking = [$"start {at} thinking", $"signature {at} {CallSignatures.Pack("call_1", "c2ln")}", $"stop {at}"];
        Assert.Equal(["message_start", .. early ? thinking : call, .. early ? call : thinking, "message_delta tool_use", "message_stop"], events);
    }

    [Theory]
    [InlineData(FinishReason.Stop, "end_turn")]
    [InlineData(FinishReason.StopSequence, "stop_sequence")]
    [InlineData(FinishReason.Length, "max_tokens")]
    [InlineData(FinishReason.Tool, "tool_use")]
    [InlineData(FinishReason.Filtered, "refusal")]
    [InlineData(FinishReason.Refusal, "refusal")]
    [InlineData(FinishReason.Pause, "pause_turn")]
    internal void Reason_InAnthropicsWord(FinishReason reason, string word)
    {
        var stream = Write(sink => sink.Finish(reason, "END"u8));
        var sequence = reason == FinishReason.StopSequence ? "\"END\"" : "null";
        Assert.Contains($$"""{"stop_reason":"{{word}}","stop_sequence":{{sequence}}}""", stream, StringComparison.Ordinal);
    }

    [Fact]
    public void Refusal_IsTextAndEndsAsRefusal() =>
        Assert.Equal(["message_start", "start 0 text", "text 0 No.", "stop 0", "message_delta refusal", "message_stop"], Events(static sink =>
        {
            sink.Refusal("No."u8);
            sink.Finish(FinishReason.Stop, default);
        }));

    [Theory]
    [InlineData(100, 90, 20)]
    [InlineData(5, 5, 0)]
    public void Pitfall17_InputTokens_AreExclusiveAndNeverNegative(long input, long read, long write)
    {
        var stream = Write(sink => sink.Usage(new TokenUsage(input, read, write, 1, 0)));
        Assert.Contains($"\"usage\":{{\"input_tokens\":0,\"cache_creation_input_tokens\":{write},\"cache_read_input_tokens\":{read},\"output_tokens\":1}}}}\n\nevent: message_stop", stream, StringComparison.Ordinal);
    }

    [Fact]
    public void Usage_UpstreamGaveNone_IsTheEstimate() =>
        Assert.Contains("\"usage\":{\"input_tokens\":7,\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":0,\"output_tokens\":2}}\n\nevent: message_stop", Write(static sink => sink.Text("12345"u8)), StringComparison.Ordinal);

    [Fact]
    public void Pitfall9_StreamThatBreaks_EndsInOneErrorAndNoEnd()
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = Samples.Client.WriteStream(Samples.Context(), output);
        writer.Start("msg_1"u8, "m"u8);
        writer.Text("a"u8);
        writer.Finish(FinishReason.Stop, default);
        writer.Error(new ErrorReply(529, "server_error", "overloaded", "Busy."));
        var stream = Encoding.UTF8.GetString(output.WrittenSpan);
        Assert.DoesNotContain("message_delta", stream, StringComparison.Ordinal);
        Assert.DoesNotContain("message_stop", stream, StringComparison.Ordinal);
        Assert.Contains("Busy.", stream, StringComparison.Ordinal);
        Assert.EndsWith("\n\n", stream, StringComparison.Ordinal);
        Assert.StartsWith("event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\"", stream, StringComparison.Ordinal);
    }

    [Fact]
    public void KeepAlive_IsAPing() => Assert.Contains("event: ping\ndata: {\"type\":\"ping\"}\n\n", Write(static sink => ((IAnswerWriter)sink).KeepAlive()), StringComparison.Ordinal);

    [Fact]
    public void Text_ThatIsNoUtf8OrLong_IsWrittenWhole()
    {
        var text = new string('\\', 5_000) + "\u2028\u0001😀";
        var log = Decode(Write(sink =>
        {
            sink.Text(Encoding.UTF8.GetBytes(text));
            sink.Text([0xC3, 0x28]);
        }));
        Assert.Equal(text + "\uFFFD(", log.Text);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void RecordedAnswer_WrittenAndDecodedAgain_IsTheSame(string id)
    {
        var recording = Recordings.Load(id);
        if (recording.Status != 200 || id == "anthropic-stream-spliced-message-start")
        {
            return;
        }

        var direct = new EventLog();
        Feed(recording, direct);
        var streamed = Decode(Write(sink => Feed(recording, sink)));
        var plain = new EventLog();
        var answer = new NeutralAnswer();
        Feed(recording, answer);
        var output = new ArrayBufferWriter<byte>();
        Samples.Client.WriteAnswer(answer, Samples.Context(), output);
        Assert.Equal(EventKind.Done, new AnthropicDecoder(null).DecodeAnswer(output.WrittenSpan, plain));

        // A refusal comes out as text; the model is the one that was asked for.
        string[] expected = [.. direct.Lines.Skip(1).Select(static line => line.Replace("refusal ", "text ", StringComparison.Ordinal))];
        Assert.Equal(expected, streamed.Lines.Skip(1));
        Assert.Equal(expected, plain.Lines.Skip(1));
        Assert.Equal((direct.LastUsage, direct.Reason), (streamed.LastUsage, streamed.Reason));
        Assert.Equal((direct.LastUsage, direct.Reason), (plain.LastUsage, plain.Reason));
        Assert.Equal(direct.Lines[0].Split(' ')[1] + " asked", streamed.Lines[0]["start ".Length..]);
        Assert.Equal(streamed.Lines[0], plain.Lines[0]);
    }

    private static void Feed(Recording recording, IAnswerSink sink)
    {
        var decoder = new AnthropicDecoder(null);
        if (recording.Streaming)
        {
            Decoding.Stream(Samples.Upstream, decoder, recording.Response, sink);
        }
        else
        {
            decoder.DecodeAnswer(recording.Response, sink);
        }
    }

    private static EventLog Decode(string stream)
    {
        var log = new EventLog();
        Assert.Equal(DecodedEnd.Normal, Decoding.Stream(Samples.Upstream, new AnthropicDecoder(null), Encoding.UTF8.GetBytes(stream), log));
        return log;
    }

    private static void Call(IAnswerSink sink, int index, string id, string? arguments)
    {
        sink.ToolStart(index, Encoding.UTF8.GetBytes(id), "f"u8);
        if (arguments is not null)
        {
            sink.ToolArguments(index, Encoding.UTF8.GetBytes(arguments));
        }

        sink.ToolEnd(index);
    }

    private static string Write(Action<IAnswerSink> feed)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = Samples.Client.WriteStream(Samples.Context(), output);
        feed(writer);
        writer.End();
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private static string Escaped(string stream) => stream.Replace("\\uD83D\\uDE00", "😀", StringComparison.OrdinalIgnoreCase);

    /// <summary>The events in short, with their pairs of name and type checked.</summary>
    private static List<string> Events(Action<IAnswerSink> feed)
    {
        var events = new List<string>();
        foreach (var frame in Write(feed).Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            var lines = frame.Split('\n');
            using var json = JsonDocument.Parse(lines[1]["data: ".Length..]);
            var root = json.RootElement;
            var type = root.GetProperty("type").GetString()!;
            Assert.Equal("event: " + type, lines[0]);
            var index = root.TryGetProperty("index", out var at) ? at.GetInt32() : -1;
            events.Add(type switch
            {
                "content_block_start" => $"start {index} {Block(root.GetProperty("content_block"))}",
                "content_block_stop" => $"stop {index}",
                "content_block_delta" => root.GetProperty("delta") is var delta && delta.GetProperty("type").GetString() is "input_json_delta" ? $"args {index} {delta.GetProperty("partial_json").GetString()}"
                    : delta.EnumerateObject().Last() is var piece ? $"{piece.Name} {index} {piece.Value.GetString()}" : "",
                "message_delta" => $"message_delta {root.GetProperty("delta").GetProperty("stop_reason").GetString()}",
                _ => type,
            });
        }

        return events;
    }

    private static string Block(JsonElement block) => block.GetProperty("type").GetString() switch
    {
        "tool_use" => $"tool_use {block.GetProperty("id").GetString()}",
        "redacted_thinking" => $"redacted_thinking {block.GetProperty("data").GetString()}",
        var type => type!,
    };
}
