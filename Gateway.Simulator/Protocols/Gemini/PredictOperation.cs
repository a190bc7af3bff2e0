using System.Text;
using System.Text.Json;
using Gateway.Simulator.Faults;
using Gateway.Simulator.Meter;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.Gemini;

/// <summary>Vertex's <c>:predict</c> of models that embed texts. Each prediction has its count of tokens.</summary>
internal sealed class PredictOperation(VertexProvider provider) : GeminiOperation(provider, GeminiMessages.Predict)
{
    private const int MaxInstances = 250;
    private const int MaxTokens = 2048;
    private const int UsualDimensions = 3072;

    private static readonly string[] TaskTypes =
    [
        "RETRIEVAL_QUERY", "RETRIEVAL_DOCUMENT", "SEMANTIC_SIMILARITY", "CLASSIFICATION", "CLUSTERING", "QUESTION_ANSWERING", "FACT_VERIFICATION", "CODE_RETRIEVAL_QUERY",
    ];

    public override async Task<Ending> AnswerAsync(ProviderCall call)
    {
        CheckBody(call);
        var (cuts, dimensions) = ReadParameters(call.Body);
        var texts = ReadInstances(call.Body, cuts);
        var script = call.ReadScript(texts[^1].Text);
        var response = await call.OpenAsync(script, call.SeedOf(call.Body, script));
        call.Meter.Id = call.Meter.Number;
        call.Meter.Prompt(texts.Sum(text => text.Tokens));
        var body = Json.Write(json => Write(json, call, texts, dimensions, script));
        return await AnswerSender.WholeAsync(call, response, body, tokens: 0);
    }

    private static (bool Cuts, int Dimensions) ReadParameters(JsonElement body)
    {
        var (cuts, dimensions) = (true, UsualDimensions);
        if (ProtoMessage.Find(body, "parameters") is not { } parameters)
        {
            return (cuts, dimensions);
        }

        if (parameters.ValueKind != JsonValueKind.Object)
        {
            throw GoogleError.BadValue("parameters", "type.googleapis.com/google.protobuf.Struct", parameters);
        }

        foreach (var member in parameters.EnumerateObject())
        {
            var value = member.Value;
            switch (member.Name)
            {
                case "autoTruncate":
                    cuts = value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw GoogleError.BadValue("parameters.autoTruncate", "TYPE_BOOL", value);
                    break;
                case "outputDimensionality":
                    dimensions = value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number is >= 1 and <= UsualDimensions
                        ? number : throw GoogleError.Invalid($"outputDimensionality must be in the range [1, {UsualDimensions}].");
                    break;
                default:
                    throw GoogleError.Unknown("parameters", member.Name);
            }
        }

        return (cuts, dimensions);
    }

    private static List<Instance> ReadInstances(JsonElement body, bool cuts)
    {
        var texts = new List<Instance>();
        foreach (var instance in ProtoMessage.List(body, "instances"))
        {
            texts.Add(ReadInstance(instance, $"instances[{texts.Count}]", cuts));
        }

        return texts.Count switch
        {
            0 => throw GoogleError.Invalid("The request has no instances."),
            > MaxInstances => throw GoogleError.Invalid($"{texts.Count} instance(s) is not allowed. Max allowed instances per prediction: {MaxInstances}."),
            _ => texts,
        };
    }

    /// <summary>The names are the model's own, not protobuf's: there is one spelling of each.</summary>
    private static Instance ReadInstance(JsonElement instance, string path, bool cuts)
    {
        if (instance.ValueKind != JsonValueKind.Object)
        {
            throw GoogleError.BadValue(path, "type.googleapis.com/google.protobuf.Struct", instance);
        }

        var text = "";
        foreach (var member in instance.EnumerateObject())
        {
            if (member.Name is not ("content" or "task_type" or "title"))
            {
                throw GoogleError.Unknown(path, member.Name);
            }

            var value = member.Value.ValueKind == JsonValueKind.String ? member.Value.GetString()! : throw GoogleError.BadValue($"{path}.{member.Name}", "TYPE_STRING", member.Value);
            text = member.Name == "content" ? value : text;
            if (member.Name == "task_type" && !TaskTypes.Contains(value, StringComparer.Ordinal))
            {
                throw GoogleError.Invalid($"Invalid task_type '{value}' of {path}.");
            }
        }

        var tokens = Tokenizer.Count(text);
        return tokens switch
        {
            0 => throw GoogleError.Invalid("The text content is empty."),
            > MaxTokens when !cuts => throw GoogleError.Invalid($"The input token count ({tokens}) exceeds the maximum number of tokens allowed ({MaxTokens})."),
            _ => new Instance(text, Math.Min(tokens, MaxTokens), tokens > MaxTokens),
        };
    }

    private static void Write(Utf8JsonWriter json, ProviderCall call, List<Instance> texts, int dimensions, FaultScript script)
    {
        json.WriteStartObject();
        json.WriteStartArray("predictions"u8);
        foreach (var text in texts)
        {
            json.WriteStartObject();
            json.WriteStartObject("embeddings"u8);
            json.WriteStartArray("values"u8);
            foreach (var value in StableVector.Of(call.Seed, FaultDirectives.ModelName(call.Model), text.Text, dimensions))
            {
                json.WriteNumberValue(value);
            }

            json.WriteEndArray();
            if (!script.NoUsage)
            {
                json.WriteStartObject("statistics"u8);
                json.WriteNumber("token_count"u8, text.Tokens);
                json.WriteBoolean("truncated"u8, text.IsCut);
                json.WriteEndObject();
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject("metadata"u8);
        json.WriteNumber("billableCharacterCount"u8, texts.Sum(text => text.Text.EnumerateRunes().Count(rune => !Rune.IsWhiteSpace(rune))));
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private sealed record Instance(string Text, int Tokens, bool IsCut);
}
