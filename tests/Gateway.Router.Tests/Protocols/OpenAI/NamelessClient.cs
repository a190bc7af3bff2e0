using System.Buffers;
using System.Text.Json;
using Gateway.Core.Requests;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Tests.Protocols.OpenAI;

/// <summary>A client of some other protocol, which has no names of its own for anything.</summary>
internal sealed class NamelessClient : IClientProtocol
{
    public LlmProtocol Protocol => LlmProtocol.Responses;

    public string? NameOf(NeutralField field) => null;

    public NeutralRequest ReadChat(JsonElement body, ClientCall call, TranslationNotes notes) => throw new InvalidOperationException();

    public NeutralEmbeddingRequest ReadEmbeddings(JsonElement body, ClientCall call, TranslationNotes notes) => throw new InvalidOperationException();

    public string StreamType(ClientCall call) => throw new InvalidOperationException();

    public IAnswerWriter WriteStream(AnswerContext context, IBufferWriter<byte> output) => throw new InvalidOperationException();

    public void WriteAnswer(NeutralAnswer answer, AnswerContext context, IBufferWriter<byte> output) => throw new InvalidOperationException();

    public void WriteEmbeddings(NeutralEmbeddings embeddings, NeutralEmbeddingRequest request, AnswerContext context, IBufferWriter<byte> output) => throw new InvalidOperationException();

    public void WriteTokenCount(long tokens, IBufferWriter<byte> output) => throw new InvalidOperationException();
}
