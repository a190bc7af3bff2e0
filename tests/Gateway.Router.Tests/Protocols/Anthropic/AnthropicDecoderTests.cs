using System.Text;
using Gateway.Core.Money;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Anthropic;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Tests.Translating;

namespace Gateway.Router.Tests.Protocols.Anthropic;

public sealed class AnthropicDecoderTests
{
    private const string MessageStart = """{"type":"message_start","message":{"id":"msg_1","model":"m","usage":{"input_tokens":5,"output_tokens":1}}}""";
    private const string TextStart = """{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}""";
    private const string Stop = """{"type":"content_block_stop","index":0}""";
    private const string EndTurn = """{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":9}}""";
    private const string MessageStop = """{"type":"message_stop"}""";

    [Fact]
    public void Pitfall4_PingWithoutData_IsSkipped()
    {
        var (end, log) = Decode($"data: {MessageStart}\n\nevent: ping\n\nevent: ping\ndata:\n\ndata: {TextStart}\n\ndata: {Delta("a")}\n\ndata: {EndTurn}\n\ndata: {MessageStop}\n\n");
        Assert.Equal(DecodedEnd.Normal, end);
        Assert.Equal("a", log.Text);
    }

    [Fact]
    public void Pitfall17_UsageOfAnthropic_BecomesInclusiveOnce()
    {
        var (_, log) = Events(
            """{"type":"message_start","message":{"id":"msg_1","model":"m","usage":{"input_tokens":4,"cache_creation_input_tokens":1165,"cache_read_input_tokens":30,"output_tokens":1}}}""",
            """{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"input_tokens":4,"cache_creation_input_tokens":1165,"cache_read_input_tokens":30,"output_tokens":9,"output_tokens_details":{"thinking_tokens":3}}}""", MessageStop);
        Assert.Equal(new TokenUsage(1199, 30, 1165, 9, 3), log.LastUsage);
    }

    [Fact]
    public void Usage_CacheCountsOnlyInMessageDelta_ReplacesFieldByField()
    {
        var (_, log) = Events(
            MessageStart,
            """{"type":"message_delta","delta":{},"usage":{"output_tokens":3,"cache_read_input_tokens":null}}""",
            """{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"cache_read_input_tokens":7.0,"cache_creation":{"ephemeral_5m_input_tokens":1,"ephemeral_1h_input_tokens":2}}}""", MessageStop);
        Assert.Equal(new TokenUsage(15, 7, 3, 3, 0) { CacheWrite1h = 2 }, log.LastUsage);
        Assert.Equal(FinishReason.Stop, log.Reason);
    }

    [Fact]
    public void ToolInput_FullAtItsStart_IsToldOnce()
    {
        const string Start = """{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"f","input":{"a": 1}}}""";
        Assert.Equal(["tool[0] t f", """arguments[0] {"a": 1}""", "tool-end[0]"], Calls(Start, Stop));

        // Some send it again as deltas.
        Assert.Equal(["tool[0] t f", """arguments[0] {"a":1}""", "tool-end[0]"],
            Calls(Start, """{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"a\":"}}""", """{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"1}"}}""", Stop));
    }

    [Fact]
    public void Calls_BesideTextAndServerTools_AreNumberedByAppearance()
    {
        var (_, log) = Events(
            MessageStart, TextStart, Stop,
            """{"type":"content_block_start","index":1,"content_block":{"type":"server_tool_use","id":"s","name":"web_search","input":{}}}""",
            """{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"query\":1}"}}""", """{"type":"content_block_stop","index":1}""",
            """{"type":"content_block_start","index":2,"content_block":{"type":"web_search_tool_result","tool_use_id":"s","content":[]}}""", """{"type":"content_block_stop","index":2}""",
            """{"type":"content_block_start","index":3,"content_block":{"type":"tool_use","id":"a","name":"f","input":{}}}""",
            """{"type":"content_block_start","index":4,"content_block":{"type":"tool_use","id":"b","name":"g","input":{}}}""",
            """{"type":"content_block_delta","index":4,"delta":{"type":"input_json_delta","partial_json":"{\"y\":2}"}}""",
            """{"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":"{\"x\":1}"}}""",
            """{"type":"content_block_stop","index":3}""",
            """{"type":"message_delta","delta":{"stop_reason":"tool_use"}}""", MessageStop);
        Assert.Equal(["start msg_1 m", "tool[0] a f", "tool[1] b g", """arguments[1] {"y":2}""", """arguments[0] {"x":1}""", "tool-end[0]", "tool-end[1]", "finish Tool"], log.Lines);
    }

