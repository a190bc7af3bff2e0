using System.Buffers;
using System.Text.Json;
using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Protocols.Responses;

namespace Gateway.Router.Protocols;

/// <summary>One protocol as clients speak it: reads requests into their neutral form, writes answers out of it. Thread-safe.</summary>
internal interface IClientProtocol
{
    LlmProtocol Protocol { get; }

    /// <summary>The client's name for a neutral field, as it stands in messages and warnings; null when it has none.</summary>
    string? NameOf(NeutralField field);

    /// <param name="body">The whole body; its facts were read before, so the model and the types of known fields are good.</param>
    /// <param name="notes">Takes what is dropped here already.</param>
    /// <exception cref="GatewayException"><see cref="GatewayErrorKind.InvalidRequest"/> naming the field that is wrong.</exception>
    NeutralRequest ReadChat(JsonElement body, ClientCall call, TranslationNotes notes);

    /// <exception cref="GatewayException">As <see cref="ReadChat"/>; the protocol may also have no embeddings.</exception>
    NeutralEmbeddingRequest ReadEmbeddings(JsonElement body, ClientCall call, TranslationNotes notes);

    /// <summary>Content type of its streams.</summary>
    string StreamType(ClientCall call);

    /// <summary>A writer of one stream.</summary>
    IAnswerWriter WriteStream(AnswerContext context, IBufferWriter<byte> output);

    /// <summary>Writes a whole plain answer.</summary>
    void WriteAnswer(NeutralAnswer answer, AnswerContext context, IBufferWriter<byte> output);

    void WriteEmbeddings(NeutralEmbeddings embeddings, NeutralEmbeddingRequest request, AnswerContext context, IBufferWriter<byte> output);

    void WriteTokenCount(long tokens, IBufferWriter<byte> output);
}

/// <summary>Writes one stream in the client's protocol, event by event. Not thread-safe.</summary>
/// <remarks>
/// What comes through <see cref="IAnswerSink"/> is written at once, but for <see cref="IAnswerSink.Finish"/> and <see cref="IAnswerSink.Usage"/>: the
/// end of the stream waits for <see cref="End"/>, which is called when the record of the request is safe.
/// </remarks>
internal interface IAnswerWriter : IAnswerSink
{
    /// <summary>The normal end: finish reason, usage, end marker.</summary>
    void End();

    /// <summary>The one error event of a stream that broke. Nothing that looks like a normal end stands before or behind it.</summary>
    void Error(in ErrorReply error);

    /// <summary>What keeps the connection alive while nothing comes; writes nothing where the protocol has nothing safe.</summary>
    void KeepAlive();
}

/// <summary>Which call a client made.</summary>
/// <param name="Operation">Of the client's protocol.</param>
/// <param name="Model">Model as asked for, from the body or the path.</param>
/// <param name="Stream">Whether it wants a stream, from the body or the path.</param>
/// <param name="AsArray">Gemini without <c>alt=sse</c>: the stream is one JSON array.</param>
internal sealed record ClientCall(LlmOperation Operation, string Model, bool Stream, bool AsArray = false)
{
    /// <summary>OpenAI's responses: what the gateway keeps of the talk for the client; null where it keeps nothing.</summary>
    public ResponseConversation? Conversation { get; init; }
}

/// <summary>What a writer of answers needs besides the answer.</summary>
internal sealed class AnswerContext
{
    public required ClientCall Call { get; init; }

    /// <summary>The model name to show: the one that the client asked for, unless the route echoes the upstream's.</summary>
    public required string Model { get; init; }

    public required Guid RequestId { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>Whether the client asked for usage in streams (protocols that always have it ignore this).</summary>
    public bool IncludeUsage { get; init; }

    /// <summary>What <see cref="NeutralRequest.ClientState"/> was.</summary>
    public object? ClientState { get; init; }

    /// <summary>Takes what of the answer cannot be said to the client.</summary>
    public required TranslationNotes Notes { get; init; }

    /// <summary>Input tokens as estimated before the answer, for protocols that name them at the start.</summary>
    public long EstimatedInput { get; init; }

    /// <summary>Arrival of the request to now.</summary>
    public required Func<TimeSpan> Elapsed { get; init; }
}
