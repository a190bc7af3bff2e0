using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Gemini;

/// <summary>Reads <c>generationConfig</c>.</summary>
internal static class GeminiConfigReader
{
    public static void Read(JsonElement config, SourcePath path, NeutralRequest request)
    {
        string? type = null;
        var typePath = path;
        JsonElement? schema = null;
        var schemaPath = path;
        foreach (var member in GeminiJson.Object(config, path).EnumerateObject())
        {
            var value = member.Value;
            var at = path.At(member.Name);
            if (value.ValueKind == JsonValueKind.Null)
            {
                continue;
            }

            switch (GeminiJson.Camel(member.Name))
            {
                case "maxOutputTokens":
                    request.MaxOutput = GeminiJson.Whole(value, at);
                    break;
                case "temperature":
                    request.Temperature = GeminiJson.Number(value, at);
                    break;
                case "topP":
                    request.TopP = GeminiJson.Number(value, at);
                    break;
                case "topK":
                    request.TopK = GeminiJson.Whole(value, at);
                    break;
                case "frequencyPenalty":
                    request.FrequencyPenalty = GeminiJson.Number(value, at);
                    break;
                case "presencePenalty":
                    request.PresencePenalty = GeminiJson.Number(value, at);
                    break;
                case "seed":
                    request.Seed = GeminiJson.Whole(value, at);
                    break;
                case "stopSequences":
                    ReadStops(value, at, request);
                    break;
                case "candidateCount":
                    request.CandidateCount = (int)Math.Clamp(GeminiJson.Whole(value, at), 1, int.MaxValue);
                    break;
                case "responseLogprobs":
                    request.Logprobs = GeminiJson.Flag(value, at);
                    break;
                case "logprobs":
                    request.TopLogprobs = GeminiJson.Whole(value, at);
                    break;
                case "responseMimeType":
                    type = GeminiJson.Text(value, at);
                    typePath = at;
                    break;
                case "responseSchema":
                    schema = OpenApiSchema.ToJsonSchema(GeminiJson.Object(value, at));
                    schemaPath = at;
                    break;
                case "responseJsonSchema" or "_responseJsonSchema":
                    schema = GeminiJson.Object(value, at);
                    schemaPath = at;
                    break;
                case "thinkingConfig":
                    ReadThinking(value, at, request);
                    break;
                case "responseModalities":
                    ReadModalities(value, at, request);
                    break;
                case "speechConfig" or "imageConfig":
                    request.Foreign.Add(new ForeignField(at, ChangesAnswer: true));
                    break;
                default:
                    request.Foreign.Add(new ForeignField(at, ChangesAnswer: false));
                    break;
            }
        }

        ReadOutput(type, typePath, schema, schemaPath, request);
    }

    private static void ReadOutput(string? type, SourcePath typePath, JsonElement? schema, SourcePath schemaPath, NeutralRequest request)
    {
        if (schema is not null)
        {
            if (type is "text/x.enum")
            {
                // One of some words, without quotes: nobody else has that.
                request.Foreign.Add(new ForeignField(typePath, ChangesAnswer: true));
            }

            request.Output = new NeutralOutput(OutputKind.JsonSchema, schema, null, null, null, schemaPath);
            return;
        }

        switch (type)
        {
            case null or "" or "text/plain":
                break;
            case "application/json":
                request.Output = new NeutralOutput(OutputKind.JsonObject, null, null, null, null, typePath);
                break;
            default:
                request.Foreign.Add(new ForeignField(typePath, ChangesAnswer: true));
                break;
        }
    }

    private static void ReadStops(JsonElement value, SourcePath path, NeutralRequest request)
    {
        foreach (var stop in GeminiJson.List(value, path).EnumerateArray())
        {
            if (GeminiJson.Text(stop, path) is { Length: > 0 } text)
            {
                request.Stop.Add(text);
            }
        }
    }

    private static void ReadModalities(JsonElement value, SourcePath path, NeutralRequest request)
    {
        foreach (var modality in GeminiJson.List(value, path).EnumerateArray())
        {
            if (!GeminiJson.Text(modality, path).Equals("TEXT", StringComparison.OrdinalIgnoreCase))
            {
                request.Foreign.Add(new ForeignField(path, ChangesAnswer: true));
            }
        }
    }

    private static void ReadThinking(JsonElement value, SourcePath path, NeutralRequest request)
    {
        bool? show = null;
        long? budget = null;
        string? level = null;
        foreach (var member in GeminiJson.Object(value, path).EnumerateObject())
        {
            var at = path.At($"{path.Member}.{member.Name}");
            switch (GeminiJson.Camel(member.Name), member.Value.ValueKind)
            {
                case (_, JsonValueKind.Null):
                    break;
                case ("includeThoughts", _):
                    show = GeminiJson.Flag(member.Value, at);
                    break;
                case ("thinkingBudget", _):
                    budget = GeminiJson.Whole(member.Value, at);
                    break;
                case ("thinkingLevel", _):
                    level = GeminiJson.Text(member.Value, at).ToLowerInvariant();
                    level = level switch
                    {
                        "minimal" or "low" or "medium" or "high" => level,
                        "thinking_level_unspecified" => null,
                        _ => throw GeminiJson.Wrong(at, "MINIMAL, LOW, MEDIUM or HIGH"),
                    };
                    break;
                default:
                    request.Foreign.Add(new ForeignField(at, ChangesAnswer: false));
                    break;
            }
        }

        request.Reasoning = (level, budget) switch
        {
            (not null, not null) => throw GeminiJson.Bad(path, $"{path} can hold thinkingLevel or thinkingBudget, not both."),
            (not null, null) => new NeutralReasoning(ReasoningMode.Effort, level, null, show, path),
            (null, 0) => new NeutralReasoning(ReasoningMode.Off, null, null, show, path),
            (null, > 0) => new NeutralReasoning(ReasoningMode.Budget, null, budget, show, path),
            (null, not null) => new NeutralReasoning(ReasoningMode.Auto, null, null, show, path),

            // To see thoughts is to want them; not to see them says nothing.
            _ => show == true ? new NeutralReasoning(ReasoningMode.Auto, null, null, show, path) : null,
        };
    }
}
