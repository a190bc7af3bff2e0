using System.Text.Json;
using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Router.Catalog;
using Gateway.Router.Pipeline;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols;

/// <summary>
/// One protocol as upstreams speak it. Where the client speaks the same operation, bytes pass through and are only followed; else the
/// request is written from its neutral form and the answer decoded into neutral events. Thread-safe; readers belong to one answer each.
/// </summary>
internal interface IUpstreamProtocol
{
    FrameFormat Frames { get; }

    /// <summary>Whether a call passes through unchanged but for the gateway's own fields.</summary>
    bool PassesThrough(ClientCall call, UpstreamTraits traits);

    /// <summary>The operation that serves translated requests of a kind; null when the protocol has none.</summary>
    LlmOperation? OperationFor(LlmKind kind, UpstreamTraits traits);

    /// <summary>Path (and query) below the provider's base URL.</summary>
    /// <param name="model">The upstream's name; already escaped where it stands in a path.</param>
    string PathFor(LlmOperation operation, bool stream, string model, UpstreamTraits traits);

    /// <summary>The body of a request that passes through: the client's bytes with only the gateway's own fields changed.</summary>
    SplicedBody Rewrite(LlmExchange exchange, Deployment deployment);

    /// <summary>Writes a chat request, or, for <see cref="LlmKind.CountTokens"/>, the request that counts it.</summary>
    /// <exception cref="GatewayException">A field cannot be said in this protocol, and matters.</exception>
    void WriteChat(Translation translation, LlmOperation operation, Utf8JsonWriter json);

    /// <exception cref="GatewayException">As <see cref="WriteChat"/>.</exception>
    void WriteEmbeddings(Translation translation, NeutralEmbeddingRequest request, Utf8JsonWriter json);

    /// <summary>What <see cref="AuthorizeAsync"/> needs of one of the provider's keys; made once.</summary>
    string CredentialFor(string key);

    /// <summary>Sets the credential on a request that is otherwise complete.</summary>
    /// <param name="credential">What <see cref="CredentialFor"/> made.</param>
    /// <param name="body">The bytes that will be sent, for protocols that sign; empty for the others (<see cref="SignsBody"/>).</param>
    ValueTask AuthorizeAsync(HttpRequestMessage request, string credential, ReadOnlyMemory<byte> body, CancellationToken cancellationToken);

    /// <summary>Whether <see cref="AuthorizeAsync"/> needs the body.</summary>
    bool SignsBody { get; }

    /// <summary>Headers of the protocol itself, such as its version, unless the client or the document set them.</summary>
    void AddHeaders(HttpRequestMessage request, LlmExchange exchange);

    /// <summary>Follows a plain answer that passes through.</summary>
    IAnswerReader ReadAnswer(LlmOperation operation);

    /// <summary>Follows a stream that passes through.</summary>
    IEventReader ReadEvents(LlmExchange exchange);

    /// <summary>Decodes an answer for a client of another protocol.</summary>
    IAnswerDecoder Decode(Translation translation);

    /// <summary>Reads an embeddings answer.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    NeutralEmbeddings ReadEmbeddings(ReadOnlySpan<byte> document);

    /// <summary>Reads the answer of a token count.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    long ReadTokenCount(ReadOnlySpan<byte> document);
}

/// <summary>Decodes one answer into neutral events. Not thread-safe.</summary>
internal interface IAnswerDecoder
{
    /// <summary>One frame of a stream.</summary>
    /// <param name="frame">As <see cref="IUpstreamProtocol.Frames"/> cuts it, line ends included.</param>
    /// <returns>
    /// <see cref="EventKind.Done"/> at the protocol's end marker, <see cref="EventKind.Error"/> for an error of the upstream (then read with
    /// <see cref="ReadError"/>) and for what is no event of the protocol.
    /// </returns>
    EventKind Decode(ReadOnlySpan<byte> frame, IAnswerSink sink);

    /// <summary>A whole plain answer.</summary>
    /// <returns><see cref="EventKind.Done"/>, or <see cref="EventKind.Error"/> for an error object, whatever the HTTP status was.</returns>
    /// <exception cref="InvalidDataException">The document is no answer of the protocol.</exception>
    EventKind DecodeAnswer(ReadOnlySpan<byte> document, IAnswerSink sink);

    /// <summary>The error in the frame or document that was <see cref="EventKind.Error"/>.</summary>
    UpstreamError ReadError(ReadOnlySpan<byte> frame);

    /// <summary>Whether the answer is complete so far: the stream may end without its marker.</summary>
    bool IsFinished { get; }

    /// <summary>Whether <paramref name="rest"/>, the bytes after the last frame, are an event that only lacks its end.</summary>
    bool IsWholeEvent(ReadOnlySpan<byte> rest);
}
