using System.Text;
using Gateway.Core.Money;
using Gateway.Core.Requests;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Gemini;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Tests.Hosting;
using Gateway.Router.Tests.Translating;

namespace Gateway.Router.Tests.Protocols.Gemini;

/// <summary>Plain answers, errors, embeddings and counts as the upstream gives them.</summary>
public sealed class GeminiAnswerTests
{
    [Theory]
    [InlineData("gemini-plain-2", "AI stands for **Artificial Intelligence**.", "Stop", 5, 711 + 1096, 1096)]
    [InlineData("gemini-max-tokens-system", "The capital of France is", "Length", 15, 5, 0)]
    [InlineData("gemini-json-schema-json-mode", """{"name":"Bob","age":30}""", "Stop", 6, 10 + 229, 229)]
    [InlineData("gemini-tool-result-image-in", "thought\nThe user asked me", "Stop", 340, 226, 0)]
    public void Answer_Text_IsReadWhole(string id, string start, string reason, long input, long output, long reasoning)
    {
        var log = Run(id);

        Assert.StartsWith(start, log.Text, StringComparison.Ordinal);
        Assert.Equal(reason, log.Reason.ToString());
        Assert.Equal(new TokenUsage(input, 0, 0, output, reasoning), log.LastUsage);
    }

    [Fact]
    public void Answer_SignatureOnText_IsToldBeforeIt()
    {
        var log = Run("gemini-json-schema-json-mode");

        Assert.StartsWith("signature ErcGCrQGARFNMg/+", log.Lines[1], StringComparison.Ordinal);
        Assert.StartsWith("text {", log.Lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public void Answer_ParallelCalls_AreCountedAndSignedOnce()
    {
        var log = Run("gemini-parallel-tool-calls");

        Assert.Equal(FinishReason.Tool, log.Reason);
        Assert.Contains("""arguments[0] {"latitude":"52.5200","longitude":"13.4050"}""", log.Lines);
        Assert.Contains("arguments[1] {}", log.Lines);
        Assert.Single(log.Lines, static line => line.StartsWith("tool-signature[0] CpEDARFNMg9f55m3", StringComparison.Ordinal));
        Assert.DoesNotContain(log.Lines, static line => line.StartsWith("tool-signature[1]", StringComparison.Ordinal));
        Assert.Equal(new TokenUsage(143, 0, 0, 44 + 109, 109), log.LastUsage);
    }

    [Fact]
    public void Answer_CallWithAnIdOfItsOwn_KeepsIt()
    {
        var log = Run("gemini-vertex-tool-call-thinking");

        Assert.Contains("tool[0] call_3257537 weather", log.Lines);
        Assert.StartsWith("**My Thought Process", log.ReasoningText, StringComparison.Ordinal);
        Assert.Equal("", log.Text);
    }

    [Fact]
    public void Answer_ArrayOfChunks_IsReadAsOne()
    {
        // A stream without alt=sse.
        var log = Run("gemini-tool-call-thinking");

        Assert.StartsWith("**Generating Pelican Names**", log.ReasoningText, StringComparison.Ordinal);
        Assert.Contains("arguments[0] {}", log.Lines);
        Assert.Equal(FinishReason.Tool, log.Reason);
        Assert.Equal(new TokenUsage(32, 0, 0, 12 + 42, 42), log.LastUsage);
    }

    [Fact]
    public void Answer_ToolUseAndCachedTokens_AreInput()
    {
        var log = new EventLog();
        Decoder().DecodeAnswer("""{"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":10,"toolUsePromptTokenCount":7,"cachedContentTokenCount":4,"candidatesTokenCount":3,"thoughtsTokenCount":2,"totalTokenCount":22}}"""u8, log);

        Assert.Equal(new TokenUsage(17, 4, 0, 5, 2), log.LastUsage);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"candidates\":[{\"content\":{}}]")]
    [InlineData("{\"usageMetadata\":{\"promptTokenCount\":1}}")]
    [InlineData("<html>")]
    public void Answer_NoAnswerOfTheProtocol_IsInvalid(string document) =>
        Assert.Throws<InvalidDataException>(() => Kind(document));

    private static EventKind Kind(string document)
    {
        var kind = Decoder().DecodeAnswer(Encoding.UTF8.GetBytes(document), new EventLog());
        return kind == EventKind.Error ? throw new InvalidDataException() : kind;
    }

    [Fact]
    public void Error_RateLimit_NamesItsDelay()
    {
        var recording = Recordings.Load("gemini-error-429");
        var error = UpstreamErrors.Read(recording.Status, recording.Response);

        Assert.Equal((429, "rate_limit_exceeded"), (error.Status, UpstreamErrors.ToReply(error).Code));
        Assert.Equal(TimeSpan.FromSeconds(48), error.RetryAfter);
        Assert.StartsWith("You exceeded your current quota", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Error_DelayOnlyInItsText_IsRead() =>
        Assert.Equal(TimeSpan.FromSeconds(34.4), UpstreamErrors.Read(429, """{"error":{"code":429,"message":"Please retry in 34.4s.","status":"RESOURCE_EXHAUSTED"}}"""u8).RetryAfter);

    [Fact]
    public void Error_QuotaOfTheDay_IsInsufficientQuota() =>
        Assert.Equal("insufficient_quota", UpstreamErrors.Read(
            429, """{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED","details":[{"violations":[{"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}]}}"""u8).Code);

    [Theory]
    [InlineData("gemini-error-500", 500, "An internal error has occurred.")]
    [InlineData("gemini-vertex-error-400", 400, "Unable to submit request because it has a temperature value of 1000")]
    public void Error_Recorded_IsRead(string id, int status, string message)
    {
        var recording = Recordings.Load(id);
        var error = UpstreamErrors.Read(recording.Status, recording.Response);

        Assert.Equal(status, error.Status);
        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}}""", 400, 401)]
    [InlineData("""[{"error":{"code":404,"message":"no","status":"NOT_FOUND"}}]""", 404, 404)]
    [InlineData("""[{"error":{"code":429,"message":"no","status":"RESOURCE_EXHAUSTED"}}]""", 200, 429)]
    [InlineData("""{"error":{"message":"no","status":"UNAVAILABLE"}}""", 200, 503)]
    [InlineData("<html>", 502, 502)]
    [InlineData("""{"error":"text"}""", 500, 500)]
    [InlineData("", 200, 502)]
    public void Error_AnyShape_HasItsStatus(string body, int http, int status) => Assert.Equal(status, UpstreamErrors.Read(http, Encoding.UTF8.GetBytes(body)).Status);

    [Fact]
    public void Error_InsideAPlainAnswer_IsAnError()
    {
        var body = """{"error":{"code":503,"message":"busy","status":"UNAVAILABLE"}}"""u8;
        var decoder = Decoder();

        Assert.Equal(EventKind.Error, decoder.DecodeAnswer(body, new EventLog()));
        Assert.Equal(503, decoder.ReadError(body).Status);
    }

    [Fact]
    public void PassThrough_Embeddings_AreFollowedToTheirEnd()
    {
        var reader = new GeminiUpstream().ReadAnswer(LlmOperation.BatchEmbedContents);
        reader.Append("""{"embeddings":[{"values":[0.1]}],"usage"""u8);
        Assert.False(reader.IsWhole);

        reader.Append("""Metadata":{"promptTokenCount":3}}"""u8);
        Assert.True(reader.IsWhole);
        Assert.Equal(3, reader.Usage!.Value.Input);
    }

    [Theory]
    [InlineData("gemini-plain-2")]
    [InlineData("gemini-parallel-tool-calls")]
    [InlineData("gemini-tool-call-thinking")]
    [InlineData("gemini-vertex-tool-call-thinking")]
    public void PassThrough_Answer_IsFollowedToItsEnd(string id)
    {
        var reader = new GeminiUpstream().ReadAnswer(LlmOperation.GenerateContent);
        var body = Recordings.Load(id).Response;
        reader.Append(body.AsSpan(0, body.Length / 2));
        Assert.False(reader.IsWhole);

        reader.Append(body.AsSpan(body.Length / 2));
        Assert.True(reader.IsWhole);
        Assert.False(reader.IsError);
        Assert.NotNull(reader.Usage);
        Assert.StartsWith("gemini-", reader.Model, StringComparison.Ordinal);
    }

    [Fact]
    public void TokenCount_Recorded_IsRead() => Assert.Equal(8, new GeminiUpstream().ReadTokenCount(Recordings.Load("gemini-count-tokens-plain").Response));

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("")]
    [InlineData("""{"totalTokens":"8"}""")]
    public void TokenCount_NoCount_IsInvalid(string body) => Assert.Throws<InvalidDataException>(() => new GeminiUpstream().ReadTokenCount(Encoding.UTF8.GetBytes(body)));

