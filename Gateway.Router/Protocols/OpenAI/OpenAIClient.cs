using System.Buffers;
using System.Text.Json;
using Gateway.Core.Requests;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.OpenAI;

/// <summary>OpenAI's chat completions, completions and embeddings as clients speak them.</summary>
internal sealed class OpenAIClient : IClientProtocol
{
    public LlmProtocol Protocol => LlmProtocol.OpenAI;

    public string? NameOf(NeutralField field) => field switch
    {
        NeutralField.MaxOutput => "max_tokens",
        NeutralField.Temperature => "temperature",
        NeutralField.TopP => "top_p",
        NeutralField.TopK => "top_k",
        NeutralField.FrequencyPenalty => "frequency_penalty",
        NeutralField.PresencePenalty => "presence_penalty",
        NeutralField.Seed => "seed",
        NeutralField.Stop => "stop",
        NeutralField.Logprobs => "logprobs",
        NeutralField.TopLogprobs => "top_logprobs",
        NeutralField.CandidateCount => "n",
        NeutralField.LogitBias => "logit_bias",
        NeutralField.Reasoning => "reasoning_effort",
        NeutralField.EndUser => "user",
        NeutralField.Metadata => "metadata",
        NeutralField.ServiceTier => "service_tier",
        NeutralField.Verbosity => "verbosity",
        NeutralField.Store => "store",
        NeutralField.PromptCacheKey => "prompt_cache_key",
        NeutralField.ContextWindow => null,
        NeutralField.Tools => "tools",
        NeutralField.ToolChoice => "tool_choice",
        NeutralField.ParallelToolCalls => "parallel_tool_calls",
        NeutralField.Output => "response_format",
        NeutralField.System or NeutralField.Turns => "messages",
    };

    public NeutralRequest ReadChat(JsonElement body, ClientCall call, TranslationNotes notes) =>
        call.Operation == LlmOperation.Completions ? OpenAICompletionsReader.Read(body, call) : new OpenAIRequestReader(call).Read(body);

    public NeutralEmbeddingRequest ReadEmbeddings(JsonElement body, ClientCall call, TranslationNotes notes) => OpenAIEmbeddingsReader.Read(body, call);

    public string StreamType(ClientCall call) => "text/event-stream; charset=utf-8";

    public IAnswerWriter WriteStream(AnswerContext context, IBufferWriter<byte> output) =>
        context.Call.Operation == LlmOperation.Completions ? new OpenAITextStreamWriter(context, output) : new OpenAIStreamWriter(context, output);

    public void WriteAnswer(NeutralAnswer answer, AnswerContext context, IBufferWriter<byte> output)
    {
        if (context.Call.Operation == LlmOperation.Completions)
        {
            OpenAIAnswerWriter.WriteText(answer, context, output);
        }
        else
        {
            OpenAIAnswerWriter.Write(answer, context, output);
        }
    }

    public void WriteEmbeddings(NeutralEmbeddings embeddings, NeutralEmbeddingRequest request, AnswerContext context, IBufferWriter<byte> output) =>
        OpenAIEmbeddingsWriter.Write(embeddings, request, context, output);

    /// <summary>No operation of this protocol counts tokens, so no client can ask for it.</summary>
    public void WriteTokenCount(long tokens, IBufferWriter<byte> output) => throw new InvalidOperationException("OpenAI's chat protocol has no token counts.");
}
