using System.Text.Json;
using Gateway.Core.Requests;
using Gateway.Router.Catalog;
using Gateway.Router.Pipeline;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Ollama;

/// <summary>Ollama as an upstream: its own endpoints below the server's root, streams as one JSON document per line.</summary>
internal sealed class OllamaUpstream : IUpstreamProtocol
{
    public FrameFormat Frames => FrameFormat.JsonLines;

    public bool SignsBody => false;

    public bool PassesThrough(ClientCall call, UpstreamTraits traits) => LlmOperations.ProtocolOf(call.Operation) == LlmProtocol.Ollama;

    public LlmOperation? OperationFor(LlmKind kind, UpstreamTraits traits) => kind switch
    {
        LlmKind.Chat => LlmOperation.OllamaChat,
        LlmKind.Embed => LlmOperation.OllamaEmbed,
        LlmKind.CountTokens or LlmKind.Moderate or LlmKind.Image or LlmKind.Audio or LlmKind.Rerank or LlmKind.Files => null,
    };

    public string PathFor(LlmOperation operation, bool stream, string model, UpstreamTraits traits) => operation switch
    {
        LlmOperation.OllamaChat => "/api/chat",
        LlmOperation.OllamaGenerate => "/api/generate",
        LlmOperation.OllamaEmbed => "/api/embed",
        LlmOperation.OllamaEmbeddings => "/api/embeddings",
        _ => throw new ArgumentOutOfRangeException(nameof(operation), operation, "Not an operation of Ollama."),
    };

    public SplicedBody Rewrite(LlmExchange exchange, Deployment deployment) => SplicedBody.ForModel(exchange, deployment);

    public void WriteChat(Translation translation, LlmOperation operation, Utf8JsonWriter json) => OllamaRequestWriter.Write(translation, json);

    public void WriteEmbeddings(Translation translation, NeutralEmbeddingRequest request, Utf8JsonWriter json) => OllamaEmbeddings.Write(translation, request, json);

    public string CredentialFor(string key) => "Bearer " + key;

    public ValueTask AuthorizeAsync(HttpRequestMessage request, string credential, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        request.Headers.TryAddWithoutValidation("Authorization", credential);
        return ValueTask.CompletedTask;
    }

    public void AddHeaders(HttpRequestMessage request, LlmExchange exchange)
    {
        // The protocol has none of its own.
    }

    public IAnswerReader ReadAnswer(LlmOperation operation) =>
        new DecodedAnswerReader(LlmOperations.KindOf(operation) == LlmKind.Embed ? new OllamaEmbeddingsDecoder() : new OllamaDecoder(translation: null));

    public IEventReader ReadEvents(LlmExchange exchange) => new DecodedEventReader(new OllamaDecoder(translation: null), Frames);

    public IAnswerDecoder Decode(Translation translation) => new OllamaDecoder(translation);

    public NeutralEmbeddings ReadEmbeddings(ReadOnlySpan<byte> document) => OllamaEmbeddings.Read(document);

    public long ReadTokenCount(ReadOnlySpan<byte> document) => throw new InvalidDataException("Ollama counts no tokens.");
}
