using System.Text.Json;
using Gateway.Core.Money;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Gemini;

/// <summary><c>batchEmbedContents</c>, which also serves single texts.</summary>
internal static class GeminiEmbeddings
{
    private const int MaxBatch = 100;

    public static void Write(Translation translation, NeutralEmbeddingRequest request, Utf8JsonWriter json)
    {
        Check(translation, request, MaxBatch);
        json.WriteStartObject();
        json.WriteStartArray("requests"u8);
        foreach (var text in request.Inputs)
        {
            json.WriteStartObject();
            json.WriteString("model"u8, "models/" + translation.UpstreamModel);
            json.WriteStartObject("content"u8);
            json.WriteStartArray("parts"u8);
            json.WriteStartObject();
            json.WriteString("text"u8, text);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
            if (request.TaskType is not null)
            {
                json.WriteString("taskType"u8, request.TaskType);
            }

            if (request.Title is not null)
            {
                json.WriteString("title"u8, request.Title);
            }

            if (request.Dimensions is { } dimensions)
            {
                json.WriteNumber("outputDimensionality"u8, dimensions);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <exception cref="InvalidDataException">It is no answer with embeddings.</exception>
    public static NeutralEmbeddings Read(ReadOnlySpan<byte> document)
    {
        try
        {
            var reader = new Utf8JsonReader(document);
            using var answer = JsonDocument.ParseValue(ref reader);
            var root = answer.RootElement;
            var vectors = new List<float[]>();
            if (root.TryGetProperty("embeddings", out var list))
            {
                foreach (var item in list.EnumerateArray())
                {
                    vectors.Add(Vector(item.GetProperty("values")));
                }
            }
            else
            {
                vectors.Add(Vector(root.GetProperty("embedding").GetProperty("values")));
            }

            return new NeutralEmbeddings(vectors, UsageOf(root), null);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new InvalidDataException("The answer holds no embeddings.", exception);
        }
    }

    /// <summary>What neither of Google's variants can take; drops what only the client's protocol has.</summary>
    public static void Check(Translation translation, NeutralEmbeddingRequest request, int maxBatch)
    {
        foreach (var field in request.Foreign)
        {
            if (field.ChangesAnswer)
            {
                TranslationNotes.Reject(field.Path, $"'{field.Path}' has no counterpart at the provider of this model, and leaving it out would change the answer.");
            }

            translation.Notes.Drop(field.Path);
        }

        if (request.Tokens is not null)
        {
            TranslationNotes.Reject("input", "This model takes text, not token ids.");
        }

        if (request.Inputs.Count > maxBatch)
        {
            TranslationNotes.Reject(request.Paths.Count > maxBatch ? request.Paths[maxBatch] : new SourcePath("input"), $"This model takes at most {maxBatch} texts in one request.");
        }

        if (request.EndUser is not null)
        {
            translation.Drop(NeutralField.EndUser);
        }
    }

    public static float[] Vector(JsonElement values)
    {
        var vector = new float[values.GetArrayLength()];
        var at = 0;
        foreach (var value in values.EnumerateArray())
        {
            vector[at++] = value.GetSingle();
        }

        return vector;
    }

    private static TokenUsage? UsageOf(JsonElement root) =>
        root.TryGetProperty("usageMetadata", out var usage) && usage.ValueKind == JsonValueKind.Object && usage.TryGetProperty("promptTokenCount", out var count)
        && count.ValueKind == JsonValueKind.Number && count.TryGetInt64(out var tokens) && tokens >= 0 ? new TokenUsage(tokens, 0, 0, 0, 0) : null;
}
