using System.Text.Json;
using Gateway.Core.Requests;
using Gateway.Router.Catalog;
using Gateway.Router.Pipeline;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Gemini;

/// <summary>What Gemini's own API and Google Cloud share as upstreams.</summary>
internal abstract class GeminiFamily : IUpstreamProtocol
{
    /// <summary>One memory for both: models move between the two, and so do talks.</summary>
    private static readonly ThoughtSignatures Signatures = new();

    public FrameFormat Frames => FrameFormat.Sse;

    public bool SignsBody => false;

    /// <summary>Google Cloud's variant.</summary>
    protected abstract bool IsVertex { get; }

    public abstract bool PassesThrough(ClientCall call, UpstreamTraits traits);

    public LlmOperation? OperationFor(LlmKind kind, UpstreamTraits traits) => kind switch
    {
        LlmKind.Chat => LlmOperation.GenerateContent,
        LlmKind.Embed => LlmOperation.BatchEmbedContents,
        LlmKind.CountTokens => LlmOperation.GeminiCountTokens,
        LlmKind.Moderate or LlmKind.Image or LlmKind.Audio or LlmKind.Rerank or LlmKind.Files => null,
    };

    public string PathFor(LlmOperation operation, bool stream, string model, UpstreamTraits traits) => operation switch
    {
        LlmOperation.GenerateContent when stream => $"/models/{model}:streamGenerateContent?alt=sse",
        LlmOperation.GenerateContent => $"/models/{model}:generateContent",
        LlmOperation.GeminiCountTokens => $"/models/{model}:countTokens",
        LlmOperation.EmbedContent or LlmOperation.BatchEmbedContents when IsVertex => $"/models/{model}:predict",
        LlmOperation.EmbedContent => $"/models/{model}:embedContent",
        LlmOperation.BatchEmbedContents => $"/models/{model}:batchEmbedContents",
        _ => throw new ArgumentOutOfRangeException(nameof(operation), operation, "Not an operation of Gemini."),
    };

    public SplicedBody Rewrite(LlmExchange exchange, Deployment deployment) =>
        new(ModelMembers.Rewrite(exchange.Body, exchange.Call.Operation, deployment.Model), Splice.None, Splice.None);

    public void WriteChat(Translation translation, LlmOperation operation, Utf8JsonWriter json) =>
        new GeminiRequestWriter(translation, json, IsVertex, Signatures).Write(operation);

    public virtual void WriteEmbeddings(Translation translation, NeutralEmbeddingRequest request, Utf8JsonWriter json) => GeminiEmbeddings.Write(translation, request, json);

    public virtual string CredentialFor(string key) => key;

    public abstract ValueTask AuthorizeAsync(HttpRequestMessage request, string credential, ReadOnlyMemory<byte> body, CancellationToken cancellationToken);

    public void AddHeaders(HttpRequestMessage request, LlmExchange exchange)
    {
        // The version is in the path.
    }

    public IAnswerReader ReadAnswer(LlmOperation operation) => new DecodedAnswerReader(new GeminiDecoder(null, Signatures, operation));

    public IEventReader ReadEvents(LlmExchange exchange) => new DecodedEventReader(new GeminiDecoder(null, Signatures), Frames);

    public IAnswerDecoder Decode(Translation translation) => new GeminiDecoder(translation, Signatures);

    public virtual NeutralEmbeddings ReadEmbeddings(ReadOnlySpan<byte> document) => GeminiEmbeddings.Read(document);

    public long ReadTokenCount(ReadOnlySpan<byte> document)
    {
        try
        {
            var reader = new Utf8JsonReader(document);
            using var answer = JsonDocument.ParseValue(ref reader);
            return answer.RootElement.ValueKind == JsonValueKind.Object && answer.RootElement.TryGetProperty("totalTokens", out var total)
                && total.ValueKind == JsonValueKind.Number && total.TryGetInt64(out var count) && count >= 0
                    ? count : throw new InvalidDataException("The answer holds no count of tokens.");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException("The answer is no JSON.", exception);
        }
    }
}
