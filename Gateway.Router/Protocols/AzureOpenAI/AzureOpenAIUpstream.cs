using System.Text.Json;
using Gateway.Core.Requests;
using Gateway.Router.Catalog;
using Gateway.Router.Pipeline;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Protocols.OpenAI;

namespace Gateway.Router.Protocols.AzureOpenAI;

/// <summary>
/// Azure OpenAI as an upstream: OpenAI's protocol with paths, credentials and errors of its own. Its additions (content filter results, a first
/// chunk without choices) are OpenAI's reader's to tolerate, and pass through untouched.
/// </summary>
internal sealed class AzureOpenAIUpstream : IUpstreamProtocol
{
    private const string DefaultApiVersion = "2024-10-21";
    private const string Bearer = "Bearer ";

    private readonly OpenAIUpstream _openAI = new();

    public FrameFormat Frames => _openAI.Frames;

    public bool SignsBody => false;

    public bool PassesThrough(ClientCall call, UpstreamTraits traits) => _openAI.PassesThrough(call, traits);

    public LlmOperation? OperationFor(LlmKind kind, UpstreamTraits traits) => _openAI.OperationFor(kind, traits);

    public string PathFor(LlmOperation operation, bool stream, string model, UpstreamTraits traits)
    {
        var path = _openAI.PathFor(operation, stream, model, traits);
        if (!traits.AzureDeployments)
        {
            return path;
        }

        if (operation == LlmOperation.Files)
        {
            return $"/openai{path}?api-version={Uri.EscapeDataString(traits.ApiVersion ?? DefaultApiVersion)}";
        }

        // Responses never had a path with a deployment in it.
        return LlmOperations.ProtocolOf(operation) == LlmProtocol.Responses
            ? "/openai/v1" + path
            : $"/openai/deployments/{model}{path}?api-version={Uri.EscapeDataString(traits.ApiVersion ?? DefaultApiVersion)}";
    }

    public SplicedBody Rewrite(LlmExchange exchange, Deployment deployment) => _openAI.Rewrite(exchange, deployment);

    public void WriteChat(Translation translation, LlmOperation operation, Utf8JsonWriter json) => _openAI.WriteChat(translation, operation, json);

    public void WriteEmbeddings(Translation translation, NeutralEmbeddingRequest request, Utf8JsonWriter json) => _openAI.WriteEmbeddings(translation, request, json);

    /// <summary>A key as it is; a token of Entra begins with <c>Bearer</c>.</summary>
    public string CredentialFor(string key) => key;

    public ValueTask AuthorizeAsync(HttpRequestMessage request, string credential, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        request.Headers.TryAddWithoutValidation(credential.StartsWith(Bearer, StringComparison.Ordinal) ? "Authorization" : "api-key", credential);
        return ValueTask.CompletedTask;
    }

    public void AddHeaders(HttpRequestMessage request, LlmExchange exchange)
    {
        // OpenAI's own headers (betas, organisation, project) mean nothing here.
    }

    public IAnswerReader ReadAnswer(LlmOperation operation) => _openAI.ReadAnswer(operation);

    public IEventReader ReadEvents(LlmExchange exchange) => _openAI.ReadEvents(exchange);

    public IAnswerDecoder Decode(Translation translation) => _openAI.Decode(translation);

    public NeutralEmbeddings ReadEmbeddings(ReadOnlySpan<byte> document) => _openAI.ReadEmbeddings(document);

    public long ReadTokenCount(ReadOnlySpan<byte> document) => _openAI.ReadTokenCount(document);
}
