using System.Buffers;
using System.Text.Json;
using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Responses;

/// <summary>OpenAI's responses as clients speak them.</summary>
internal sealed class ResponsesClient : IClientProtocol
{
    public LlmProtocol Protocol => LlmProtocol.Responses;

    public string? NameOf(NeutralField field) => field switch
    {
        NeutralField.MaxOutput => "max_output_tokens",
        NeutralField.Temperature => "temperature",
        NeutralField.TopP => "top_p",
        NeutralField.Logprobs => "include",
        NeutralField.TopLogprobs => "top_logprobs",
        NeutralField.Reasoning => "reasoning",
        NeutralField.EndUser => "safety_identifier",
        NeutralField.Metadata => "metadata",
        NeutralField.ServiceTier => "service_tier",
        NeutralField.Verbosity => "text.verbosity",
        NeutralField.Store => "store",
        NeutralField.PromptCacheKey => "prompt_cache_key",
        NeutralField.Tools => "tools",
        NeutralField.ToolChoice => "tool_choice",
        NeutralField.ParallelToolCalls => "parallel_tool_calls",
        NeutralField.Output => "text.format",
        NeutralField.System => "instructions",
        NeutralField.Turns => "input",
        NeutralField.TopK or NeutralField.FrequencyPenalty or NeutralField.PresencePenalty or NeutralField.Seed or NeutralField.Stop
            or NeutralField.CandidateCount or NeutralField.LogitBias or NeutralField.ContextWindow => null,
    };

    public NeutralRequest ReadChat(JsonElement body, ClientCall call, TranslationNotes notes) => ResponsesRequestReader.Read(body, call, notes);

    public NeutralEmbeddingRequest ReadEmbeddings(JsonElement body, ClientCall call, TranslationNotes notes) =>
        throw new GatewayException(GatewayErrorKind.EndpointNotFound, "The responses API has no embeddings. Use /v1/embeddings.");

    public string StreamType(ClientCall call) => "text/event-stream; charset=utf-8";

    public IAnswerWriter WriteStream(AnswerContext context, IBufferWriter<byte> output) => new ResponsesStreamWriter(context, output);

    public void WriteAnswer(NeutralAnswer answer, AnswerContext context, IBufferWriter<byte> output) => ResponsesAnswerWriter.Write(answer, context, output);

    public void WriteEmbeddings(NeutralEmbeddings embeddings, NeutralEmbeddingRequest request, AnswerContext context, IBufferWriter<byte> output) =>
        throw new NotSupportedException("The responses API has no embeddings.");

    public void WriteTokenCount(long tokens, IBufferWriter<byte> output)
    {
        output.Write("{\"object\":\"response.input_tokens\",\"input_tokens\":"u8);
        JsonPieces.Number(output, tokens);
        output.Write("}"u8);
    }
}
