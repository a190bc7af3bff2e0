using System.Text;
using System.Text.Json;
using Gateway.Core.Money;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Bedrock;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Tests.Hosting;
using Gateway.Router.Tests.Protocols.Ollama;
using Gateway.Router.Tests.Translating;

namespace Gateway.Router.Tests.Protocols.Bedrock;

public sealed class BedrockDecoderTests
{
    private static readonly byte[] Recorded = Recordings.Load("bedrock-converse-stream-system").Response;

    private static readonly byte[] ToolStream =
    [
        .. BedrockCases.Event("messageStart", """{"role":"assistant"}"""),
        .. BedrockCases.Event("contentBlockDelta", """{"contentBlockIndex":0,"delta":{"reasoningContent":{"text":"Let me"}}}"""),
        .. BedrockCases.Event("contentBlockDelta", """{"contentBlockIndex":0,"delta":{"reasoningContent":{"signature":"c2ln"}}}"""),
        .. BedrockCases.Event("contentBlockStop", """{"contentBlockIndex":0}"""),
        .. BedrockCases.Event("contentBlockDelta", """{"contentBlockIndex":1,"delta":{"text":"é😀\n"}}"""),
        .. BedrockCases.Event("contentBlockStop", """{"contentBlockIndex":1}"""),
        .. BedrockCases.Event("contentBlockStart", """{"contentBlockIndex":4,"start":{"toolUse":{"toolUseId":"tooluse_1","name":"f"}}}"""),
        .. BedrockCases.Event("contentBlockDelta", """{"contentBlockIndex":4,"delta":{"toolUse":{"input":"{\"a\":"}}}"""),
        .. BedrockCases.Event("contentBlockDelta", """{"contentBlockIndex":4,"delta":{"toolUse":{"input":"\"ü\"}"}}}"""),
        .. BedrockCases.Event("contentBlockStop", """{"contentBlockIndex":4}"""),
        .. BedrockCases.Event("contentBlockStart", """{"contentBlockIndex":7,"start":{"toolUse":{"toolUseId":"tooluse_2","name":"g"}}}"""),
        .. BedrockCases.Event("contentBlockStop", """{"contentBlockIndex":7}"""),
        .. BedrockCases.Event("messageStop", """{"stopReason":"tool_use"}"""),
        .. BedrockCases.Event("metadata", """{"usage":{"inputTokens":10,"outputTokens":5,"totalTokens":21,"cacheReadInputTokens":4,"cacheWriteInputTokens":2},"metrics":{"latencyMs":1}}"""),
    ];

    [Fact]
    public void Stream_Recorded_GivesTextUsageAndReason()
    {
        var log = Decode(Recorded, out var end);
        Assert.Equal(DecodedEnd.Normal, end);
        Assert.Equal("{ADDRESS} is the capital of Japan {Account Number}.", log.Text);
        Assert.Equal(new TokenUsage(54, 0, 0, 18, 0), log.LastUsage);
        Assert.Equal(FinishReason.Filtered, log.Reason);
    }

    [Fact]
    public void Stream_ToolsAndReasoning_AreNeutralEvents()
    {
        var log = Decode(ToolStream, out var end);
        Assert.Equal(DecodedEnd.Normal, end);
        Assert.Equal(
            [
                "start", "reasoning Let me", "signature c2ln", "text é😀", "tool[0] tooluse_1 f", """arguments[0] {"a":"ü"}""", "tool-end[0]",
                "tool[1] tooluse_2 g", "tool-end[1]", "finish Tool",
            ],
            log.Lines);

        // The counts exclude each other upstream; ours include.
        Assert.Equal(new TokenUsage(16, 4, 2, 5, 0), log.LastUsage);
    }

    [Fact]
    public void Stream_CutAnywhere_GivesTheSameEvents()
    {
        foreach (var stream in new[] { Recorded, ToolStream })
        {
            var expected = Decode(stream, out _);
            Assert.Equal(expected.Lines, Decode(stream, out var slow, Decoding.ByteByByte()).Lines);
            Assert.Equal(DecodedEnd.Normal, slow);
            for (var cut = 1; cut < stream.Length; cut += 3)
            {
                Assert.Equal(expected.Lines, Decode(stream, out var end, [cut]).Lines);
                Assert.Equal(DecodedEnd.Normal, end);
            }
        }
    }

    [Fact]
    public void Pitfall10_StreamCutShort_IsNeverANormalEnd()
    {
        foreach (var percent in new[] { 25, 50, 70 })
        {
            Decode(Recorded[..(Recorded.Length * percent / 100)], out var recorded);
            Decode(ToolStream[..(ToolStream.Length * percent / 100)], out var tools);
            Assert.NotEqual(DecodedEnd.Normal, recorded);
            Assert.NotEqual(DecodedEnd.Normal, tools);
        }
    }

