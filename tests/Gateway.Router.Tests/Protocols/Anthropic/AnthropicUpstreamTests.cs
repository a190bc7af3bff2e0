using System.Text;
using Gateway.Core.Money;
using Gateway.Core.Requests;
using Gateway.Router.Pipeline;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Anthropic;
using Microsoft.AspNetCore.Http;

namespace Gateway.Router.Tests.Protocols.Anthropic;

public sealed class AnthropicUpstreamTests
{
    private const string Delta = """data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"TEXT"}  }""";

    [Fact]
    public void Operations_HaveTheirPaths()
    {
        Assert.Equal("/messages", Samples.Upstream.PathFor(LlmOperation.Messages, true, "m", UpstreamTraits.Default));
        Assert.Equal("/messages/count_tokens", Samples.Upstream.PathFor(LlmOperation.MessagesCountTokens, false, "m", UpstreamTraits.Default));
        Assert.Equal(LlmOperation.Messages, Samples.Upstream.OperationFor(LlmKind.Chat, UpstreamTraits.Default));
        Assert.Equal(LlmOperation.MessagesCountTokens, Samples.Upstream.OperationFor(LlmKind.CountTokens, UpstreamTraits.Default));
        Assert.Null(Samples.Upstream.OperationFor(LlmKind.Embed, UpstreamTraits.Default));
        Assert.True(Samples.Upstream.PassesThrough(new ClientCall(LlmOperation.MessagesCountTokens, "m", false), UpstreamTraits.Default));
        Assert.False(Samples.Upstream.PassesThrough(new ClientCall(LlmOperation.ChatCompletions, "m", false), UpstreamTraits.Default));
    }

    [Theory]
    [InlineData("sk-ant-api03-x", null, "x-api-key: sk-ant-api03-x")]
    [InlineData("sk-ant-oat01-x", null, "Authorization: Bearer sk-ant-oat01-x|anthropic-beta: oauth-2025-04-20")]
    [InlineData("sk-ant-oat01-x", "a-1", "Authorization: Bearer sk-ant-oat01-x|anthropic-beta: a-1,oauth-2025-04-20")]
    [InlineData("sk-ant-oat01-x", "oauth-2025-04-20", "anthropic-beta: oauth-2025-04-20|Authorization: Bearer sk-ant-oat01-x")]
    public async Task Credential_GoesWhereItsKindGoes(string key, string? beta, string headers)
    {
        using var request = new HttpRequestMessage();
        if (beta is not null)
        {
            request.Headers.TryAddWithoutValidation("anthropic-beta", beta);
        }

        await Samples.Upstream.AuthorizeAsync(request, Samples.Upstream.CredentialFor(key), default, CancellationToken.None);
        Assert.Equal(headers, Headers(request));
    }

    [Theory]
    [InlineData(LlmOperation.Messages, "anthropic-version: 2024-01-01|anthropic-beta: a,b,c")]
    [InlineData(LlmOperation.ChatCompletions, "anthropic-version: 2023-06-01")]
    public void VersionAndBetas_OfTheClient_GoOnOnlyFromAnthropicClients(LlmOperation operation, string headers)
    {
        var http = new DefaultHttpContext();
        http.Request.Headers["anthropic-version"] = "2024-01-01";
        http.Request.Headers["anthropic-beta"] = new[] { "a,b", "c" };
        using var request = new HttpRequestMessage();
        Samples.Upstream.AddHeaders(request, new LlmExchange(http, new LlmEndpoint("/x", operation), null!, TimeProvider.System));
        Assert.Equal(headers, Headers(request));
    }

    [Fact]
    public void PassThrough_SecondMessageSplicedIn_BreaksTheStream()
    {
        var reader = new AnthropicEventReader();
        reader.Observe("data: {\"type\":\"message_start\",\"message\":{\"id\":\"1\",\"model\":\"m\"}}\n\n"u8);
        Assert.Equal(EventKind.Forward, reader.Observe("data: {\"type\":\"message_start\",\"message\":{\"id\":\"1\"}}\n\n"u8));
        Assert.Throws<InvalidDataException>(() => reader.Observe("data: {\"type\":\"message_start\",\"message\":{\"id\":\"2\"}}\n\n"u8));
    }

