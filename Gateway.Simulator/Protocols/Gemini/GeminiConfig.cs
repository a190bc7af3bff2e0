using System.Globalization;
using System.Text.Json;

namespace Gateway.Simulator.Protocols.Gemini;

/// <summary>What <c>generationConfig</c> asks for.</summary>
internal sealed record GeminiConfig
{
    private const string Path = "GenerateContentRequest.generation_config";
    private const int MaxStops = 5;
    private const int MaxCandidates = 8;

    /// <summary>Tokens of thoughts when a request asks for thinking and not for how much.</summary>
    private const int UsualThoughts = 20;

    private static readonly JsonElement Nothing = JsonElement.Parse("{}");

    public int Candidates { get; private init; } = 1;

    public int MaxTokens { get; private init; } = int.MaxValue;

    public IReadOnlyList<string> Stops { get; private init; } = [];

    /// <summary>The request's own <c>seed</c>.</summary>
    public JsonElement? Seed { get; private init; }

    /// <summary>JSON is wanted.</summary>
    public bool IsJson { get; private init; }

    public JsonElement? Schema { get; private init; }

    /// <summary>Thoughts are shown, not only counted.</summary>
    public bool ShowsThoughts { get; private init; }

    /// <summary>Tokens of thoughts that the request asks for.</summary>
    public int ThoughtTokens { get; private init; }

    /// <exception cref="GoogleError">A value is out of range, or two of them cannot stand together for this model.</exception>
    public static GeminiConfig Read(JsonElement body, GeminiModel model, bool hasFunctions, bool isVertex)
    {
        var config = ProtoMessage.Find(body, "generationConfig") ?? Nothing;
        CheckRanges(config, isVertex);
        var stops = ProtoMessage.List(config, "stopSequences").Select(stop => stop.GetString()!).Where(stop => stop.Length > 0).ToList();
        if (stops.Count > MaxStops)
        {
            throw GoogleError.Violation($"{Path}.stop_sequences", $"at most {MaxStops} stop sequences are allowed");
        }

        var json = ReadMimeType(config, model, hasFunctions);
        var schema = ReadSchema(config, json);
        var (shows, thoughts) = ReadThinking(config, model);
        return new GeminiConfig
        {
            Candidates = Integer(config, "candidateCount", 1),
            MaxTokens = Integer(config, "maxOutputTokens", int.MaxValue),
            Stops = stops,
            Seed = ProtoMessage.Find(config, "seed"),
            IsJson = json,
            Schema = schema,
            ShowsThoughts = shows,
            ThoughtTokens = thoughts,
        };
    }

    private static int Integer(JsonElement config, string name, int missing) => (int?)ProtoMessage.Number(config, name) ?? missing;

    private static void CheckRanges(JsonElement config, bool isVertex)
    {
        if (ProtoMessage.Number(config, "temperature") is { } temperature and (< 0 or > 2))
        {
            throw isVertex
                ? GoogleError.Invalid($"Unable to submit request because it has a temperature value of {temperature.ToString(CultureInfo.InvariantCulture)} but the supported range is from 0 "
                    + "(inclusive) to 2.0001 (exclusive). Update the value and try again.")
                : GoogleError.Violation($"{Path}.temperature", "temperature must be in the range [0.0, 2.0].");
        }

        if (ProtoMessage.Number(config, "topP") is < 0 or > 1)
        {
            throw GoogleError.Violation($"{Path}.top_p", "top_p must be in the range [0.0, 1.0].");
        }

        if (ProtoMessage.Number(config, "topK") is < 1)
        {
            throw GoogleError.Violation($"{Path}.top_k", "top_k must be positive.");
        }

        if (ProtoMessage.Number(config, "maxOutputTokens") is < 1)
        {
            throw GoogleError.Violation($"{Path}.max_output_tokens", "max_output_tokens must be positive.");
        }

        if (ProtoMessage.Number(config, "candidateCount") is < 1 or > MaxCandidates)
        {
            throw GoogleError.Violation($"{Path}.candidate_count", $"candidate_count must be in the range [1, {MaxCandidates}].");
        }

        if (ProtoMessage.Find(config, "logprobs") is not null && !ProtoMessage.Flag(config, "responseLogprobs"))
        {
            throw GoogleError.Violation($"{Path}.logprobs", "logprobs requires response_logprobs to be true.");
        }

        if (ProtoMessage.Flag(config, "responseLogprobs"))
        {
            throw GoogleError.Invalid("Logprobs is not enabled for this model.");
        }

        if (ProtoMessage.List(config, "responseModalities").Any(modality => !string.Equals(modality.GetString(), "TEXT", StringComparison.OrdinalIgnoreCase)))
        {
            throw GoogleError.Invalid("This model only supports text output.");
        }
    }

