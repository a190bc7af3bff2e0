using System.Text;
using System.Text.Json;
using Gateway.Core.Errors;
using Gateway.Core.Money;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Protocols.OpenAI;
using Gateway.Router.Protocols.Responses;
using Gateway.Router.Tests.Hosting;
using Gateway.Router.Tests.Translating;

namespace Gateway.Router.Tests.Protocols.Responses;

public sealed class ResponsesStreamWriterTests
{
    private static readonly TokenUsage Usage = new(10, 4, 1, 5, 2);

    public static TheoryData<string> Whole => ResponsesWriting.Recorded(ResponsesWriting.IsWhole);

    [Fact]
    public void Pitfall31_Text_HasEveryEventInItsOrder()
    {
        var events = ResponsesWriting.Events(ResponsesWriting.Stream(static writer =>
        {
            writer.Start("chatcmpl-1"u8, "up"u8);
            writer.Text("Say \"hi\"\n"u8);
            writer.Text("\u2028Grüß 😀"u8);
            writer.Finish(FinishReason.Stop, default);
            writer.Usage(in Usage);
            writer.End();
        }));
        Assert.Equal(
            [
                "response.created", "response.in_progress", "response.output_item.added", "response.content_part.added", "response.output_text.delta", "response.output_text.delta",
                "response.output_text.done", "response.content_part.done", "response.output_item.done", "response.completed",
            ],
            ResponsesWriting.Types(events));
        var response = ResponsesWriting.Accumulate(events);
        Assert.Equal("Say \"hi\"\n\u2028Grüß 😀", response.GetProperty("output")[0].GetProperty("content")[0].GetProperty("text").GetString());
        Assert.Equal(JsonValueKind.Array, events[4].GetProperty("logprobs").ValueKind);
        Assert.Equal("""{"input_tokens":10,"input_tokens_details":{"cached_tokens":4,"cache_write_tokens":1},"output_tokens":5,"output_tokens_details":{"reasoning_tokens":2},"total_tokens":15}""", response.GetProperty("usage").GetRawText());
    }