    [Theory]
    [InlineData("overloaded_error", 529)]
    [InlineData("authentication_error", 502)]
    public void PassThrough_ErrorOfTheUpstream_IsToldWithItsDocument(string type, int expected)
    {
        var reader = new AnthropicEventReader();
        var error = "{\"type\":\"error\",\"error\":{\"type\":\"" + type + "\",\"message\":\"Busy\"}}";
        var frame = Encoding.UTF8.GetBytes($"event: error\ndata: {error}\n\n");
        Assert.Equal(EventKind.Error, reader.Observe(frame));
        Assert.Equal(error, Encoding.UTF8.GetString(reader.ReadError(frame, out var status)));
        Assert.Equal(expected, status);
    }

    [Theory]
    [InlineData("TEXT", 4)]
    [InlineData("a\\\"b\\\\", 4)]
    [InlineData("\\ud83d\\ude42 \\u0435\\u65e5\\n", 11)]
    [InlineData("🙂 е日", 10)]
    [InlineData("", 0)]
    [InlineData("\\\"},{\\\"type\\\":\\\"message_stop\\\"}", 26)]
    public void Delta_AsAnthropicWritesIt_IsCountedWithoutReading(string text, int bytes) =>
        Assert.Equal(bytes, DeltaEvent.ContentBytes(Encoding.UTF8.GetBytes(Delta.Replace("TEXT", text, StringComparison.Ordinal)["data: ".Length..])));

    [Theory]
    [InlineData("""{"index":0,"type":"content_block_delta","delta":{"type":"text_delta","text":"x"}}""")]
    [InlineData("""{"type":"content_block_delta","index":0,"delta":{"text":"x","type":"text_delta"}}""")]
    [InlineData("""{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"x"},"error":{}}""")]
    [InlineData("""{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"x""")]
    [InlineData("""{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"x"}}""")]
    [InlineData("""{"type":"message_delta","delta":{"stop_sequence":"content_block_delta"}}""")]
    [InlineData("")]
    public void Delta_WrittenDifferently_IsReadTheLongWay(string data) => Assert.Equal(-1, DeltaEvent.ContentBytes(Encoding.UTF8.GetBytes(data)));

    [Fact]
    public void PassThrough_DeltasInBothWritings_AreCountedAlike()
    {
        var reader = new AnthropicEventReader();
        reader.Observe("data: {\"type\":\"message_start\",\"message\":{\"id\":\"1\",\"model\":\"m\",\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}}\n\n"u8);
        reader.Observe("data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n"u8);
        reader.Observe(Encoding.UTF8.GetBytes(Delta + "\n\n"));
        reader.Observe("data: {\"index\":0,\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"TEXT\"}}\n\n"u8);
        Assert.Equal((2, 2, new TokenUsage(3, 0, 0, 1, 0), "m", false), (reader.ContentEvents, reader.OutputEstimate, reader.Usage, reader.Model, reader.IsFinished));
    }

    [Theory]
    [InlineData(LlmOperation.MessagesCountTokens, "{\"input_tokens\":5}", true, false)]
    [InlineData(LlmOperation.MessagesCountTokens, "{\"input_tokens\":", false, false)]
    [InlineData(LlmOperation.MessagesCountTokens, "{\"type\":\"error\",\"error\":{\"type\":\"api_error\"}}", true, true)]
    [InlineData(LlmOperation.Messages, "{\"input_tokens\":5}", false, false)]
    [InlineData(LlmOperation.Messages, "{\"id\":\"a\",\"model\":\"m\",\"content\":[]}", true, false)]
    [InlineData(LlmOperation.Messages, "{\"type\":\"error\",\"error\":{\"type\":\"api_error\"}}", true, true)]
    public void PlainAnswer_ThatPassesThrough_IsWholeWhenItIsWhatWasAskedFor(LlmOperation operation, string document, bool whole, bool error)
    {
        var reader = Samples.Upstream.ReadAnswer(operation);
        foreach (var piece in Encoding.UTF8.GetBytes(document).Chunk(3))
        {
            reader.Append(piece);
        }

        Assert.Equal((whole, error), (reader.IsWhole, reader.IsError));
    }

    [Fact]
    public void TokenCount_ThatIsNone_IsInvalid()
    {
        Assert.Throws<InvalidDataException>(static () => Samples.Upstream.ReadTokenCount("{}"u8));
        Assert.Throws<InvalidDataException>(static () => Samples.Upstream.ReadTokenCount("{"u8));
        Assert.Throws<InvalidDataException>(static () => Samples.Upstream.ReadTokenCount("{\"input_tokens\":\"5\"}"u8));
    }

    private static string Headers(HttpRequestMessage request) => string.Join('|', request.Headers.NonValidated.Select(static header => $"{header.Key}: {header.Value}"));
}
