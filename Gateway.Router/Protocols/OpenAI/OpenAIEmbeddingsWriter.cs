using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.OpenAI;

/// <summary>Writes an embeddings answer, as numbers or, as the official clients ask by default, as base64 of little-endian 32-bit floats.</summary>
internal static class OpenAIEmbeddingsWriter
{
    public static void Write(NeutralEmbeddings embeddings, NeutralEmbeddingRequest request, AnswerContext context, IBufferWriter<byte> output)
    {
        using var json = new Utf8JsonWriter(output, OpenAIAnswerJson.Plain);
        json.WriteStartObject();
        json.WriteString("object"u8, "list"u8);
        json.WriteStartArray("data"u8);
        for (var i = 0; i < embeddings.Vectors.Count; i++)
        {
            json.WriteStartObject();
            json.WriteString("object"u8, "embedding"u8);
            json.WriteNumber("index"u8, i);
            WriteVector(json, embeddings.Vectors[i], request.Base64);
            json.WriteEndObject();
        }

        // The clients read usage without a check; where the upstream gives none, our own estimate stands in.
        var input = embeddings.Usage?.Input ?? context.EstimatedInput;
        json.WriteEndArray();
        json.WriteString("model"u8, context.Model);
        json.WriteStartObject("usage"u8);
        json.WriteNumber("prompt_tokens"u8, input);
        json.WriteNumber("total_tokens"u8, input);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteVector(Utf8JsonWriter json, float[] vector, bool asBase64)
    {
        if (!asBase64)
        {
            json.WriteStartArray("embedding"u8);
            foreach (var number in vector)
            {
                json.WriteNumberValue(number);
            }

            json.WriteEndArray();
            return;
        }

        var bytes = ArrayPool<byte>.Shared.Rent(vector.Length * sizeof(float));
        try
        {
            for (var i = 0; i < vector.Length; i++)
            {
                BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), vector[i]);
            }

            json.WriteBase64String("embedding"u8, bytes.AsSpan(0, vector.Length * sizeof(float)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }
}