    [Fact]
    public void Embeddings_OfBothVariants_AreRead()
    {
        var batch = new GeminiUpstream().ReadEmbeddings("""{"embeddings":[{"values":[0.5,1]},{"values":[2]}]}"""u8);
        Assert.Equal([[0.5f, 1f], [2f]], batch.Vectors);
        Assert.Null(batch.Usage);

        var single = new GeminiUpstream().ReadEmbeddings("""{"embedding":{"values":[0.5]}}"""u8);
        Assert.Equal([[0.5f]], single.Vectors);

        var vertex = new VertexUpstream().ReadEmbeddings("""{"predictions":[{"embeddings":{"values":[0.5],"statistics":{"truncated":false,"token_count":3.0}}},{"embeddings":{"values":[1],"statistics":{"token_count":4}}}]}"""u8);
        Assert.Equal([[0.5f], [1f]], vertex.Vectors);
        Assert.Equal(7, vertex.Usage!.Value.Input);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"embeddings":[{}]}""")]
    [InlineData("""{"embedding":{"values":["x"]}}""")]
    public void Embeddings_None_AreInvalid(string body)
    {
        Assert.Throws<InvalidDataException>(() => new GeminiUpstream().ReadEmbeddings(Encoding.UTF8.GetBytes(body)));
        Assert.Throws<InvalidDataException>(() => new VertexUpstream().ReadEmbeddings(Encoding.UTF8.GetBytes(body)));
    }

    private static GeminiDecoder Decoder() => new(Ge.Translation(Ge.Chat()), new ThoughtSignatures());

    private static EventLog Run(string id)
    {
        var log = new EventLog();
        Assert.Equal(EventKind.Done, Decoder().DecodeAnswer(Recordings.Load(id).Response, log));
        return log;
    }
}