    [Fact]
    public void Stream_EndsAfterTheReasonWithoutCounts_IsANormalEnd()
    {
        var log = Decode([.. BedrockCases.Event("messageStop", """{"stopReason":"end_turn"}""")], out var end);
        Assert.Equal((DecodedEnd.Normal, FinishReason.Stop, (TokenUsage?)null), (end, log.Reason!.Value, log.LastUsage));
    }

    [Fact]
    public void Stream_CountsBeforeTheReason_EndsWithTheReason()
    {
        byte[] counts = BedrockCases.Event("metadata", """{"usage":{"inputTokens":1,"outputTokens":2}}""");
        Decode(counts, out var early);
        var log = Decode([.. counts, .. BedrockCases.Event("messageStop", """{"stopReason":"end_turn"}""")], out var end);
        Assert.Equal((DecodedEnd.Broken, DecodedEnd.Normal, FinishReason.Stop), (early, end, log.Reason!.Value));
    }

    [Fact]
    public void Stream_AnyByteChanged_IsAnErrorAndNeverANormalEnd()
    {
        var first = BedrockCases.Event("messageStop", """{"stopReason":"end_turn"}""");
        byte[] stream = [.. first, .. BedrockCases.Event("metadata", """{"usage":{"inputTokens":1,"outputTokens":1}}""")];
        for (var at = 0; at < first.Length; at++)
        {
            var broken = (byte[])stream.Clone();
            broken[at] ^= 0x01;
            var decoder = new BedrockDecoder(null);

            // A wrong length also changes where the framer cuts: only the decoder is asked here.
            Assert.Equal(EventKind.Error, decoder.Decode(broken.AsSpan(0, first.Length), new EventLog()));
            Assert.Equal(502, decoder.ReadError(broken.AsSpan(0, first.Length)).Status);
            Assert.False(decoder.IsFinished);
        }
    }

    [Theory]
    [InlineData("throttlingException", 429)]
    [InlineData("validationException", 400)]
    [InlineData("serviceUnavailableException", 503)]
    [InlineData("internalServerException", 500)]
    [InlineData("modelTimeoutException", 408)]
    public void Pitfall08_ExceptionInTheStream_IsTheUpstreamsError(string type, int status)
    {
        byte[] exception = BedrockCases.Exception(type, """{"message":"Too much."}""");
        var log = Decode([.. BedrockCases.Event("contentBlockDelta", """{"contentBlockIndex":0,"delta":{"text":"Hi"}}"""), .. exception], out var end);
        Assert.Equal((DecodedEnd.Error, "Hi", (FinishReason?)null), (end, log.Text, log.Reason));
        Assert.Equal(new UpstreamError(status, type, null, "Too much.", null), new BedrockDecoder(null).ReadError(exception));
    }

    [Fact]
    public void Pitfall08_ErrorOfTheModel_HasItsOriginalStatus()
    {
        var exception = BedrockCases.Exception("modelStreamErrorException", """{"message":"m","originalStatusCode":529,"originalMessage":"o"}""");
        Assert.Equal(529, new BedrockDecoder(null).ReadError(exception).Status);
    }

    [Fact]
    public void Pitfall08_ErrorMessage_IsReadFromItsHeaders()
    {
        var error = BedrockCases.Message("", (":message-type", "error"), (":error-code", "InternalFailure"), (":error-message", "It broke."));
        Decode(error, out var end);
        Assert.Equal(DecodedEnd.Error, end);
        Assert.Equal(new UpstreamError(500, "InternalFailure", null, "It broke.", null), new BedrockDecoder(null).ReadError(error));
    }

    [Fact]
    public void Headers_OfAllTypes_AreSteppedOver()
    {
        byte[] headers =
        [
            1, (byte)'a', 0, 1, (byte)'b', 1, 1, (byte)'c', 2, 9, 1, (byte)'d', 3, 9, 9, 1, (byte)'e', 4, 9, 9, 9, 9, 1, (byte)'f', 5, .. new byte[8],
            1, (byte)'g', 6, 0, 3, 1, 2, 3, 1, (byte)'h', 8, .. new byte[8], 1, (byte)'i', 9, .. new byte[16],
            13, .. ":message-type"u8, 7, 0, 5, .. "event"u8, 11, .. ":event-type"u8, 7, 0, 11, .. "messageStop"u8,
        ];
        Decode(BedrockCases.Message("""{"stopReason":"max_tokens"}"""u8.ToArray(), headers), out var end);
        Assert.Equal(DecodedEnd.Normal, end);
        foreach (var cut in new[] { 1, 2, 4, 30, headers.Length - 1 })
        {
            Assert.False(EventStreamMessage.TryRead(BedrockCases.Message([], headers[..cut]), out _));
        }
    }

