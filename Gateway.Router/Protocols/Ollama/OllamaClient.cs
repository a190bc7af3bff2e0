using System.Buffers;
using System.Text.Json;
using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Ollama;

/// <summary>Ollama's chat, generate and embed as clients speak them.</summary>
internal sealed class OllamaClient : IClientProtocol
{
    public LlmProtocol Protocol => LlmProtocol.Ollama;

    public string? NameOf(NeutralField field) => field switch
    {
        NeutralField.MaxOutput => "options.num_predict",
        NeutralField.Temperature => "options.temperature",
        NeutralField.TopP => "options.top_p",
        NeutralField.TopK => "options.top_k",
        NeutralField.FrequencyPenalty => "options.frequency_penalty",
        NeutralField.PresencePenalty => "options.presence_penalty",
        NeutralField.Seed => "options.seed",
        NeutralField.Stop => "options.stop",
        NeutralField.ContextWindow => "options.num_ctx",
        NeutralField.Reasoning => "think",
        NeutralField.Tools => "tools",
        NeutralField.Output => "format",
        NeutralField.System => "system",
        NeutralField.Turns => "messages",
        NeutralField.Logprobs => "logprobs",
        NeutralField.TopLogprobs => "top_logprobs",
        NeutralField.CandidateCount or NeutralField.LogitBias or NeutralField.EndUser or NeutralField.Metadata or NeutralField.ServiceTier or NeutralField.Verbosity
            or NeutralField.Store or NeutralField.PromptCacheKey or NeutralField.ToolChoice or NeutralField.ParallelToolCalls => null,
    };

    public NeutralRequest ReadChat(JsonElement body, ClientCall call, TranslationNotes notes)
    {
        try
        {
            return OllamaRequestReader.Read(body, call);
        }
        catch (InvalidOperationException exception)
        {
            throw NoText(exception);
        }
    }

    public NeutralEmbeddingRequest ReadEmbeddings(JsonElement body, ClientCall call, TranslationNotes notes)
    {
        try
        {
            return OllamaEmbeddingsClient.Read(body, call);
        }
        catch (InvalidOperationException exception)
        {
            throw NoText(exception);
        }
    }

    public string StreamType(ClientCall call) => "application/x-ndjson";

    public IAnswerWriter WriteStream(AnswerContext context, IBufferWriter<byte> output) => new OllamaStreamWriter(context, output);

    public void WriteAnswer(NeutralAnswer answer, AnswerContext context, IBufferWriter<byte> output) => OllamaAnswerWriter.Write(answer, context, output);

    public void WriteEmbeddings(NeutralEmbeddings embeddings, NeutralEmbeddingRequest request, AnswerContext context, IBufferWriter<byte> output) =>
        OllamaEmbeddingsClient.Write(embeddings, context, output);

    /// <summary>The protocol has no such call.</summary>
    public void WriteTokenCount(long tokens, IBufferWriter<byte> output) => throw new InvalidOperationException("Ollama's clients cannot ask for a token count.");

    /// <summary>A member's name with a lone surrogate; texts are checked where they are read.</summary>
    private static GatewayException NoText(InvalidOperationException exception) =>
        new(new GatewayError(GatewayErrorKind.InvalidRequest, "The body has a member whose name is no Unicode text."), exception);
}
