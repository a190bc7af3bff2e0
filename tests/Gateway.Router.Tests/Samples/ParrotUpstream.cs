using System.Text.Json;
using Gateway.Core.Requests;
using Gateway.Router.Catalog;
using Gateway.Router.Pipeline;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Tests.Samples;

// sample: upstream
/// <summary>An invented provider, whose whole API is <c>POST /ask</c>: JSON in, JSON or server-sent events out.</summary>
internal sealed class ParrotUpstream : IUpstreamProtocol
{
    public FrameFormat Frames => FrameFormat.Sse;

    public bool SignsBody => false;

    // No client speaks it, so every request is translated.
    public bool PassesThrough(ClientCall call, UpstreamTraits traits) => false;

    // What it does not do is null: clients get a 404 that says so.
    public LlmOperation? OperationFor(LlmKind kind, UpstreamTraits traits) => kind == LlmKind.Chat ? LlmOperation.ChatCompletions : null;

    public string PathFor(LlmOperation operation, bool stream, string model, UpstreamTraits traits) => "/ask";

    public void WriteChat(Translation translation, LlmOperation operation, Utf8JsonWriter json) => ParrotRequestWriter.Write(translation, json);

    public IAnswerDecoder Decode(Translation translation) => new ParrotDecoder(translation);

    public string CredentialFor(string key) => key;

    public ValueTask AuthorizeAsync(HttpRequestMessage request, string credential, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        request.Headers.TryAddWithoutValidation("x-parrot-key", credential);
        return ValueTask.CompletedTask;
    }

    public void AddHeaders(HttpRequestMessage request, LlmExchange exchange) => request.Headers.TryAddWithoutValidation("x-parrot-version", "1");
    // end sample

    public SplicedBody Rewrite(LlmExchange exchange, Deployment deployment) => throw new InvalidOperationException("Nothing passes through.");

    public IAnswerReader ReadAnswer(LlmOperation operation) => new DecodedAnswerReader(new ParrotDecoder(translation: null));

    public IEventReader ReadEvents(LlmExchange exchange) => new DecodedEventReader(new ParrotDecoder(translation: null), Frames);

    public void WriteEmbeddings(Translation translation, NeutralEmbeddingRequest request, Utf8JsonWriter json) => throw new InvalidOperationException("Parrots embed nothing.");

    public NeutralEmbeddings ReadEmbeddings(ReadOnlySpan<byte> document) => throw new InvalidDataException("Parrots embed nothing.");

    public long ReadTokenCount(ReadOnlySpan<byte> document) => throw new InvalidDataException("Parrots count nothing.");
}
