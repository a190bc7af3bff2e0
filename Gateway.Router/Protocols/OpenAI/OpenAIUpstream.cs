using System.Text.Json;
using Gateway.Core.Requests;
using Gateway.Router.Catalog;
using Gateway.Router.Pipeline;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Protocols.OpenAI.PassThrough;
using Gateway.Router.Protocols.Responses;

namespace Gateway.Router.Protocols.OpenAI;

/// <summary>OpenAI and what resembles it: chat completions, completions, embeddings, responses where the upstream has them, and what only passes through.</summary>
internal sealed class OpenAIUpstream : IUpstreamProtocol
{
    private static readonly byte[] AsNewMember = "\"stream_options\":{\"include_usage\":true},"u8.ToArray();
    private static readonly byte[] AsValue = """{"include_usage":true}"""u8.ToArray();
    private static readonly byte[] AsFirstOption = "\"include_usage\":true,"u8.ToArray();
    private static readonly byte[] True = "true"u8.ToArray();

    public FrameFormat Frames => FrameFormat.Sse;

    public bool SignsBody => false;

    public bool PassesThrough(ClientCall call, UpstreamTraits traits) => LlmOperations.ProtocolOf(call.Operation) switch
    {
        // Some models have nothing but the responses endpoint: for them a chat is translated like that of any other protocol.
        LlmProtocol.OpenAI => !traits.PreferResponses || LlmOperations.KindOf(call.Operation) != LlmKind.Chat,
        LlmProtocol.Responses => traits.HasResponses,
        _ => false,
    };

    public LlmOperation? OperationFor(LlmKind kind, UpstreamTraits traits) => kind switch
    {
        LlmKind.Chat => traits.PreferResponses ? LlmOperation.Responses : LlmOperation.ChatCompletions,
        LlmKind.Embed => LlmOperation.Embeddings,
        LlmKind.CountTokens => traits.HasResponses ? LlmOperation.ResponsesInputTokens : null,
        LlmKind.Moderate or LlmKind.Image or LlmKind.Audio or LlmKind.Rerank or LlmKind.Files => null,
    };

    public string PathFor(LlmOperation operation, bool stream, string model, UpstreamTraits traits) => operation switch
    {
        LlmOperation.ChatCompletions => "/chat/completions",
        LlmOperation.Completions => "/completions",
        LlmOperation.Embeddings => "/embeddings",
        LlmOperation.Responses or LlmOperation.ResponsesInputTokens => ResponsesPassThrough.PathFor(operation),
        _ when OpenAIPassThrough.Has(operation) => OpenAIPassThrough.PathFor(operation),
        _ => throw new ArgumentOutOfRangeException(nameof(operation), operation, "Not an operation of OpenAI."),
    };

    public SplicedBody Rewrite(LlmExchange exchange, Deployment deployment)
    {
        if (IsResponses(exchange.Endpoint.Operation))
        {
            return ResponsesPassThrough.Rewrite(exchange, deployment);
        }

        if (OpenAIPassThrough.Has(exchange.Endpoint.Operation))
        {
            return OpenAIPassThrough.Rewrite(exchange, deployment);
        }

        var facts = exchange.Facts;
        return SplicedBody.ForModel(exchange, deployment, UsageSplice(in facts, exchange.Body.Span));
    }

    public void WriteChat(Translation translation, LlmOperation operation, Utf8JsonWriter json)
    {
        if (IsResponses(operation))
        {
            ResponsesRequestWriter.Write(translation, operation, json);
        }
        else
        {
            OpenAIRequestWriter.Write(translation, json);
        }
    }

    public void WriteEmbeddings(Translation translation, NeutralEmbeddingRequest request, Utf8JsonWriter json) => OpenAIEmbeddings.Write(translation, request, json);

    public string CredentialFor(string key) => "Bearer " + key;

    public ValueTask AuthorizeAsync(HttpRequestMessage request, string credential, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        request.Headers.TryAddWithoutValidation("Authorization", credential);
        return ValueTask.CompletedTask;
    }

    public void AddHeaders(HttpRequestMessage request, LlmExchange exchange) => ForwardedHeaders.Add(request, exchange, "openai-beta");

    public IAnswerReader ReadAnswer(LlmOperation operation) => IsResponses(operation) ? ResponsesPassThrough.ReadAnswer(operation)
        : OpenAIPassThrough.Has(operation) ? OpenAIPassThrough.ReadAnswer(operation) : new OpenAIAnswerReader();

    public IEventReader ReadEvents(LlmExchange exchange) =>
        IsResponses(exchange.Endpoint.Operation) ? ResponsesPassThrough.ReadEvents()
        : OpenAIPassThrough.Has(exchange.Endpoint.Operation) ? OpenAIPassThrough.ReadEvents() : new OpenAIEventReader(hidesUsage: !exchange.Facts.IncludeUsage, exchange.Facts.CandidateCount);

    public IAnswerDecoder Decode(Translation translation) => translation.Traits.PreferResponses ? new ResponsesDecoder(translation) : new OpenAIDecoder(translation);

    public NeutralEmbeddings ReadEmbeddings(ReadOnlySpan<byte> document) => OpenAIEmbeddings.Read(document);

    public long ReadTokenCount(ReadOnlySpan<byte> document) => ResponsesPassThrough.ReadTokenCount(document);

    private static bool IsResponses(LlmOperation operation) => LlmOperations.ProtocolOf(operation) == LlmProtocol.Responses;

    /// <summary>Makes the upstream report usage in every stream: without it a stream could only be charged by estimate.</summary>
    private static Splice UsageSplice(in RequestFacts facts, ReadOnlySpan<byte> body)
    {
        if (!facts.Stream || facts.IncludeUsage)
        {
            return Splice.None;
        }

        if (facts.IncludeUsageToken.Length > 0)
        {
            return new Splice(facts.IncludeUsageToken.Start, facts.IncludeUsageToken.Length, True);
        }

        var options = facts.StreamOptionsToken;
        if (options.Length == 0)
        {
            return new Splice(facts.FirstMemberOffset, 0, AsNewMember);
        }

        // null, or an object without a member: nothing to keep, and an inserted comma would have nothing behind it.
        var value = body.Slice(options.Start, options.Length);
        return value[0] != (byte)'{' || value[1..^1].TrimStart(" \t\r\n"u8).IsEmpty
            ? new Splice(options.Start, options.Length, AsValue)
            : new Splice(options.Start + 1, 0, AsFirstOption);
    }
}
