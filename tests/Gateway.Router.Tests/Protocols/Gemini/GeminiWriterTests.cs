using System.Buffers;
using System.Text;
using System.Text.Json;
using Gateway.Core.Errors;
using Gateway.Core.Money;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Gemini;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Tests.Hosting;
using Gateway.Router.Tests.Translating;

namespace Gateway.Router.Tests.Protocols.Gemini;

/// <summary>What Gemini's clients get.</summary>
public sealed class GeminiWriterTests
{
    private const string Tail = ""","role":"model"},"index":0}],"modelVersion":"asked","responseId":"AAAAAAAAAAAAAAAAAAAAAQ"}""";

    [Fact]
    public void Stream_Text_IsAChunkEachAndALastOneWithReasonAndUsage()
    {
        var text = Stream(static writer =>
        {
            writer.Start("up"u8, "theirs"u8);
            writer.Text("Hé"u8);
            writer.Text(" \"you\"\n"u8);
            writer.Finish(FinishReason.Stop, default);
            ((IAnswerSink)writer).Usage(new TokenUsage(10, 4, 0, 7, 2));
        });

        Assert.Equal(
            "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Hé\"}]" + Tail + "\n\n"
            + "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\" \\\"you\\\"\\n\"}]" + Tail + "\n\n"
            + "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"\"}],\"role\":\"model\"},\"finishReason\":\"STOP\",\"index\":0}],"
            + "\"usageMetadata\":{\"promptTokenCount\":10,\"candidatesTokenCount\":5,\"totalTokenCount\":17,\"cachedContentTokenCount\":4,\"thoughtsTokenCount\":2},"
            + "\"modelVersion\":\"asked\",\"responseId\":\"AAAAAAAAAAAAAAAAAAAAAQ\"}\n\n", text);
    }