    [Fact]
    public void Event_Unknown_IsSkipped()
    {
        var log = Decode([.. BedrockCases.Event("newEvent", """{"x":{"y":[1]}}"""), .. BedrockCases.Event("messageStop", """{"stopReason":"end_turn"}""")], out var end);
        Assert.Equal(DecodedEnd.Normal, end);
        Assert.Equal(["start", "finish Stop"], log.Lines);
    }

    [Theory]
    [InlineData("end_turn", "Stop")]
    [InlineData("stop_sequence", "StopSequence")]
    [InlineData("max_tokens", "Length")]
    [InlineData("model_context_window_exceeded", "Length")]
    [InlineData("content_filtered", "Filtered")]
    [InlineData("guardrail_intervened", "Filtered")]
    [InlineData("something_new", "Stop")]
    public void Finish_Reason_IsMapped(string raw, string expected)
    {
        var notes = new TranslationNotes();
        var log = new EventLog();
        new BedrockDecoder(BedrockCases.Translation(OllamaCases.Ask(), notes: notes)).Decode(BedrockCases.Event("messageStop", $$"""{"stopReason":"{{raw}}"}"""), log);
        Assert.Equal(expected, log.Reason.ToString());
        Assert.Equal(raw == "something_new" ? "dropped=finish_reason=something_new" : null, notes.ToHeader());
    }

    [Fact]
    public void Finish_MetStopSequence_IsTold()
    {
        var log = Decode(BedrockCases.Event("messageStop", """{"stopReason":"stop_sequence","additionalModelResponseFields":{"stop_sequence":"END"}}"""), out _);
        Assert.Equal("finish StopSequence END", log.Lines[^1]);
    }

    [Fact]
    public void Finish_MalformedCall_IsAnError()
    {
        var stop = BedrockCases.Event("messageStop", """{"stopReason":"malformed_tool_use"}""");
        Decode(stop, out var end);
        Assert.Equal(DecodedEnd.Error, end);
        Assert.Equal((502, "upstream_malformed_tool_call"), (new BedrockDecoder(null).ReadError(stop).Status, new BedrockDecoder(null).ReadError(stop).Code));
    }

    [Fact]
    public void OutputTool_ItsArguments_AreTheText()
    {
        var request = OllamaCases.Ask();
        request.Output = new NeutralOutput(OutputKind.JsonSchema, OllamaCases.Json("""{"type":"object"}"""), null, null, null, default);
        var translation = BedrockCases.Translation(request, BedrockCases.Claude37);
        BedrockCases.Write(translation);
        var log = new EventLog();
        byte[] stream =
        [
            .. BedrockCases.Event("contentBlockStart", """{"contentBlockIndex":0,"start":{"toolUse":{"toolUseId":"t","name":"json"}}}"""),
            .. BedrockCases.Event("contentBlockDelta", """{"contentBlockIndex":0,"delta":{"toolUse":{"input":"{\"a\":"}}}"""),
            .. BedrockCases.Event("contentBlockDelta", """{"contentBlockIndex":0,"delta":{"toolUse":{"input":"1}"}}}"""),
            .. BedrockCases.Event("contentBlockStop", """{"contentBlockIndex":0}"""),
            .. BedrockCases.Event("messageStop", """{"stopReason":"tool_use"}"""),
        ];
        Decoding.Stream(BedrockCases.Upstream, new BedrockDecoder(translation), stream, log);
        Assert.Equal(["start", """text {"a":1}""", "finish Stop"], log.Lines);

        var plain = new EventLog();
        new BedrockDecoder(translation).DecodeAnswer("""{"output":{"message":{"role":"assistant","content":[{"toolUse":{"toolUseId":"t","name":"json","input":{"a": 1}}}]}},"stopReason":"tool_use"}"""u8, plain);
        Assert.Equal(log.Lines, plain.Lines);
    }

