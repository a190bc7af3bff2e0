using System.Text;
using System.Text.Json;
using Gateway.Core.Money;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Protocols.OpenAI;
using Gateway.Router.Protocols.Responses;
using Gateway.Router.Tests.Hosting;
using Gateway.Router.Tests.Translating;

namespace Gateway.Router.Tests.Protocols.Responses;

public sealed class ResponsesDecoderTests
{
    private static readonly OpenAIUpstream Upstream = new();

    public static TheoryData<string> Answers => ResponsesWriting.Recorded(static recording => !recording.Streaming);

    public static TheoryData<string> Streams => ResponsesWriting.Recorded(static recording => recording.Streaming);

    [Theory]
    [MemberData(nameof(Answers))]
    public void Answer_Recording_SaysWhatItsDocumentSays(string id)
    {
        var recording = Recordings.Load(id);
        var log = new EventLog();
        var decoder = new ResponsesDecoder(null);
        if (recording.Status != 200)
        {
            Assert.Equal(EventKind.Error, decoder.DecodeAnswer(recording.Response, log));
            Assert.Equal(new UpstreamError(400, "invalid_request_error", "context_length_exceeded", "Your input exceeds the context window of this model. Please adjust your input and try again.", "input"), decoder.ReadError(recording.Response));
            Assert.Null(log.Reason);
            return;
        }

        Assert.Equal(EventKind.Done, decoder.DecodeAnswer(recording.Response, log));
        using var document = JsonDocument.Parse(recording.Response);
        Expect(document.RootElement, log);
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public void Stream_Recording_SaysWhatItsLastEventSays(string id)
    {
        var recording = Recordings.Load(id);
        var log = new EventLog();
        var decoder = new ResponsesDecoder(null);
        var end = Decoding.Stream(Upstream, decoder, recording.Response, log);
        if (id.Contains("error", StringComparison.Ordinal))
        {
            Assert.Equal(DecodedEnd.Error, end);
            Assert.Null(log.Reason);
            return;
        }

        Assert.Equal(DecodedEnd.Normal, end);
        Assert.True(decoder.IsFinished);
        using var document = JsonDocument.Parse(LastData(recording.Response));
        Expect(document.RootElement.GetProperty("response"), log);
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public void Stream_CutAnywhere_SaysTheSame(string id)
    {
        var bytes = Recordings.Load(id).Response;
        var expected = Run(bytes);
        Assert.Equal(expected, Run(bytes, Decoding.ByteByByte()));
        Assert.Equal(expected, Run(bytes, Borders(bytes)));
        var text = Encoding.UTF8.GetString(bytes);
        var crlf = Encoding.UTF8.GetBytes(text.Replace("\n", "\r\n", StringComparison.Ordinal));
        Assert.Equal(expected, Run(crlf, Decoding.ByteByByte()));
        Assert.Equal(expected, Run(Encoding.UTF8.GetBytes(text.Replace("\n\n", "\n\n: ping - 2\n\n", StringComparison.Ordinal))));
        Assert.Equal(expected, Run(Encoding.UTF8.GetBytes(text.TrimEnd('\n'))));
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public void Pitfall10_StreamCutShort_IsNeverANormalEnd(string id)
    {
        var bytes = Recordings.Load(id).Response;
        for (var percent = 1; percent < 100; percent++)
        {
            var end = Decoding.Stream(Upstream, new ResponsesDecoder(null), bytes.AsSpan(0, bytes.Length * percent / 100), new EventLog());
            Assert.NotEqual(DecodedEnd.Normal, end);
        }
    }

    [Fact]
    public void Pitfall10_StreamWithoutItsTerminalEvent_IsBroken()
    {
        const string Stream = """
            data: {"type":"response.created","response":{"id":"resp_1","model":"m"}}

            data: {"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"Hi"}

            data: {"type":"response.output_item.done","output_index":0,"item":{"type":"message","content":[{"type":"output_text","text":"Hi"}]}}

            data: [DONE]


            """;
        Assert.Equal(DecodedEnd.Broken, Decoding.Stream(Upstream, new ResponsesDecoder(null), Encoding.UTF8.GetBytes(Stream), new EventLog()));
    }

    [Theory]
    [InlineData("""{"type":"response.function_call_arguments.done","output_index":0,"arguments":"{\"a\":1}"}""")]
    [InlineData("""{"type":"response.function_call_arguments.delta","output_index":0,"delta":"{\"a\""}""")]
    [InlineData("""{"type":"response.function_call_arguments.delta","output_index":0,"delta":"{\"a\":1}"}""")]
    [InlineData(null)]
    public void Pitfall20_ArgumentsInAnyOfTheirPlaces_ComeOnce(string? early)
    {
        var log = Decode(
            """{"type":"response.output_item.added","output_index":0,"item":{"type":"function_call","call_id":"c1","name":"f","arguments":""}}""",
            early,
            """{"type":"response.output_item.done","output_index":0,"item":{"type":"function_call","call_id":"c1","name":"f","arguments":"{\"a\":1}"}}""",
            """{"type":"response.completed","response":{"id":"resp_1","model":"m","status":"completed","output":[{"type":"function_call","call_id":"c1","name":"f","arguments":"{\"a\":1}"}]}}""");
        Assert.Equal(["tool[0] c1 f", "arguments[0] {\"a\":1}", "tool-end[0]", "start resp_1 m", "finish Tool"], log.Lines);
    }

    [Fact]
    public void Pitfall20_CallOnlyInTheWholeResponse_IsGivenOut()
    {
        var log = Decode(
            """{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"Hm. "}""",
            """{"type":"response.completed","response":{"id":"r","output":[{"type":"message","content":[{"type":"output_text","text":"Hm. "}]},{"type":"function_call","call_id":"c1","name":"f","arguments":"{}"}]}}""");
        Assert.Equal(["text Hm. ".TrimEnd(), "start r", "tool[0] c1 f", "arguments[0] {}", "tool-end[0]", "finish Tool"], log.Lines);
    }

    [Fact]
    public void Pitfall20_ItemNeverAdded_IsTakenWhenDone()
    {
        var log = Decode(
            """{"type":"response.function_call_arguments.delta","output_index":3,"delta":"{\"a\":"}""",
            """{"type":"response.output_item.done","output_index":3,"item":{"type":"function_call","call_id":"c9","name":"g","arguments":"{\"a\":2}"}}""",
            """{"type":"response.completed","response":{"output":[]}}""");
        Assert.Contains("tool[0] c9 g", log.Lines);
        Assert.Contains("arguments[0] {\"a\":2}", log.Lines);
        Assert.Single(log.Lines, static line => line.StartsWith("tool-end", StringComparison.Ordinal));
    }

    [Fact]
    public void Stream_TextOnlyWhenDone_ComesOnce()
    {
        var log = Decode(
            """{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"Gr\u00fc\u00df "}""",
            """{"type":"response.output_text.done","output_index":0,"content_index":0,"text":"Grüß Gott"}""",
            """{"type":"response.content_part.done","output_index":0,"content_index":0,"part":{"type":"output_text","text":"Grüß Gott"}}""",
            """{"type":"response.output_item.done","output_index":0,"item":{"type":"message","content":[{"type":"output_text","text":"Grüß Gott"},{"type":"output_text","text":"!"}]}}""",
            """{"type":"response.completed","response":{"output":[]}}""");
        Assert.Equal("Grüß Gott!", log.Text);
    }

    [Fact]
    public void Stream_InterleavedCalls_AreNumberedByAppearance()
    {
        var log = Decode(
            """{"type":"response.output_item.added","output_index":5,"item":{"type":"function_call","call_id":"a","name":"f"}}""",
            """{"type":"response.output_item.added","output_index":9,"item":{"type":"function_call","call_id":"b","name":"g"}}""",
            """{"type":"response.function_call_arguments.delta","output_index":9,"delta":"{}"}""",
            """{"type":"response.function_call_arguments.delta","output_index":5,"delta":"[]"}""",
            """{"type":"response.completed","response":{"output":[]}}""");
        Assert.Equal(["tool[0] a f", "tool[1] b g", "arguments[1] {}", "arguments[0] []", "start", "tool-end[0]", "tool-end[1]", "finish Tool"], log.Lines);
    }

    [Fact]
    public void Stream_ReasoningInSeveralSummaries_KeepsThemApartAndItsProofIsOpenAIs()
    {
        var log = Decode(
            """{"type":"response.reasoning_summary_text.delta","output_index":0,"summary_index":0,"delta":"One"}""",
            """{"type":"response.reasoning_summary_text.delta","output_index":0,"summary_index":1,"delta":"Two"}""",
            """{"type":"response.output_item.done","output_index":0,"item":{"type":"reasoning","summary":[{"type":"summary_text","text":"One"},{"type":"summary_text","text":"Two"}],"encrypted_content":"gAAA"}}""",
            """{"type":"response.completed","response":{"output":[{"type":"reasoning","summary":[{"text":"One"}],"encrypted_content":"other"}]}}""");
        Assert.Equal("One\n\nTwo", log.ReasoningText);
        Assert.Single(log.Lines, "signature openai.gAAA");
    }

    [Fact]
    public void Stream_RefusalInParts_EndsAsRefusal()
    {
        var log = Decode(
            """{"type":"response.refusal.delta","output_index":0,"content_index":0,"delta":"I "}""",
            """{"type":"response.refusal.done","output_index":0,"content_index":0,"refusal":"I won't."}""",
            """{"type":"response.completed","response":{"status":"completed","output":[]}}""");
        Assert.Equal(["refusal I won't.", "start", "finish Refusal"], log.Lines);
    }

    [Theory]
    [InlineData("max_output_tokens", "Length")]
    [InlineData("content_filter", "Filtered")]
    public void Stream_Incomplete_SaysWhy(string reason, string expected)
    {
        var log = Decode($$$"""{"type":"response.incomplete","response":{"status":"incomplete","incomplete_details":{"reason":"{{{reason}}}"},"output":[]}}""");
        Assert.Equal(expected, log.Reason.ToString());
    }

    [Fact]
    public void Stream_CustomCall_IsAFunctionWithOneArgument()
    {
        var log = Decode(
            """{"type":"response.output_item.added","output_index":0,"item":{"type":"custom_tool_call","call_id":"c","name":"sh","input":""}}""",
            """{"type":"response.custom_tool_call_input.delta","output_index":0,"delta":"ls"}""",
            """{"type":"response.output_item.done","output_index":0,"item":{"type":"custom_tool_call","call_id":"c","name":"sh","input":"ls \"x\""}}""",
            """{"type":"response.completed","response":{"output":[]}}""");
        Assert.Contains("arguments[0] {\"input\":\"ls \\\"x\\\"\"}", log.Lines);
    }

    [Theory]
    [InlineData("""{"type":"error","code":"rate_limit_exceeded","message":"Slow down.","param":null,"sequence_number":3}""", 429, "rate_limit_exceeded", "Slow down.")]
    [InlineData("""{"type":"error","error":{"type":"insufficient_quota","code":"insufficient_quota","message":"Quota."}}""", 429, "insufficient_quota", "Quota.")]
    [InlineData("""{"type":"response.failed","response":{"status":"failed","error":{"code":"server_error","message":"Oops."},"output":[]}}""", 500, "server_error", "Oops.")]
    [InlineData("""{"error":{"message":"No.","type":"invalid_request_error"}}""", 400, null, "No.")]
    [InlineData("""{"type":"error","error":{"code":"invalid_api_key","message":"Key."}}""", 502, "invalid_api_key", "Key.")]
    [InlineData("""not json""", 502, null, null)]
    public void Stream_ErrorInAnyShape_IsAnError(string data, int status, string? code, string? message)
    {
        var decoder = new ResponsesDecoder(null);
        var frame = Encoding.UTF8.GetBytes($"data: {data}\n\n");
        Assert.Equal(EventKind.Error, decoder.Decode(frame, new EventLog()));
        var error = decoder.ReadError(frame);
        Assert.Equal((status, code, message), (error.Status, error.Code, error.Message));
        Assert.False(decoder.IsFinished);
    }

    [Fact]
    public void Stream_FailedAfterItCost_TellsTheUsage()
    {
        var log = Decode("""{"type":"response.failed","response":{"error":{"code":"server_error","message":"x"},"usage":{"input_tokens":7,"output_tokens":3}}}""");
        Assert.Equal(new TokenUsage(7, 0, 0, 3, 0), log.LastUsage);
    }

    [Fact]
    public void Stream_HalfASurrogatePair_IsReplacedAndNothingThrows()
    {
        var log = Decode(
            """{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"a\ud83d"}""",
            """{"type":"response.output_item.done","output_index":0,"item":{"type":"message","content":[{"type":"output_text","text":"a\ud83d"}]}}""",
            """{"type":"response.completed","response":{"output":[{"type":"message","content":[{"type":"output_text","text":"a\ud83d"}]}]}}""");
        Assert.Equal("a\uFFFD", log.Text);
        Assert.Equal(FinishReason.Stop, log.Reason);
    }

    [Fact]
    public void Answer_WithoutOutput_IsNoResponse() =>
        Assert.Throws<InvalidDataException>(() => new ResponsesDecoder(null).DecodeAnswer("""{"choices":[]}"""u8, new EventLog()));

    private static EventLog Decode(params string?[] events)
    {
        var log = new EventLog();
        var decoder = new ResponsesDecoder(null);
        foreach (var data in events)
        {
            if (data is not null)
            {
                decoder.Decode(Encoding.UTF8.GetBytes($"data: {data}\n\n"), log);
            }
        }

        return log;
    }

    private static string Run(byte[] stream, params IEnumerable<int> cuts)
    {
        var log = new EventLog();
        var end = Decoding.Stream(Upstream, new ResponsesDecoder(null), stream, log, cuts);
        return string.Join('\n', log.Lines.Append(end.ToString()).Append(log.LastUsage.ToString()));
    }

    private static List<int> Borders(byte[] stream)
    {
        var lengths = new List<int>();
        int end;
        for (var at = 0; (end = stream.AsSpan(at).IndexOf("\n\n"u8)) >= 0; at += end + 2)
        {
            lengths.Add(end + 2);
        }

        return lengths;
    }

    private static string LastData(byte[] stream) => Encoding.UTF8.GetString(stream).Split('\n').Last(static line => line.StartsWith("data:", StringComparison.Ordinal))[5..];

    private static void Expect(JsonElement response, EventLog log)
    {
        var output = response.GetProperty("output").EnumerateArray().ToList();
        Assert.Equal(
            string.Concat(output.Where(static item => Type(item) == "message").SelectMany(static item => item.GetProperty("content").EnumerateArray()).Select(static part => part.GetProperty("text").GetString())),
            log.Text);
        Assert.Equal(
            string.Concat(output.Where(static item => Type(item) == "reasoning").SelectMany(static item => item.GetProperty("summary").EnumerateArray()).Select(static part => part.GetProperty("text").GetString())),
            log.ReasoningText);
        var calls = output.Where(static item => Type(item) == "function_call").ToList();
        Assert.Equal(
            calls.Select(static (call, index) => $"tool[{index}] {call.GetProperty("call_id").GetString()} {call.GetProperty("name").GetString()}"),
            log.Lines.Where(static line => line.StartsWith("tool[", StringComparison.Ordinal)));
        Assert.Equal(
            calls.Select(static (call, index) => $"arguments[{index}] {call.GetProperty("arguments").GetString()}"),
            log.Lines.Where(static line => line.StartsWith("arguments[", StringComparison.Ordinal)));
        var usage = response.GetProperty("usage");
        Assert.Equal(
            new TokenUsage(
                usage.GetProperty("input_tokens").GetInt64(), usage.GetProperty("input_tokens_details").GetProperty("cached_tokens").GetInt64(), 0,
                usage.GetProperty("output_tokens").GetInt64(), usage.GetProperty("output_tokens_details").GetProperty("reasoning_tokens").GetInt64()),
            log.LastUsage);
        Assert.Equal(response.GetProperty("status").GetString() == "incomplete" ? FinishReason.Length : calls.Count > 0 ? FinishReason.Tool : FinishReason.Stop, log.Reason);
        Assert.Equal($"start {response.GetProperty("id").GetString()} {response.GetProperty("model").GetString()}", log.Lines[0]);
    }

    private static string? Type(JsonElement item) => item.GetProperty("type").GetString();
}
