using System.Buffers;
using System.Text.Json;
using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Anthropic;

/// <summary>Anthropic messages as clients speak them.</summary>
internal sealed class AnthropicClient : IClientProtocol
{
    public LlmProtocol Protocol => LlmProtocol.Anthropic;

    public string? NameOf(NeutralField field) => field switch
    {
        NeutralField.MaxOutput => "max_tokens",
        NeutralField.Temperature => "temperature",
        NeutralField.TopP => "top_p",
        NeutralField.TopK => "top_k",
        NeutralField.Stop => "stop_sequences",
        NeutralField.Reasoning => "thinking",
        NeutralField.EndUser => "metadata.user_id",
        NeutralField.Metadata => "metadata",
        NeutralField.ServiceTier => "service_tier",
        NeutralField.Tools => "tools",
        NeutralField.ToolChoice => "tool_choice",
        NeutralField.ParallelToolCalls => "tool_choice.disable_parallel_tool_use",
        NeutralField.Output => "output_config.format",
        NeutralField.System => "system",
        NeutralField.Turns => "messages",
        _ => null,
    };

    public NeutralRequest ReadChat(JsonElement body, ClientCall call, TranslationNotes notes) => AnthropicRequestReader.Read(body, call, notes);

    public NeutralEmbeddingRequest ReadEmbeddings(JsonElement body, ClientCall call, TranslationNotes notes) => throw NoEmbeddings();

    public string StreamType(ClientCall call) => "text/event-stream; charset=utf-8";

    public IAnswerWriter WriteStream(AnswerContext context, IBufferWriter<byte> output) => new AnthropicStreamWriter(context, output);

    public void WriteAnswer(NeutralAnswer answer, AnswerContext context, IBufferWriter<byte> output) => AnthropicAnswerWriter.Write(answer, context, output);

    public void WriteEmbeddings(NeutralEmbeddings embeddings, NeutralEmbeddingRequest request, AnswerContext context, IBufferWriter<byte> output) => throw NoEmbeddings();

    public void WriteTokenCount(long tokens, IBufferWriter<byte> output)
    {
        using var json = new Utf8JsonWriter(output);
        json.WriteStartObject();
        json.WriteNumber("input_tokens"u8, Math.Max(0, tokens));
        json.WriteEndObject();
    }

    private static GatewayException NoEmbeddings() =>
        new(GatewayErrorKind.EndpointNotFound, "Anthropic's protocol has no embeddings. Ask for them at /v1/embeddings.");
}
