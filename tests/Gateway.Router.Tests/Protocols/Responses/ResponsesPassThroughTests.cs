using System.Text;
using System.Text.Json;
using Gateway.Core.Money;
using Gateway.Core.Requests;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Protocols.OpenAI;
using Gateway.Router.Protocols.Responses;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Protocols.Responses;

public sealed class ResponsesPassThroughTests
{
    private static readonly OpenAIUpstream Upstream = new();
    private static readonly UpstreamTraits HasResponses = new() { HasResponses = true };

    public static TheoryData<string> Plain => ResponsesWriting.Recorded(static recording => !recording.Streaming);

    [Theory]
    [InlineData(LlmOperation.Responses, "/responses")]
    [InlineData(LlmOperation.ResponsesInputTokens, "/responses/input_tokens")]
    public void Upstream_WithResponses_TakesThemAsTheyAre(LlmOperation operation, string path)
    {
        var call = new ClientCall(operation, "m", Stream: false);
        Assert.True(Upstream.PassesThrough(call, HasResponses));
        Assert.False(Upstream.PassesThrough(call, UpstreamTraits.Default));
        Assert.Equal(path, Upstream.PathFor(operation, stream: true, "m", HasResponses));
    }

    [Fact]
    public void Upstream_OfAModelWithNothingElse_IsAskedThroughResponses()
    {
        Assert.Equal(LlmOperation.ChatCompletions, Upstream.OperationFor(LlmKind.Chat, HasResponses));
        Assert.Equal(LlmOperation.Responses, Upstream.OperationFor(LlmKind.Chat, HasResponses with { PreferResponses = true }));
        Assert.False(Upstream.PassesThrough(new ClientCall(LlmOperation.ChatCompletions, "m", Stream: false), HasResponses with { PreferResponses = true }));
        Assert.True(Upstream.PassesThrough(new ClientCall(LlmOperation.Embeddings, "m", Stream: false), HasResponses with { PreferResponses = true }));
        Assert.Equal(LlmOperation.ResponsesInputTokens, Upstream.OperationFor(LlmKind.CountTokens, HasResponses));
        Assert.Null(Upstream.OperationFor(LlmKind.CountTokens, UpstreamTraits.Default));
        var translation = new Translation(new NeutralRequest { Model = "m" }, ResponsesWriting.Client, "m", HasResponses with { PreferResponses = true }, new TranslationNotes());
        Assert.IsType<ResponsesDecoder>(Upstream.Decode(translation));
    }

    [Theory]
    [InlineData("o3-pro-2025-06-10", true)]
    [InlineData("gpt-5.1-codex-max", true)]
    [InlineData("o4-mini-deep-research", true)]
    [InlineData("gpt-5", false)]
    [InlineData("o3", false)]
    [InlineData(null, false)]
    public void Models_WithNothingElse_AreKnown(string? model, bool expected) => Assert.Equal(expected, ResponsesModels.HaveNothingElse(model));

    [Theory]
    [MemberData(nameof(Plain))]
    public void Reader_Recording_FindsUsageAndModel(string id)
    {
        var recording = Recordings.Load(id);
        var reader = Upstream.ReadAnswer(LlmOperation.Responses);
        foreach (var piece in recording.Response.Chunk(100))
        {
            reader.Append(piece);
        }

        Assert.True(reader.IsWhole);
        Assert.Equal(recording.Status != 200, reader.IsError);
        using var document = JsonDocument.Parse(recording.Response);
        Assert.Equal(document.RootElement.TryGetProperty("model", out var model) ? model.GetString() : null, reader.Model);
        Assert.Equal(document.RootElement.TryGetProperty("usage", out var usage) ? usage.GetProperty("input_tokens").GetInt64() : null, reader.Usage?.Input);
    }

    [Fact]
    public void Events_OfAStreamThatFails_GiveTheErrorAsAnAnswer()
    {
        var reader = new ResponsesEventReader();
        Assert.Equal(EventKind.Forward, reader.Observe("event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"id\":\"resp_1\",\"model\":\"m-1\"}}\n\n"u8));
        Assert.Equal(0, reader.ContentEvents);
        Assert.Equal("m-1", reader.Model);
        var failed = "data: {\"type\":\"response.failed\",\"response\":{\"error\":{\"code\":\"rate_limit_exceeded\",\"message\":\"Slow.\"},\"usage\":{\"input_tokens\":3,\"output_tokens\":0}}}\n\n"u8;
        Assert.Equal(EventKind.Error, reader.Observe(failed));
        Assert.Equal("""{"error":{"message":"Slow.","type":"invalid_request_error","param":null,"code":"rate_limit_exceeded"}}""", Encoding.UTF8.GetString(reader.ReadError(failed, out var status)));
        Assert.Equal((429, new TokenUsage(3, 0, 0, 0, 0)), (status, reader.Usage!.Value));
        Assert.False(reader.IsFinished);
    }

    [Fact]
    public void TokenCount_IsRead()
    {
        Assert.Equal(12, ResponsesPassThrough.ReadTokenCount("""{"object":"response.input_tokens","input_tokens":12}"""u8));
        Assert.Throws<InvalidDataException>(() => ResponsesPassThrough.ReadTokenCount("""{"input_tokens":"12"}"""u8));
        Assert.Throws<InvalidDataException>(() => ResponsesPassThrough.ReadTokenCount("<html>"u8));
    }
}
