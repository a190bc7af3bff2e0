using System.Text.Json;
using Gateway.Core.Requests;
using Gateway.Router.Catalog;
using Gateway.Router.Pipeline;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Anthropic;

/// <summary>Anthropic messages as an upstream.</summary>
internal sealed class AnthropicUpstream : IUpstreamProtocol
{
    public FrameFormat Frames => FrameFormat.Sse;

    public bool SignsBody => false;

    public bool PassesThrough(ClientCall call, UpstreamTraits traits) => throw new NotSupportedException();

    public LlmOperation? OperationFor(LlmKind kind, UpstreamTraits traits) => throw new NotSupportedException();

    public string PathFor(LlmOperation operation, bool stream, string model, UpstreamTraits traits) => throw new NotSupportedException();

    public SplicedBody Rewrite(LlmExchange exchange, Deployment deployment) => throw new NotSupportedException();

    public void WriteChat(Translation translation, LlmOperation operation, Utf8JsonWriter json) => throw new NotSupportedException();

    public void WriteEmbeddings(Translation translation, NeutralEmbeddingRequest request, Utf8JsonWriter json) => throw new NotSupportedException();

    public string CredentialFor(string key) => key;

    public ValueTask AuthorizeAsync(HttpRequestMessage request, string credential, ReadOnlyMemory<byte> body, CancellationToken cancellationToken) => throw new NotSupportedException();

    public void AddHeaders(HttpRequestMessage request, LlmExchange exchange) => throw new NotSupportedException();

    public IAnswerReader ReadAnswer(LlmOperation operation) => throw new NotSupportedException();

    public IEventReader ReadEvents(LlmExchange exchange) => throw new NotSupportedException();

    public IAnswerDecoder Decode(Translation translation) => throw new NotSupportedException();

    public NeutralEmbeddings ReadEmbeddings(ReadOnlySpan<byte> document) => throw new NotSupportedException();

    public long ReadTokenCount(ReadOnlySpan<byte> document) => throw new NotSupportedException();
}
