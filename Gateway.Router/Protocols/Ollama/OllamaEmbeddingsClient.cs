using System.Buffers;
using System.Text.Json;
using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Ollama;

/// <summary>Embeddings for an Ollama client: <c>/api/embed</c>, and the old <c>/api/embeddings</c> with one prompt and one vector.</summary>
internal static class OllamaEmbeddingsClient
{
    public static NeutralEmbeddingRequest Read(JsonElement body, ClientCall call)
    {
        var request = new NeutralEmbeddingRequest { Model = call.Model };
        var input = IsOld(call) ? "prompt" : "input";
        foreach (var member in body.EnumerateObject())
        {
            var path = new SourcePath(member.Name);
            if (member.Name == input)
            {
                ReadInput(member.Value, path, request, mayBeList: !IsOld(call));
                continue;
            }

            switch (member.Name)
            {
                case "model":
                    break;
                case "dimensions" when !IsOld(call):
                    request.Dimensions = OllamaFields.Integer(member.Value, path);
                    break;
                default:
                    if (member.Value.ValueKind != JsonValueKind.Null)
                    {
                        request.Foreign.Add(new ForeignField(path, ChangesAnswer: false));
                    }

                    break;
            }
        }

        return request.Inputs.Count > 0 ? request : throw Empty(new SourcePath(input));
    }

    public static void Write(NeutralEmbeddings embeddings, AnswerContext context, IBufferWriter<byte> output)
    {
        using var json = OllamaLines.Writer(output);
        json.WriteStartObject();
        if (IsOld(context.Call))
        {
            json.WritePropertyName("embedding"u8);
            WriteVector(json, embeddings.Vectors.Count > 0 ? embeddings.Vectors[0] : []);
            json.WriteEndObject();
            return;
        }

        json.WriteString("model"u8, context.Model);
        json.WriteStartArray("embeddings"u8);
        foreach (var vector in embeddings.Vectors)
        {
            WriteVector(json, vector);
        }

        json.WriteEndArray();
        json.WriteNumber("total_duration"u8, OllamaLines.Nanoseconds(context.Elapsed()));
        json.WriteNumber("load_duration"u8, 0);

        // Always there: clients that check what they read want it, also from upstreams that count nothing.
        json.WriteNumber("prompt_eval_count"u8, embeddings.Usage?.Input ?? 0);
        json.WriteEndObject();
    }

    private static bool IsOld(ClientCall call) => call.Operation == LlmOperation.OllamaEmbeddings;

    private static void WriteVector(Utf8JsonWriter json, float[] vector)
    {
        json.WriteStartArray();
        foreach (var number in vector)
        {
            json.WriteNumberValue(number);
        }

        json.WriteEndArray();
    }

    private static void ReadInput(JsonElement input, SourcePath path, NeutralEmbeddingRequest request, bool mayBeList)
    {
        if (input.ValueKind == JsonValueKind.String)
        {
            request.IsSingle = true;
            Add(input, path);
        }
        else if (mayBeList && input.ValueKind == JsonValueKind.Array)
        {
            var index = 0;
            foreach (var item in input.EnumerateArray())
            {
                Add(item, path with { Index = index++ });
            }
        }
        else if (input.ValueKind != JsonValueKind.Null)
        {
            throw OllamaFields.Wrong(path, mayBeList ? "a string or an array of strings" : "a string");
        }

        void Add(JsonElement item, SourcePath at)
        {
            request.Inputs.Add(OllamaFields.Text(item, at) is { Length: > 0 } text ? text : throw Empty(at));
            request.Paths.Add(at);
        }
    }

    private static GatewayException Empty(SourcePath path) => new(GatewayErrorKind.InvalidRequest, $"'{path}' must not be empty.", path.ToString());
}