    private static bool ReadMimeType(JsonElement config, GeminiModel model, bool hasFunctions)
    {
        var type = ProtoMessage.Text(config, "responseMimeType");
        if (type is not (null or "" or "text/plain" or "application/json" or "application/xml" or "application/yaml" or "text/x.enum"))
        {
            throw GoogleError.Violation($"{Path}.response_mime_type", "allowed mimetypes are `text/plain`, `application/json`, `application/xml`, `application/yaml` and `text/x.enum`.");
        }

        if (type == "application/json" && hasFunctions && !model.JoinsSchemaAndTools)
        {
            throw GoogleError.Invalid("Function calling with a response mime type: 'application/json' is unsupported");
        }

        return type == "application/json";
    }

    private static JsonElement? ReadSchema(JsonElement config, bool json)
    {
        var schema = ProtoMessage.Find(config, "responseSchema");
        var full = ProtoMessage.Find(config, "responseJsonSchema") ?? ProtoMessage.Find(config, "_responseJsonSchema");
        if (schema is not null && full is not null)
        {
            throw GoogleError.Violation(Path, "response_schema and response_json_schema are mutually exclusive.");
        }

        if ((schema ?? full) is not null && !json)
        {
            throw GoogleError.Violation($"{Path}.response_mime_type", "a response schema needs the mimetype `application/json`.");
        }

        if (schema is { } own)
        {
            SchemaRules.Check(own, $"{Path}.response_schema");
        }

        return schema ?? full;
    }

    private static (bool Shows, int Tokens) ReadThinking(JsonElement config, GeminiModel model)
    {
        if (ProtoMessage.Find(config, "thinkingConfig") is not { } thinking)
        {
            return (false, 0);
        }

        var budget = (int?)ProtoMessage.Number(thinking, "thinkingBudget");
        var level = ProtoMessage.Text(thinking, "thinkingLevel")?.ToUpperInvariant();
        var shows = ProtoMessage.Flag(thinking, "includeThoughts");
        if (budget is not null && level is not null)
        {
            throw GoogleError.Invalid("You can only set only one of thinking budget and thinking level.");
        }

        if (level is not null && !model.TakesLevels)
        {
            throw GoogleError.Invalid("Thinking level is not supported for this model.");
        }

        if (!model.CanThink && (budget is not (null or 0) || shows))
        {
            throw GoogleError.Invalid("Thinking is not supported for this model.");
        }

        if (budget == 0 && !model.CanStopThinking)
        {
            throw GoogleError.Invalid("Budget 0 is invalid. This model only works in thinking mode.");
        }

        if (budget is < -1 or > 32768)
        {
            throw GoogleError.Invalid($"The thinking budget {budget} is invalid. Please choose a value between 0 and 32768.");
        }

        if (budget == 0 && shows)
        {
            throw GoogleError.Invalid("Unable to submit request because thinking_config.include_thoughts is only enabled when thinking is enabled.");
        }

        return (shows, ReasoningTokens(budget, level, model));
    }

    private static int ReasoningTokens(int? budget, string? level, GeminiModel model) => (budget, level) switch
    {
        (0, _) => 0,
        ( > 0, _) => Math.Min(budget.Value, UsualThoughts),
        (_, "MINIMAL") => UsualThoughts / 4,
        (_, "LOW") => UsualThoughts / 2,
        (_, "HIGH") => UsualThoughts * 2,
        _ => model.CanThink ? UsualThoughts : 0,
    };
}
