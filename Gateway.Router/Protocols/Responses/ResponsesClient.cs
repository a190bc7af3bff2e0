using System.Buffers;
using System.Text.Json;
using Gateway.Core.Requests;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Responses;

/// <summary>OpenAI's responses as clients speak them.</summary>
internal sealed class ResponsesClient : IClientProtocol
{
    public LlmProtocol Protocol => LlmProtocol.Responses;

    public string? NameOf(NeutralField field) => throw new NotSupportedException();

    public NeutralRequest ReadChat(JsonElement body, ClientCall call, TranslationNotes notes) => throw new NotSupportedException();

    public NeutralEmbeddingRequest ReadEmbeddings(JsonElement body, ClientCall call, TranslationNotes notes) => throw new NotSupportedException();

    public string StreamType(ClientCall call) => throw new NotSupportedException();

    public IAnswerWriter WriteStream(AnswerContext context, IBufferWriter<byte> output) => throw new NotSupportedException();

    public void WriteAnswer(NeutralAnswer answer, AnswerContext context, IBufferWriter<byte> output) => throw new NotSupportedException();

    public void WriteEmbeddings(NeutralEmbeddings embeddings, NeutralEmbeddingRequest request, AnswerContext context, IBufferWriter<byte> output) => throw new NotSupportedException();

    public void WriteTokenCount(long tokens, IBufferWriter<byte> output) => throw new NotSupportedException();
}
