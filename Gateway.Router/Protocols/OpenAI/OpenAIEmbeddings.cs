using System.Buffers.Binary;
using System.Text.Json;
using Gateway.Core.Money;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.OpenAI;

/// <summary>Embeddings of OpenAI and its likes as an upstream: writes requests, reads answers.</summary>
internal static class OpenAIEmbeddings
{
    private const int BytesPerNumber = sizeof(float);

    public static void Write(Translation translation, NeutralEmbeddingRequest request, Utf8JsonWriter json)
    {
        Settle(translation, request);
        json.WriteStartObject();
        json.WriteString("model"u8, translation.UpstreamModel);
        json.WritePropertyName("input"u8);
        if (request.Tokens is { } tokens)
        {
            tokens.WriteTo(json);
        }
        else if (request.IsSingle)
        {
            json.WriteStringValue(request.Inputs[0]);
        }
        else
        {
            json.WriteStartArray();
            foreach (var input in request.Inputs)
            {
                json.WriteStringValue(input);
            }

            json.WriteEndArray();
        }

        if (request.Dimensions is { } dimensions)
        {
            json.WriteNumber("dimensions"u8, dimensions);
        }

        if (request.EndUser is { } user)
        {
            json.WriteString("user"u8, user);
        }

        json.WriteEndObject();
    }

    /// <exception cref="InvalidDataException">The document is no embeddings answer.</exception>
    public static NeutralEmbeddings Read(ReadOnlySpan<byte> document)
    {
        try
        {
            return ReadRoot(document);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException("The answer holds no embeddings.", exception);
        }
    }

    private static void Settle(Translation translation, NeutralEmbeddingRequest request)
    {
        foreach (var field in request.Foreign)
        {
            if (field.ChangesAnswer)
            {
                TranslationNotes.Reject(field.Path, $"'{field.Path}' has no counterpart at the provider of this model, and leaving it out would change the answer. Leave it out.");
            }

            translation.Notes.Drop(field.Path);
        }

        if (request.TaskType is not null)
        {
            translation.Notes.Drop("taskType");
        }

        if (request.Title is not null)
        {
            translation.Notes.Drop("title");
        }
    }

    private static NeutralEmbeddings ReadRoot(ReadOnlySpan<byte> document)
    {
        var vectors = new List<float[]?>();
        TokenUsage? usage = null;
        string? model = null;
        var hasData = false;
        var reader = new Utf8JsonReader(document);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new InvalidDataException("The answer is no JSON object.");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isData = reader.ValueTextEquals("data"u8);
            var isUsage = reader.ValueTextEquals("usage"u8);
            var isModel = reader.ValueTextEquals("model"u8);
            reader.Read();
            if (isData && reader.TokenType == JsonTokenType.StartArray)
            {
                hasData = true;
                ReadData(ref reader, vectors);
            }
            else if (isUsage && reader.TokenType == JsonTokenType.StartObject)
            {
                usage = OpenAIUsage.TryRead(JsonSlice.Take(ref reader).Raw(document), out var counts) ? counts : null;
            }
            else if (isModel && reader.TokenType == JsonTokenType.String)
            {
                model = reader.GetString();
            }
            else
            {
                reader.Skip();
            }
        }

        reader.Read();
        var ordered = new List<float[]>(vectors.Count);
        foreach (var vector in vectors)
        {
            ordered.Add(vector ?? throw new InvalidDataException("The numbers of the embeddings have gaps."));
        }

        return hasData ? new NeutralEmbeddings(ordered, usage, model) : throw new InvalidDataException("The answer holds no embeddings.");
    }

    private static void ReadData(ref Utf8JsonReader reader, List<float[]?> vectors)
    {
        var numbers = new List<float>();
        for (var place = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; place++)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                throw new InvalidDataException("An embedding must be an object.");
            }

            var index = place;
            float[]? vector = null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isIndex = reader.ValueTextEquals("index"u8);
                var isVector = reader.ValueTextEquals("embedding"u8);
                reader.Read();
                if (isIndex && reader.TokenType == JsonTokenType.Number)
                {
                    index = reader.GetInt32();
                }
                else if (isVector)
                {
                    vector = ReadVector(ref reader, numbers);
                }
                else
                {
                    reader.Skip();
                }
            }

            Put(vectors, index, vector ?? throw new InvalidDataException("An embedding has no vector."));
        }
    }

    private static void Put(List<float[]?> vectors, int index, float[] vector)
    {
        const int MostInputs = 100_000;
        if (index is < 0 or >= MostInputs)
        {
            throw new InvalidDataException("The number of an embedding is out of range.");
        }

        while (vectors.Count <= index)
        {
            vectors.Add(null);
        }

        vectors[index] = vectors[index] is null ? vector : throw new InvalidDataException("Two embeddings have the same number.");
    }

    private static float[] ReadVector(ref Utf8JsonReader reader, List<float> numbers)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            return FromBase64(reader.GetBytesFromBase64());
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new InvalidDataException("A vector must be a list of numbers or base64.");
        }

        numbers.Clear();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            numbers.Add(Finite(reader.GetSingle()));
        }

        return [.. numbers];
    }

    private static float[] FromBase64(byte[] bytes)
    {
        if (bytes.Length % BytesPerNumber != 0)
        {
            throw new InvalidDataException("A vector in base64 is no list of 32-bit numbers.");
        }

        var vector = new float[bytes.Length / BytesPerNumber];
        for (var i = 0; i < vector.Length; i++)
        {
            vector[i] = Finite(BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(i * BytesPerNumber)));
        }

        return vector;
    }

    /// <summary>JSON cannot say any other number to the client.</summary>
    private static float Finite(float number) => float.IsFinite(number) ? number : throw new InvalidDataException("A vector holds what is no number.");
}
