using System.Text.Json;
using Gateway.Core.Money;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Ollama;

/// <summary>Embeddings of an Ollama upstream.</summary>
internal static class OllamaEmbeddings
{
    public static void Write(Translation translation, NeutralEmbeddingRequest request, Utf8JsonWriter json)
    {
        if (request.Tokens is not null)
        {
            TranslationNotes.Reject("input", "'input' as token ids is understood by OpenAI only. Send texts.");
        }

        Settle(request, translation.Notes);
        json.WriteStartObject();
        json.WriteString("model"u8, translation.UpstreamModel);
        json.WriteStartArray("input"u8);
        foreach (var input in request.Inputs)
        {
            json.WriteStringValue(input);
        }

        json.WriteEndArray();
        if (request.Dimensions is { } dimensions)
        {
            json.WriteNumber("dimensions"u8, dimensions);
        }

        json.WriteEndObject();
    }

    /// <exception cref="InvalidDataException">The document is no embeddings answer.</exception>
    public static NeutralEmbeddings Read(ReadOnlySpan<byte> document)
    {
        try
        {
            var reader = new Utf8JsonReader(document);
            using var parsed = JsonDocument.ParseValue(ref reader);
            var root = parsed.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                throw new InvalidDataException("The answer is no JSON object.");
            }

            var vectors = new List<float[]>();
            if (root.TryGetProperty("embeddings"u8, out var list) && list.ValueKind == JsonValueKind.Array)
            {
                foreach (var vector in list.EnumerateArray())
                {
                    vectors.Add(ReadVector(vector));
                }
            }
            else if (root.TryGetProperty("embedding"u8, out var single))
            {
                vectors.Add(ReadVector(single));
            }
            else
            {
                throw new InvalidDataException("The answer has no embeddings.");
            }

            var usage = root.TryGetProperty("prompt_eval_count"u8, out var count) && count.ValueKind == JsonValueKind.Number && count.TryGetInt64(out var tokens) && tokens >= 0
                ? new TokenUsage(tokens, 0, 0, 0, 0) : (TokenUsage?)null;
            var model = root.TryGetProperty("model"u8, out var name) && name.ValueKind == JsonValueKind.String ? name.GetString() : null;
            return new NeutralEmbeddings(vectors, usage, model);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException("The answer is no embeddings answer.", exception);
        }
    }

    private static float[] ReadVector(JsonElement element)
    {
        var vector = new float[element.GetArrayLength()];
        var at = 0;
        foreach (var number in element.EnumerateArray())
        {
            vector[at++] = number.GetSingle();
        }

        return vector;
    }

    private static void Settle(NeutralEmbeddingRequest request, TranslationNotes notes)
    {
        foreach (var field in request.Foreign)
        {
            if (field.ChangesAnswer)
            {
                TranslationNotes.Reject(field.Path, $"'{field.Path}' has no counterpart at the provider of this model. Leave it out.");
            }

            notes.Drop(field.Path);
        }

        DropIfSet(request.TaskType, "taskType");
        DropIfSet(request.Title, "title");
        DropIfSet(request.EndUser, "user");

        void DropIfSet(string? value, string name)
        {
            if (value is not null)
            {
                notes.Drop(name);
            }
        }
    }
}

/// <summary>Follows an embeddings answer that passes through.</summary>
internal sealed class OllamaEmbeddingsDecoder : IAnswerDecoder
{
    private readonly OllamaDecoder _errors = new(translation: null);

    public bool IsFinished { get; private set; }

    /// <summary>Embeddings never stream.</summary>
    public EventKind Decode(ReadOnlySpan<byte> frame, IAnswerSink sink) => EventKind.Error;

    public EventKind DecodeAnswer(ReadOnlySpan<byte> document, IAnswerSink sink)
    {
        if (OllamaLine.TryRead(document, out var line) && line.IsError)
        {
            return EventKind.Error;
        }

        var embeddings = OllamaEmbeddings.Read(document);
        sink.Start(default, System.Text.Encoding.UTF8.GetBytes(embeddings.Model ?? ""));
        if (embeddings.Usage is { } usage)
        {
            sink.Usage(in usage);
        }

        IsFinished = true;
        return EventKind.Done;
    }

    public UpstreamError ReadError(ReadOnlySpan<byte> frame) => _errors.ReadError(frame);

    public bool IsWholeEvent(ReadOnlySpan<byte> rest) => rest.IsEmpty;
}