    [Fact]
    public void ToolNames_ThatWereMapped_ComeBackAsTheClients()
    {
        var request = OllamaCases.Ask();
        request.Tools.Add(new NeutralTool("my.tool", null, null, null, default));
        var translation = BedrockCases.Translation(request);
        var sent = JsonSerializer.Deserialize<JsonElement>(BedrockCases.Write(translation)).GetProperty("toolConfig").GetProperty("tools")[0].GetProperty("toolSpec").GetProperty("name").GetString();
        Assert.Matches("^my_tool_[0-9a-f]{8}$", sent);
        var log = new EventLog();
        new BedrockDecoder(translation).Decode(BedrockCases.Event("contentBlockStart", $$$"""{"contentBlockIndex":0,"start":{"toolUse":{"name":"{{{sent}}}","toolUseId":"t"} } }"""), log);
        Assert.Equal("tool[0] t my.tool", log.Lines[^1]);
    }

    [Theory]
    [InlineData("bedrock-converse-plain", "Stop", 358, 574)]
    [InlineData("bedrock-converse-system", "Filtered", 54, 18)]
    public void Answer_Recorded_SaysWhatTheDocumentSays(string id, string reason, long input, long output)
    {
        var response = Recordings.Load(id).Response;
        var log = new EventLog();
        Assert.Equal(EventKind.Done, new BedrockDecoder(null).DecodeAnswer(response, log));
        var content = JsonSerializer.Deserialize<JsonElement>(response).GetProperty("output").GetProperty("message").GetProperty("content");
        Assert.Equal(string.Concat(content.EnumerateArray().Select(static block => block.TryGetProperty("text", out var text) ? text.GetString() : "")), log.Text);
        if (content[0].TryGetProperty("reasoningContent", out var reasoning))
        {
            Assert.Equal(reasoning.GetProperty("reasoningText").GetProperty("text").GetString(), log.ReasoningText);
            Assert.Contains("signature " + reasoning.GetProperty("reasoningText").GetProperty("signature").GetString(), log.Lines);
        }

        Assert.Equal(new TokenUsage(input, 0, 0, output, 0), log.LastUsage);
        Assert.Equal(reason, log.Reason.ToString());
    }

    [Fact]
    public void Answer_OtherBlocks_AreReadOrNamed()
    {
        var notes = new TranslationNotes();
        var log = new EventLog();
        new BedrockDecoder(BedrockCases.Translation(OllamaCases.Ask(), notes: notes)).DecodeAnswer(
            """
            {"output":{"message":{"content":[{"reasoningContent":{"redactedContent":"AAA="}},{"citationsContent":{"content":[{"text":"cited"}],"citations":[]}},{"image":{}},
            {"toolUse":{"toolUseId":"t","name":"f","input":{ "a" : [1, 2] }}}]}},"stopReason":"tool_use","usage":{"inputTokens":1,"outputTokens":2,"cacheReadInputTokens":3}}
            """u8, log);
        Assert.Equal(["start", "redacted AAA=", "text cited", "tool[0] t f", """arguments[0] {"a":[1,2]}""", "tool-end[0]", "finish Tool"], log.Lines);
        Assert.Equal(new TokenUsage(4, 3, 0, 2, 0), log.LastUsage);
        Assert.Equal("dropped=citations,image", notes.ToHeader());
    }

    [Fact]
    public void Answer_Error_IsTheUpstreamsError()
    {
        var response = Recordings.Load("bedrock-converse-error-400-1").Response;
        var decoder = new BedrockDecoder(null);
        Assert.Equal(EventKind.Error, decoder.DecodeAnswer(response, new EventLog()));
        Assert.Equal("This model doesn't support the s3Uri field. Remove s3Uri and try again.", decoder.ReadError(response).Message);
    }

    [Theory]
    [InlineData("<html>")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"output":{}}""")]
    [InlineData("""{"output":{"message":{"content":[{"\ud800":1}]}}}""")]
    public void Answer_NoneOfTheProtocol_IsInvalid(string document) =>
        Assert.Throws<InvalidDataException>(() => new BedrockDecoder(null).DecodeAnswer(Encoding.UTF8.GetBytes(document), new EventLog()));

    [Fact]
    public void Reasoning_ClientWantsItHidden_KeepsOnlyItsProof()
    {
        var request = OllamaCases.Ask();
        request.Reasoning = new NeutralReasoning(ReasoningMode.Auto, null, null, Show: false, default);
        var log = new EventLog();
        Decoding.Stream(BedrockCases.Upstream, new BedrockDecoder(BedrockCases.Translation(request)), ToolStream, log);
        Assert.Equal("", log.ReasoningText);
        Assert.Contains("signature c2ln", log.Lines);
    }

    private static EventLog Decode(byte[] stream, out DecodedEnd end, params IEnumerable<int> cuts)
    {
        var log = new EventLog();
        end = Decoding.Stream(BedrockCases.Upstream, new BedrockDecoder(null), stream, log, cuts);
        return log;
    }
}