    [Fact]
    public void Pitfall25_ThinkingSignatureAndRedactedThinking_AreToldUnchanged()
    {
        var (_, log) = Events(
            MessageStart,
            """{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}""",
            """{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}}""",
            """{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"Eq/+=="}}""", Stop,
            """{"type":"content_block_start","index":1,"content_block":{"type":"redacted_thinking","data":"xyz"}}""", """{"type":"content_block_stop","index":1}""",
            """{"type":"content_block_start","index":2,"content_block":{"type":"thinking","thinking":""}}""",
            """{"type":"content_block_delta","index":2,"delta":{"type":"signature_delta","signature":"only"}}""", """{"type":"content_block_stop","index":2}""",
            EndTurn, MessageStop);
        Assert.Equal(["start msg_1 m", "reasoning hm", "signature Eq/+==", "redacted xyz", "signature only", "finish Stop"], log.Lines);
    }

    [Theory]
    [InlineData("end_turn", FinishReason.Stop)]
    [InlineData("max_tokens", FinishReason.Length)]
    [InlineData("model_context_window_exceeded", FinishReason.Length)]
    [InlineData("stop_sequence", FinishReason.StopSequence)]
    [InlineData("refusal", FinishReason.Refusal)]
    [InlineData("pause_turn", FinishReason.Pause)]
    [InlineData("something_new", FinishReason.Stop)]
    internal void StopReason_OfTheStream_IsTold(string word, FinishReason reason)
    {
        var translation = Samples.Translate(Samples.Hello());
        var (_, log) = Events(translation, MessageStart, $$$"""{"type":"message_delta","delta":{"stop_reason":"{{{word}}}","stop_sequence":"X"}}""", EndTurn, MessageStop);
        Assert.Equal(reason, log.Reason);
        Assert.Single(log.Lines, static line => line.StartsWith("finish", StringComparison.Ordinal));
        Assert.Equal(word == "something_new" ? ["finish_reason=something_new"] : [], translation.Notes.Dropped);
    }

    [Fact]
    public void Refusal_WithExplanation_IsToldAsRefusal()
    {
        var (_, log) = Events(MessageStart, """{"type":"message_delta","delta":{"stop_reason":"refusal","stop_details":{"type":"refusal","explanation":"No."}}}""", MessageStop);
        Assert.Equal(["start msg_1 m", "refusal No.", "finish Refusal"], log.Lines);
    }

    [Fact]
    public void OutputTool_OfEmulatedFormat_ComesOutAsText()
    {
        var translation = Samples.Translate(Samples.Hello());
        translation.OutputTool = "json";
        var (_, log) = Events(
            translation, MessageStart, """{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"json","input":{}}}""",
            """{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"a\":"}}""",
            """{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"1}"}}""", Stop,
            """{"type":"message_delta","delta":{"stop_reason":"tool_use"}}""", MessageStop);
        Assert.Equal(["start msg_1 m", """text {"a":1}""", "finish Stop"], log.Lines);

        var plain = new EventLog();
        new AnthropicDecoder(translation).DecodeAnswer("""{"id":"i","model":"m","content":[{"type":"tool_use","id":"t","name":"json","input":{"a":1}}],"stop_reason":"tool_use"}"""u8, plain);
        Assert.Equal(["start i m", """text {"a":1}""", "finish Stop"], plain.Lines);
    }

    [Fact]
    public void ToolNames_ThatWereMapped_ComeBackAsTheClientNamedThem()
    {
        var translation = Samples.Translate(Samples.Hello());
        var mapped = ToolWriter.NameOf(translation, "übung.eins");
        Assert.Matches("^[a-zA-Z0-9_-]+$", mapped);
        var (_, log) = Events(translation, MessageStart, $$$$"""{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"{{{{mapped}}}}","input":{}}}""", Stop, MessageStop);
        Assert.Contains("tool[0] t übung.eins", log.Lines);
    }

