using System.Text.Json;
using Gateway.Core.Requests;
using Gateway.Router.Catalog;
using Gateway.Router.Pipeline;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Bedrock;

/// <summary>Amazon Bedrock Converse as an upstream. No client speaks it, so nothing passes through.</summary>
/// <param name="time">Of signatures; null for the system's.</param>
internal sealed class BedrockUpstream(TimeProvider? time = null) : IUpstreamProtocol
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    public FrameFormat Frames => FrameFormat.AwsEventStream;

    public bool SignsBody => true;

    public bool PassesThrough(ClientCall call, UpstreamTraits traits) => false;

    public LlmOperation? OperationFor(LlmKind kind, UpstreamTraits traits) => kind switch
    {
        LlmKind.Chat => LlmOperation.Converse,
        LlmKind.CountTokens => LlmOperation.BedrockCountTokens,
        LlmKind.Embed or LlmKind.Moderate or LlmKind.Image or LlmKind.Audio or LlmKind.Rerank or LlmKind.Files => null,
    };

    public string PathFor(LlmOperation operation, bool stream, string model, UpstreamTraits traits) => operation switch
    {
        LlmOperation.Converse => $"/model/{model}/{(stream ? "converse-stream" : "converse")}",
        LlmOperation.BedrockCountTokens => $"/model/{model}/count-tokens",
        _ => throw new ArgumentOutOfRangeException(nameof(operation), operation, "Not an operation of Bedrock."),
    };

    public SplicedBody Rewrite(LlmExchange exchange, Deployment deployment) => throw new InvalidOperationException("Nothing passes through to Bedrock.");

    public void WriteChat(Translation translation, LlmOperation operation, Utf8JsonWriter json) => BedrockRequestWriter.Write(translation, operation, json);

    public void WriteEmbeddings(Translation translation, NeutralEmbeddingRequest request, Utf8JsonWriter json) =>
        throw new InvalidOperationException("Converse has no embeddings.");

    public string CredentialFor(string key) => BedrockCredential.Of(key);

    public ValueTask AuthorizeAsync(HttpRequestMessage request, string credential, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        BedrockCredential.Apply(request, credential, body.Span, _time.GetUtcNow());
        return ValueTask.CompletedTask;
    }

    public void AddHeaders(HttpRequestMessage request, LlmExchange exchange)
    {
        // What the client accepts says nothing about what we ask for here.
        request.Headers.Remove("accept");
    }

    public IAnswerReader ReadAnswer(LlmOperation operation) => new DecodedAnswerReader(new BedrockDecoder(translation: null));

    public IEventReader ReadEvents(LlmExchange exchange) => new DecodedEventReader(new BedrockDecoder(translation: null), Frames);

    public IAnswerDecoder Decode(Translation translation) => new BedrockDecoder(translation);

    public NeutralEmbeddings ReadEmbeddings(ReadOnlySpan<byte> document) => throw new InvalidDataException("Converse has no embeddings.");

    public long ReadTokenCount(ReadOnlySpan<byte> document)
    {
        try
        {
            var reader = new Utf8JsonReader(document);
            using var parsed = JsonDocument.ParseValue(ref reader);
            return parsed.RootElement.GetProperty("inputTokens"u8).GetInt64();
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException("The answer is no token count.", exception);
        }
    }
}
