using System.Buffers;
using System.Text.Json;
using Gateway.Core.Requests;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Gemini;

/// <summary>Gemini generateContent and its relatives as clients speak them.</summary>
internal sealed class GeminiClient : IClientProtocol
{
    public LlmProtocol Protocol => LlmProtocol.Gemini;

    public string? NameOf(NeutralField field) => field switch
    {
        NeutralField.MaxOutput => "generationConfig.maxOutputTokens",
        NeutralField.Temperature => "generationConfig.temperature",
        NeutralField.TopP => "generationConfig.topP",
        NeutralField.TopK => "generationConfig.topK",
        NeutralField.FrequencyPenalty => "generationConfig.frequencyPenalty",
        NeutralField.PresencePenalty => "generationConfig.presencePenalty",
        NeutralField.Seed => "generationConfig.seed",
        NeutralField.Stop => "generationConfig.stopSequences",
        NeutralField.Logprobs => "generationConfig.responseLogprobs",
        NeutralField.TopLogprobs => "generationConfig.logprobs",
        NeutralField.CandidateCount => "generationConfig.candidateCount",
        NeutralField.Reasoning => "generationConfig.thinkingConfig",
        NeutralField.Output => "generationConfig.responseMimeType",
        NeutralField.Metadata => "labels",
        NeutralField.ServiceTier => "serviceTier",
        NeutralField.Tools => "tools",
        NeutralField.ToolChoice => "toolConfig.functionCallingConfig",
        NeutralField.System => "systemInstruction",
        NeutralField.Turns => "contents",
        NeutralField.LogitBias or NeutralField.EndUser or NeutralField.Verbosity or NeutralField.Store or NeutralField.PromptCacheKey or NeutralField.ContextWindow
            or NeutralField.ParallelToolCalls => null,
    };

    public NeutralRequest ReadChat(JsonElement body, ClientCall call, TranslationNotes notes) => GeminiRequestReader.Read(GeminiJson.Object(body, new SourcePath("body")), call);

    public NeutralEmbeddingRequest ReadEmbeddings(JsonElement body, ClientCall call, TranslationNotes notes) =>
        GeminiEmbeddingReader.Read(GeminiJson.Object(body, new SourcePath("body")), call);

    public string StreamType(ClientCall call) => call.AsArray ? "application/json; charset=UTF-8" : "text/event-stream; charset=utf-8";

    public IAnswerWriter WriteStream(AnswerContext context, IBufferWriter<byte> output) => new GeminiStreamWriter(context, output);

    public void WriteAnswer(NeutralAnswer answer, AnswerContext context, IBufferWriter<byte> output) => GeminiAnswerWriter.Write(answer, context, output);

    public void WriteEmbeddings(NeutralEmbeddings embeddings, NeutralEmbeddingRequest request, AnswerContext context, IBufferWriter<byte> output)
    {
        using var json = new Utf8JsonWriter(output, GeminiChunk.Plain);
        json.WriteStartObject();
        if (request.IsSingle)
        {
            json.WritePropertyName("embedding"u8);
            WriteVector(embeddings.Vectors.Count > 0 ? embeddings.Vectors[0] : [], json);
        }
        else
        {
            json.WriteStartArray("embeddings"u8);
            foreach (var vector in embeddings.Vectors)
            {
                WriteVector(vector, json);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    public void WriteTokenCount(long tokens, IBufferWriter<byte> output)
    {
        using var json = new Utf8JsonWriter(output, GeminiChunk.Plain);
        json.WriteStartObject();
        json.WriteNumber("totalTokens"u8, tokens);
        json.WriteEndObject();
    }

    private static void WriteVector(float[] vector, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartArray("values"u8);
        foreach (var value in vector)
        {
            json.WriteNumberValue(value);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