    [Fact]
    public void Stream_CallsThatOverlap_GoOutWhole()
    {
        var text = Stream(static writer =>
        {
            writer.ToolStart(0, "a"u8, "f"u8);
            writer.ToolArguments(0, "{\"x\""u8);
            writer.ToolStart(1, "b"u8, "g"u8);
            writer.ToolSignature(0, "S"u8);
            writer.ToolArguments(0, ": 1}"u8);
            writer.ToolEnd(1);
            writer.ToolEnd(0);
            writer.Finish(FinishReason.Tool, default);
        });
        var lines = text.Split("\n\n");

        Assert.Contains(""""parts":[{"functionCall":{"id":"b","name":"g","args":{}}}]"""", lines[0], StringComparison.Ordinal);
        Assert.Contains(""""parts":[{"functionCall":{"id":"a","name":"f","args":{"x":1}},"thoughtSignature":"S"}]"""", lines[1], StringComparison.Ordinal);
        Assert.Contains("\"finishReason\":\"STOP\"", lines[2], StringComparison.Ordinal);
        Assert.Equal(4, lines.Length);
    }

    [Fact]
    public void Stream_SignatureBehindItsCall_BreaksNothing() => Assert.Contains("\"finishReason\":\"STOP\"", Stream(static writer =>
    {
        writer.ToolStart(0, "a"u8, "f"u8);
        writer.ToolEnd(0);
        writer.ToolSignature(0, "S"u8);
        writer.Finish(FinishReason.Tool, default);
    }), StringComparison.Ordinal);

    [Fact]
    public void Stream_CallThatIsNoJson_IsSaidAsGeminiSaysIt()
    {
        var text = Stream(static writer =>
        {
            writer.ToolStart(0, "a"u8, "f"u8);
            writer.ToolArguments(0, "{\"x"u8);
            writer.ToolEnd(0);
            writer.Finish(FinishReason.Tool, default);
        });

        Assert.DoesNotContain("functionCall\"", text, StringComparison.Ordinal);
        Assert.Contains("\"finishReason\":\"MALFORMED_FUNCTION_CALL\"", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Stream_Thoughts_AreShownToWhoAsked(bool asked)
    {
        var text = Stream(
            static writer =>
            {
                writer.Reasoning("hm"u8);
                writer.ReasoningSignature("S"u8);
                writer.ReasoningSignature("T"u8);
                writer.Text("yes"u8);
                writer.Finish(FinishReason.Stop, default);
            }, Ge.Context(thoughts: asked));

        Assert.Equal(asked, text.Contains("""{"text":"hm","thought":true}""", StringComparison.Ordinal));
        Assert.Contains("""{"text":"yes","thoughtSignature":"ST"}""", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Stream_SignatureBeforeACall_StaysTheThoughts()
    {
        var text = Stream(
            static writer =>
            {
                writer.Reasoning("hm"u8);
                writer.ReasoningSignature("S"u8);
                writer.ToolStart(0, "a"u8, "f"u8);
                writer.ToolEnd(0);
                writer.Finish(FinishReason.Tool, default);
            }, Ge.Context(thoughts: true));
        var parts = string.Join(',', text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(static line => Ge.Json(line[6..]).GetProperty("candidates")[0].GetProperty("content").GetProperty("parts")[0].GetRawText()));

        // As the client sends it back.
        var back = Ge.Read($$"""{"contents":[{"role":"model","parts":[{{parts}}]}]}""").Turns[0].Parts;
        Assert.Equal(("hm", "S"), Assert.IsType<ReasoningPart>(back[0]) is var thought ? (thought.Text, thought.Signature) : default);
        Assert.Null(Assert.IsType<ToolCallPart>(back[1]).Signature);
    }

    [Theory]
    [InlineData("Length", "MAX_TOKENS")]
    [InlineData("Filtered", "SAFETY")]
    [InlineData("Refusal", "SAFETY")]
    [InlineData("StopSequence", "STOP")]
    [InlineData("Tool", "STOP")]
    [InlineData("Pause", "STOP")]
    public void Finish_Reasons_AreGeminis(string reason, string word)
    {
        var finish = Enum.Parse<FinishReason>(reason);
        Assert.Contains($"\"finishReason\":\"{word}\"", Stream(writer => writer.Finish(finish, default)), StringComparison.Ordinal);

        var answer = new NeutralAnswer();
        answer.Finish(finish, default);
        Assert.Contains($"\"finishReason\":\"{word}\"", Answer(answer), StringComparison.Ordinal);
    }

    [Fact]
    public void Refusal_IsTextAndSafety()
    {
        Assert.Contains("\"SAFETY\"", Stream(static writer =>
        {
            writer.Refusal("no"u8);
            writer.Finish(FinishReason.Stop, default);
        }), StringComparison.Ordinal);

        var answer = new NeutralAnswer();
        answer.Refusal("no"u8);
        answer.Finish(FinishReason.Stop, default);
        Assert.Contains("""[{"text":"no"}],"role":"model"},"finishReason":"SAFETY",""", Answer(answer), StringComparison.Ordinal);
    }

    [Fact]
    public void Stream_AsArray_IsOneJsonDocument()
    {
        var text = Stream(
            static writer =>
            {
                writer.KeepAlive();
                writer.Text("a"u8);
                writer.KeepAlive();
                writer.Text("b"u8);
                writer.Finish(FinishReason.Stop, default);
            }, Ge.Context(array: true));

        Assert.Equal(3, Ge.Json(text).GetArrayLength());
        Assert.DoesNotContain("data:", text, StringComparison.Ordinal);
        Assert.Equal("application/json; charset=UTF-8", new GeminiClient().StreamType(Ge.Context(array: true).Call));
        Assert.Equal("text/event-stream; charset=utf-8", new GeminiClient().StreamType(Ge.Context().Call));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Stream_Error_IsTheOnlyEnd(bool array)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new GeminiClient().WriteStream(Ge.Context(array), output);
        writer.Text("a"u8);
        writer.Error(new ErrorReply(503, "server_error", null, "Broken off."));
        var text = Encoding.UTF8.GetString(output.WrittenSpan);

        Assert.DoesNotContain("finishReason", text, StringComparison.Ordinal);
        Assert.Contains("Broken off.", text, StringComparison.Ordinal);
        if (array)
        {
            Assert.Equal(2, Ge.Json(text).GetArrayLength());
        }
        else
        {
            Assert.Equal(2, text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Length);
        }
    }

    [Fact]
    public void Stream_KeepAlive_IsAComment() => Assert.StartsWith(": keep-alive\n\n", Stream(static writer => writer.KeepAlive()), StringComparison.Ordinal);

    [Theory]
    [InlineData("gemini-plain-2")]
    [InlineData("gemini-parallel-tool-calls")]
    [InlineData("gemini-json-schema-json-mode")]
    [InlineData("gemini-max-tokens-system")]
    [InlineData("gemini-vertex-tool-call-thinking")]
    public void Answer_DecodedAndWritten_SaysTheSame(string id)
    {
        var translation = Ge.Translation(Ge.Chat());
        var answer = new NeutralAnswer();
        var before = new EventLog();
        new GeminiDecoder(translation, new ThoughtSignatures()).DecodeAnswer(Recordings.Load(id).Response, answer);
        new GeminiDecoder(translation, new ThoughtSignatures()).DecodeAnswer(Recordings.Load(id).Response, before);
        var after = new EventLog();
        new GeminiDecoder(translation, new ThoughtSignatures()).DecodeAnswer(Encoding.UTF8.GetBytes(Answer(answer, thoughts: true)), after);

        Assert.Equal(Told(before), Told(after));
        Assert.Equal(before.LastUsage, after.LastUsage);
        static IEnumerable<string> Told(EventLog log) => log.Lines.Skip(1).Where(static line => !line.StartsWith("tool[", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("gemini-stream-thinking-system")]
    [InlineData("gemini-stream-partial-tool-call-arguments")]
    [InlineData("gemini-vertex-stream-tool-call-tool-result")]
    public void Stream_DecodedAndWritten_SaysTheSame(string id)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new GeminiClient().WriteStream(Ge.Context(thoughts: true), output);
        var before = new EventLog();
        Decode(Recordings.Load(id).Response, writer);
        Decode(Recordings.Load(id).Response, before);
        writer.End();
        var after = new EventLog();

        Assert.Equal(DecodedEnd.Normal, Decode(output.WrittenSpan, after));
        Assert.Equal(Told(before), Told(after));
        Assert.Equal(before.LastUsage, after.LastUsage);
        static DecodedEnd Decode(ReadOnlySpan<byte> stream, IAnswerSink sink) =>
            Decoding.Stream(new GeminiUpstream(), new GeminiDecoder(Ge.Translation(Ge.Chat()), new ThoughtSignatures()), stream, sink);
        static IEnumerable<string> Told(EventLog log) => log.Lines.Skip(1).Where(static line => !line.StartsWith("tool[", StringComparison.Ordinal)).Order();
    }

    [Fact]
    public void Embeddings_AreWrittenInTheFormThatWasAskedFor()
    {
        var embeddings = new NeutralEmbeddings([[0.5f, 1f], [-0.25f]], null, null);
        string Write(bool single)
        {
            var output = new ArrayBufferWriter<byte>();
            new GeminiClient().WriteEmbeddings(embeddings, new NeutralEmbeddingRequest { Model = "m", IsSingle = single }, Ge.Context(), output);
            return Encoding.UTF8.GetString(output.WrittenSpan);
        }

        Assert.Equal("""{"embedding":{"values":[0.5,1]}}""", Write(true));
        Assert.Equal("""{"embeddings":[{"values":[0.5,1]},{"values":[-0.25]}]}""", Write(false));
    }

    [Fact]
    public void TokenCount_IsWritten()
    {
        var output = new ArrayBufferWriter<byte>();
        new GeminiClient().WriteTokenCount(42, output);

        Assert.Equal("""{"totalTokens":42}""", Encoding.UTF8.GetString(output.WrittenSpan));
    }

    [Fact]
    public void NameOf_EveryField_IsDecided()
    {
        foreach (var field in Enum.GetValues<NeutralField>())
        {
            Assert.NotEqual("", new GeminiClient().NameOf(field));
        }

        Assert.Equal("generationConfig.topK", new GeminiClient().NameOf(NeutralField.TopK));
    }

    [Fact]
    public void Embeddings_Request_IsWrittenForBothVariants()
    {
        var request = new NeutralEmbeddingRequest { Model = "m", Dimensions = 3, TaskType = "RETRIEVAL_DOCUMENT", Title = "t" };
        request.Inputs.AddRange(["a", "b"]);

        Assert.Equal(
            """{"requests":[{"model":"models/up","content":{"parts":[{"text":"a"}]},"taskType":"RETRIEVAL_DOCUMENT","title":"t","outputDimensionality":3},{"model":"models/up","content":{"parts":[{"text":"b"}]},"taskType":"RETRIEVAL_DOCUMENT","title":"t","outputDimensionality":3}]}""",
            Write(new GeminiUpstream(), request));
        Assert.Equal(
            """{"instances":[{"content":"a","task_type":"RETRIEVAL_DOCUMENT","title":"t"},{"content":"b","task_type":"RETRIEVAL_DOCUMENT","title":"t"}],"parameters":{"autoTruncate":false,"outputDimensionality":3}}""",
            Write(new VertexUpstream(), request));
    }

    [Fact]
    public void Embeddings_TokensOrTooMany_AreRefused()
    {
        var tokens = new NeutralEmbeddingRequest { Model = "m", Tokens = Ge.Json("[1]") };
        Assert.Equal("input", Ge.Refusal(() => Write(new GeminiUpstream(), tokens)).Param);

        var many = new NeutralEmbeddingRequest { Model = "m" };
        for (var i = 0; i <= 100; i++)
        {
            many.Inputs.Add("x");
            many.Paths.Add(new SourcePath("input", i));
        }

        Assert.Equal("input[100]", Ge.Refusal(() => Write(new GeminiUpstream(), many)).Param);
    }

    private static string Write(IUpstreamProtocol upstream, NeutralEmbeddingRequest request)
    {
        var output = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(output);
        upstream.WriteEmbeddings(Ge.Translation(Ge.Chat(), "up"), request, json);
        json.Flush();
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private static string Stream(Action<IAnswerWriter> tell, AnswerContext? context = null)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new GeminiClient().WriteStream(context ?? Ge.Context(), output);
        tell(writer);
        writer.End();
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private static string Answer(NeutralAnswer answer, bool thoughts = false)
    {
        var output = new ArrayBufferWriter<byte>();
        new GeminiClient().WriteAnswer(answer, Ge.Context(thoughts: thoughts), output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