    [Fact]
    public void Pitfall31_EverythingAtOnce_IsNumberedAndClosed()
    {
        var events = ResponsesWriting.Events(ResponsesWriting.Stream(static writer =>
        {
            writer.Reasoning("First, "u8);
            writer.Reasoning("then."u8);
            writer.ReasoningSignature("si"u8);
            writer.ReasoningSignature("gn"u8);
            writer.Reasoning("Again."u8);
            writer.RedactedReasoning("blob"u8);
            writer.Text("Now."u8);
            writer.Refusal("But no."u8);
            writer.ToolStart(0, "call_a"u8, "f"u8);
            writer.ToolStart(1, "call_b"u8, "g"u8);
            writer.ToolArguments(1, "{\"b\":"u8);
            writer.ToolArguments(0, "{\"a\":\"\\n\"}"u8);
            writer.ToolArguments(1, "1}"u8);
            writer.ToolSignature(0, "thought"u8);
            writer.ToolEnd(1);
            writer.ToolEnd(0);
            writer.ToolStart(2, "call_c"u8, "h"u8);
            writer.Finish(FinishReason.Tool, default);
            writer.End();
        }));
        var output = ResponsesWriting.Accumulate(events).GetProperty("output");
        Assert.Equal(
            ["reasoning gw1s.sign", "reasoning ", "reasoning gw1r.blob", "message ", "function_call {\"a\":\"\\n\"}", "function_call {\"b\":1}", "reasoning gw1c.6.call_athought", "function_call {}"],
            output.EnumerateArray().Select(static item =>
                $"{item.GetProperty("type").GetString()} {(item.TryGetProperty("encrypted_content", out var packed) ? packed.GetString() : item.TryGetProperty("arguments", out var arguments) ? arguments.GetString() : "")}"));
        Assert.Equal(["output_text", "refusal"], output[3].GetProperty("content").EnumerateArray().Select(static part => part.GetProperty("type").GetString()));
        Assert.Equal("call_b", output[5].GetProperty("call_id").GetString());
        Assert.Equal(output.EnumerateArray().Count(), output.EnumerateArray().Select(static item => item.GetProperty("id").GetString()).Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Whole))]
    public void Pitfall31_Recording_DecodedAndWrittenAgainSaysTheSame(string id)
    {
        var recording = Recordings.Load(id);
        var first = new EventLog();
        Decode(recording, first);
        var stream = ResponsesWriting.Stream(writer =>
        {
            Decode(recording, writer);
            writer.End();
        });
        ResponsesWriting.Accumulate(ResponsesWriting.Events(stream));
        var second = new EventLog();
        Assert.Equal(DecodedEnd.Normal, Decoding.Stream(new OpenAIUpstream(), new ResponsesDecoder(null), Encoding.UTF8.GetBytes(stream), second));
        Assert.Equal(Content(first), Content(second));
        Assert.Equal(first.LastUsage, second.LastUsage);
    }

    [Fact]
    public void Pitfall31_Response_HasEveryMemberThatClientsReadUnchecked()
    {
        var events = ResponsesWriting.Events(ResponsesWriting.Stream(static writer =>
        {
            writer.Text("x"u8);
            writer.End();
        }));
        foreach (var response in new[] { events[0], events[1], events[^1] }.Select(static entry => entry.GetProperty("response")))
        {
            foreach (var name in new[] { "id", "object", "created_at", "status", "error", "incomplete_details", "instructions", "metadata", "model", "output", "parallel_tool_calls", "temperature", "tool_choice", "tools", "top_p", "usage", "text", "reasoning", "truncation", "store", "max_output_tokens", "previous_response_id" })
            {
                Assert.True(response.TryGetProperty(name, out _), name);
            }

            Assert.Equal("asked/for", response.GetProperty("model").GetString());
            Assert.Equal("resp_00112233445566778899aabbccddeeff", response.GetProperty("id").GetString());
        }

        Assert.Equal("in_progress", events[0].GetProperty("response").GetProperty("status").GetString());
        Assert.Equal(JsonValueKind.Null, events[^1].GetProperty("response").GetProperty("usage").ValueKind);
    }

    [Fact]
    public void Response_RepeatsTheRequest()
    {
        const string Request = """
            {"model":"m","input":"Hi","instructions":"Be\nbrief","temperature":0.5,"metadata":{"a":"b"},"tools":[{"type":"function","name":"f",
             "parameters":{"type":"object"}}],"tool_choice":{"type":"function","name":"f"},"text":{"format":{"type":"json_object"}},"reasoning":{"effort":"low"},"user":null}
            """;
        var response = ResponsesWriting.Answer(static answer => answer.Text("{}"u8), Request);
        Assert.Equal("Be\nbrief", response.GetProperty("instructions").GetString());
        Assert.Equal(0.5, response.GetProperty("temperature").GetDouble());
        Assert.Equal("""{"a":"b"}""", response.GetProperty("metadata").GetRawText());
        Assert.Equal("""[{"type":"function","name":"f","parameters":{"type":"object"}}]""", response.GetProperty("tools").GetRawText());
        Assert.Equal("""{"type":"function","name":"f"}""", response.GetProperty("tool_choice").GetRawText());
        Assert.Equal("""{"format":{"type":"json_object"},"verbosity":"medium"}""", response.GetProperty("text").GetRawText());
        Assert.Equal("""{"effort":"low","summary":null}""", response.GetProperty("reasoning").GetRawText());
        Assert.Equal(JsonValueKind.Null, response.GetProperty("user").ValueKind);
    }

    [Theory]
    [InlineData("Length", "response.incomplete", "max_output_tokens")]
    [InlineData("Filtered", "response.incomplete", "content_filter")]
    [InlineData("StopSequence", "response.completed", null)]
    [InlineData("Pause", "response.completed", null)]
    public void End_EachReason_HasItsEvent(string reason, string type, string? why)
    {
        var events = ResponsesWriting.Events(ResponsesWriting.Stream(writer =>
        {
            writer.Text("x"u8);
            writer.Finish(Enum.Parse<FinishReason>(reason), default);
            writer.End();
        }));
        var response = ResponsesWriting.Accumulate(events);
        Assert.Equal(type, events[^1].GetProperty("type").GetString());
        Assert.Equal(type, "response." + response.GetProperty("status").GetString());
        Assert.Equal(why, response.GetProperty("incomplete_details") is { ValueKind: JsonValueKind.Object } details ? details.GetProperty("reason").GetString() : null);
        Assert.Equal(why is null ? "completed" : "incomplete", response.GetProperty("output")[0].GetProperty("status").GetString());
    }

    [Fact]
    public void End_RefusedWithoutARefusal_TellsItByAnEmptyOne()
    {
        var response = ResponsesWriting.Accumulate(ResponsesWriting.Events(ResponsesWriting.Stream(static writer =>
        {
            writer.Text("Well, "u8);
            writer.Finish(FinishReason.Refusal, default);
            writer.End();
        })));
        Assert.Equal("""{"type":"refusal","refusal":""}""", response.GetProperty("output")[0].GetProperty("content")[1].GetRawText());
    }

    [Fact]
    public void Error_InMidStream_IsToldAndNothingLooksLikeAnEnd()
    {
        var events = ResponsesWriting.Events(ResponsesWriting.Stream(static writer =>
        {
            writer.Reasoning("done"u8);
            writer.Text("half"u8);
            writer.Finish(FinishReason.Stop, default);
            writer.Error(new ErrorReply(429, "requests", "rate_limit_exceeded", "Slow \"down\".", "input"));
        }));
        Assert.Equal(["error", "response.failed"], ResponsesWriting.Types(events.TakeLast(2)));
        Assert.Equal("""{"type":"requests","code":"rate_limit_exceeded","message":"Slow \"down\".","param":"input"}""", events[^2].GetProperty("error").GetRawText());
        Assert.Equal("rate_limit_exceeded", events[^2].GetProperty("code").GetString());
        var response = events[^1].GetProperty("response");
        Assert.Equal("failed", response.GetProperty("status").GetString());
        Assert.Equal("""{"code":"rate_limit_exceeded","message":"Slow \"down\"."}""", response.GetProperty("error").GetRawText());
        Assert.Equal("reasoning", Assert.Single(response.GetProperty("output").EnumerateArray()).GetProperty("type").GetString());
        Assert.DoesNotContain(ResponsesWriting.Types(events), static type => type is "response.completed" or "response.incomplete" or "response.output_text.done");
    }

    [Fact]
    public void Beginning_WaitsForContent()
    {
        Assert.Equal("", ResponsesWriting.Stream(static writer =>
        {
            writer.Start("resp_up"u8, "m"u8);
            writer.Text(default);
            writer.Usage(in Usage);
        }));
        Assert.Equal(": keep-alive\n\n", ResponsesWriting.Stream(static writer => writer.KeepAlive()));
    }

    [Fact]
    public void Id_OfTheSameProtocol_IsKept()
    {
        var answer = ResponsesWriting.Answer(static answer => answer.Start("resp_up"u8, "m"u8));
        Assert.Equal("resp_up", answer.GetProperty("id").GetString());
        Assert.Equal("completed", answer.GetProperty("status").GetString());
    }

    [Theory]
    [InlineData("""{"input":"ls \"a\""}""", "ls \"a\"")]
    [InlineData("""ls""", "ls")]
    public void CustomCall_IsGivenItsPlainInput(string arguments, string input)
    {
        const string Request = """{"model":"m","input":"Hi","tools":[{"type":"custom","name":"sh"}]}""";
        var events = ResponsesWriting.Events(ResponsesWriting.Stream(writer =>
        {
            writer.ToolStart(0, "c1"u8, "sh"u8);
            foreach (var piece in arguments.Chunk(3))
            {
                writer.ToolArguments(0, Encoding.UTF8.GetBytes(piece));
            }

            writer.ToolEnd(0);
            writer.End();
        }, Request));
        var item = ResponsesWriting.Accumulate(events).GetProperty("output")[0];
        Assert.Equal("custom_tool_call", item.GetProperty("type").GetString());
        Assert.Equal(input, item.GetProperty("input").GetString());
        Assert.Equal(
            ["response.output_item.added", "response.custom_tool_call_input.delta", "response.custom_tool_call_input.done", "response.output_item.done"],
            ResponsesWriting.Types(events.Skip(2).SkipLast(1)));
    }

    [Theory]
    [MemberData(nameof(Whole))]
    public void Answer_OfEachRecording_HasTheItemsOfTheStream(string id)
    {
        var recording = Recordings.Load(id);
        var plain = ResponsesWriting.Answer(answer => Decode(recording, answer));
        var streamed = ResponsesWriting.Events(ResponsesWriting.Stream(writer =>
        {
            Decode(recording, writer);
            writer.End();
        }))[^1].GetProperty("response");
        Assert.Equal(streamed.GetRawText(), plain.GetRawText());
    }

    [Fact]
    public void Logprobs_ThatNoTranslatedAnswerHas_AreNamedBeforeTheHeadLeaves()
    {
        var context = ResponsesWriting.Context("""{"model":"m","input":"Hi","include":["message.output_text.logprobs"]}""");
        ResponsesWriting.Client.WriteStream(context, new System.Buffers.ArrayBufferWriter<byte>());
        Assert.Equal("dropped=include", context.Notes.ToHeader());
    }

    [Fact]
    public void TokenCount_IsWritten()
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        ResponsesWriting.Client.WriteTokenCount(1234, output);
        Assert.Equal("""{"object":"response.input_tokens","input_tokens":1234}""", Encoding.UTF8.GetString(output.WrittenSpan));
    }

    private static void Decode(Recording recording, IAnswerSink sink)
    {
        var decoder = new ResponsesDecoder(null);
        if (recording.Streaming)
        {
            Decoding.Stream(new OpenAIUpstream(), decoder, recording.Response, sink);
        }
        else
        {
            decoder.DecodeAnswer(recording.Response, sink);
        }
    }

    private static IEnumerable<string> Content(EventLog log) => log.Lines.Where(static line => !line.StartsWith("start", StringComparison.Ordinal));
}
