using System.Text.Json;
using Gateway.Core.Money;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Gemini;

/// <summary>Embeddings at Google Cloud: predictions over instances, with a count of tokens for each.</summary>
internal static class VertexEmbeddings
{
    private const int MaxBatch = 250;

    public static void Write(Translation translation, NeutralEmbeddingRequest request, Utf8JsonWriter json)
    {
        GeminiEmbeddings.Check(translation, request, MaxBatch);
        json.WriteStartObject();
        json.WriteStartArray("instances"u8);
        foreach (var text in request.Inputs)
        {
            json.WriteStartObject();
            json.WriteString("content"u8, text);
            if (request.TaskType is not null)
            {
                json.WriteString("task_type"u8, request.TaskType);
            }

            if (request.Title is not null)
            {
                json.WriteString("title"u8, request.Title);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject("parameters"u8);

        // Google Cloud cuts long texts in silence unless told not to; everybody else refuses them.
        json.WriteBoolean("autoTruncate"u8, false);
        if (request.Dimensions is { } dimensions)
        {
            json.WriteNumber("outputDimensionality"u8, dimensions);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <exception cref="InvalidDataException">It is no answer with embeddings.</exception>
    public static NeutralEmbeddings Read(ReadOnlySpan<byte> document)
    {
        try
        {
            var reader = new Utf8JsonReader(document);
            using var answer = JsonDocument.ParseValue(ref reader);
            var vectors = new List<float[]>();
            long tokens = 0;
            var counted = false;
            foreach (var prediction in answer.RootElement.GetProperty("predictions").EnumerateArray())
            {
                var embeddings = prediction.GetProperty("embeddings");
                vectors.Add(GeminiEmbeddings.Vector(embeddings.GetProperty("values")));
                if (embeddings.TryGetProperty("statistics", out var statistics) && statistics.TryGetProperty("token_count", out var count) && count.TryGetDouble(out var number)
                    && number is >= 0 and <= TokenUsage.Most)
                {
                    counted = true;
                    tokens += (long)number;
                }
            }

            return new NeutralEmbeddings(vectors, counted ? new TokenUsage(tokens, 0, 0, 0, 0) : null, null);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new InvalidDataException("The answer holds no embeddings.", exception);
        }
    }
}
