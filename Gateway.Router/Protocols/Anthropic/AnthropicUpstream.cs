using System.Text.Json;
using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Router.Catalog;
using Gateway.Router.Pipeline;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Anthropic;

/// <summary>Anthropic messages as an upstream. The base URL ends in <c>/v1</c>, as OpenAI's does.</summary>
internal sealed class AnthropicUpstream : IUpstreamProtocol
{
    private const string Version = "anthropic-version";
    private const string Beta = "anthropic-beta";
    private const string Bearer = "Bearer ";

    public FrameFormat Frames => FrameFormat.Sse;

    public bool SignsBody => false;

    public bool PassesThrough(ClientCall call, UpstreamTraits traits) => call.Operation is LlmOperation.Messages or LlmOperation.MessagesCountTokens;

    public LlmOperation? OperationFor(LlmKind kind, UpstreamTraits traits) => kind switch
    {
        LlmKind.Chat => LlmOperation.Messages,
        LlmKind.CountTokens => LlmOperation.MessagesCountTokens,
        LlmKind.Embed or LlmKind.Moderate or LlmKind.Image or LlmKind.Audio or LlmKind.Rerank or LlmKind.Files => null,
    };

    public string PathFor(LlmOperation operation, bool stream, string model, UpstreamTraits traits) => operation switch
    {
        LlmOperation.Messages => "/messages",
        LlmOperation.MessagesCountTokens => "/messages/count_tokens",
        _ => throw new ArgumentOutOfRangeException(nameof(operation), operation, "Not an operation of Anthropic."),
    };

    public SplicedBody Rewrite(LlmExchange exchange, Deployment deployment) => SplicedBody.ForModel(exchange, deployment);

    public void WriteChat(Translation translation, LlmOperation operation, Utf8JsonWriter json) =>
        new AnthropicRequestWriter(translation, operation == LlmOperation.MessagesCountTokens, json).Write();

    public void WriteEmbeddings(Translation translation, NeutralEmbeddingRequest request, Utf8JsonWriter json) => throw NoEmbeddings();

    public string CredentialFor(string key) => key.StartsWith("sk-ant-oat", StringComparison.Ordinal) ? Bearer + key : key;

    public ValueTask AuthorizeAsync(HttpRequestMessage request, string credential, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        if (!credential.StartsWith(Bearer, StringComparison.Ordinal))
        {
            request.Headers.TryAddWithoutValidation("x-api-key", credential);
            return ValueTask.CompletedTask;
        }

        // OAuth tokens are taken only by requests that name this beta.
        const string OAuth = "oauth-2025-04-20";
        request.Headers.TryAddWithoutValidation("Authorization", credential);
        var betas = request.Headers.TryGetValues(Beta, out var values) ? string.Join(',', values) : "";
        if (!betas.Contains(OAuth, StringComparison.Ordinal))
        {
            request.Headers.Remove(Beta);
            request.Headers.TryAddWithoutValidation(Beta, betas.Length == 0 ? OAuth : $"{betas},{OAuth}");
        }

        return ValueTask.CompletedTask;
    }

    public void AddHeaders(HttpRequestMessage request, LlmExchange exchange)
    {
        if (exchange.Endpoint.Protocol == LlmProtocol.Anthropic)
        {
            // Only here: a beta that changes the answer would not be understood by a translation.
            ForwardedHeaders.Add(request, exchange, Version);
            var betas = exchange.Http.Request.Headers[Beta];
            if (betas.Count > 0)
            {
                request.Headers.TryAddWithoutValidation(Beta, string.Join(',', betas.ToArray()));
            }
        }

        if (!request.Headers.Contains(Version))
        {
            request.Headers.TryAddWithoutValidation(Version, "2023-06-01");
        }
    }

    public IAnswerReader ReadAnswer(LlmOperation operation) => new DecodedAnswerReader(new AnthropicDecoder(null, operation == LlmOperation.MessagesCountTokens));

    public IEventReader ReadEvents(LlmExchange exchange) => new AnthropicEventReader();

    public IAnswerDecoder Decode(Translation translation) => new AnthropicDecoder(translation);

    public NeutralEmbeddings ReadEmbeddings(ReadOnlySpan<byte> document) => throw NoEmbeddings();

    public long ReadTokenCount(ReadOnlySpan<byte> document) => TokenCount.Read(document);

    private static GatewayException NoEmbeddings() =>
        new(GatewayErrorKind.ModelNotFound, "The provider of this model has no embeddings. Ask for a model whose provider has them.", "model");
}