    [Theory]
    [InlineData("""{"type":"message_stop"}""")]    // of nothing
    [InlineData("""{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"x"}}""")]
    [InlineData("""{"type":"message_delta","delta":{"stop_reason":"end_turn"}}""")]
    [InlineData("""{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"x"}}""")]
    [InlineData("""{"type":"message_start","message":{""")]
    [InlineData("[]")]
    [InlineData("no json")]
    [InlineData("""{"error":{"type":"overloaded_error","message":"x"}}""")]
    public void Event_ThatCannotStandThere_IsAnError(string data)
    {
        var (end, log) = Events(data, MessageStart, EndTurn, MessageStop);
        Assert.Equal(DecodedEnd.Error, end);
        Assert.Null(log.Reason);
    }

    [Fact]
    public void Events_ThatNobodyKnows_AreSkipped()
    {
        var (end, log) = Events(MessageStart, """{"type":"new_thing","x":{"text":"no"}}""", TextStart, """{"type":"content_block_delta","index":0,"delta":{"type":"citations_delta","citation":{"text":"no"}}}""", Delta("a"), EndTurn, MessageStop);
        Assert.Equal(DecodedEnd.Normal, end);
        Assert.Equal("a", log.Text);
    }

    [Fact]
    public void Text_WithEscapesAndHalfSurrogates_IsPlainUtf8()
    {
        var (end, log) = Events(MessageStart, TextStart, """{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a\"\\\/\n\u00e4\ud83d\ude00|\ud83d|\ude00|\ud83dx"}}""", EndTurn, MessageStop);
        Assert.Equal(DecodedEnd.Normal, end);
        Assert.Equal("a\"\\/\nä😀|\uFFFD|\uFFFD|\uFFFDx", log.Text);
    }

    [Theory]
    [InlineData("overloaded_error", 529)]
    [InlineData("rate_limit_error", 429)]
    [InlineData("invalid_request_error", 400)]
    [InlineData("permission_error", 403)]
    [InlineData("new_error", 502)]
    public void Pitfall8_ErrorEvent_HasTheStatusOfItsType(string type, int status)
    {
        var frame = Encoding.UTF8.GetBytes("event: error\ndata: " + $$$"""{"type":"error","error":{"type":"{{{type}}}","message":"m"}}""" + "\n\n");
        var decoder = new AnthropicDecoder(null);
        Assert.Equal(EventKind.Error, decoder.Decode(frame, new EventLog()));
        var error = decoder.ReadError(frame);
        Assert.Equal((status, type, "m"), (error.Status, error.Type, error.Message));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"content":"text"}""")]
    [InlineData("""{"content":[{"type":"te""")]
    [InlineData("<html>")]
    [InlineData("")]
    public void Answer_ThatIsNoMessage_IsInvalid(string document) =>
        Assert.Throws<InvalidDataException>(() => new AnthropicDecoder(null).DecodeAnswer(Encoding.UTF8.GetBytes(document), new EventLog()));

    [Fact]
    public void Decoder_AnyGarbage_DoesNotThrow()
    {
        var random = new Random(7);
        byte[][] pieces = [.. ((string[])[MessageStart, TextStart, Delta("x"), Stop, EndTurn, MessageStop]).Select(static data => Encoding.UTF8.GetBytes($"data: {data}\n\n"))];
        for (var round = 0; round < 3_000; round++)
        {
            var decoder = new AnthropicDecoder(null);
            foreach (var piece in pieces)
            {
                var broken = (byte[])piece.Clone();
                for (var hits = random.Next(3); hits > 0; hits--)
                {
                    broken[random.Next(6, broken.Length)] = (byte)random.Next(256);
                }

                decoder.Decode(broken, new EventLog());
                decoder.IsWholeEvent(broken);
                decoder.ReadError(broken);
            }
        }
    }

    private static string Delta(string text) => $$$"""{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"{{{text}}}"}}""";

    private static IEnumerable<string> Calls(params string[] events) =>
        Events([MessageStart, .. events, """{"type":"message_delta","delta":{"stop_reason":"tool_use"}}""", MessageStop]).Log.Lines.Where(static line => line[0] is 't' or 'a');

    private static (DecodedEnd End, EventLog Log) Events(params string[] events) => Decode(string.Concat(events.Select(static data => $"data: {data}\n\n")));

    private static (DecodedEnd End, EventLog Log) Events(Translation translation, params string[] events) =>
        Decode(string.Concat(events.Select(static data => $"data: {data}\n\n")), translation);

    private static (DecodedEnd End, EventLog Log) Decode(string stream, Translation? translation = null)
    {
        var log = new EventLog();
        return (Decoding.Stream(Samples.Upstream, new AnthropicDecoder(translation), Encoding.UTF8.GetBytes(stream), log), log);
    }
}
