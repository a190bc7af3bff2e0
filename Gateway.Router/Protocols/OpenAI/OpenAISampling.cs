using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.OpenAI;

/// <summary>Reads the members that chat completions and completions share: limits, sampling, and what is for the provider's records.</summary>
internal static class OpenAISampling
{
    /// <param name="value">Not absent.</param>
    /// <returns>False when the member is none of these.</returns>
    public static bool TryRead(string name, JsonElement value, NeutralRequest request)
    {
        var path = new SourcePath(name);
        switch (name)
        {
            case "max_tokens" or "max_completion_tokens":
                request.MaxOutput = OpenAIField.OptionalInteger(value, path);
                return true;
            case "temperature":
                request.Temperature = OpenAIField.OptionalNumber(value, path);
                return true;
            case "top_p":
                request.TopP = OpenAIField.OptionalNumber(value, path);
                return true;
            case "top_k":
                // Not OpenAI's own, but known to many servers that resemble it.
                request.TopK = OpenAIField.OptionalInteger(value, path);
                return true;
            case "frequency_penalty":
                request.FrequencyPenalty = OpenAIField.OptionalNumber(value, path);
                return true;
            case "presence_penalty":
                request.PresencePenalty = OpenAIField.OptionalNumber(value, path);
                return true;
            case "seed":
                request.Seed = OpenAIField.OptionalInteger(value, path);
                return true;
            case "stop":
                ReadStop(value, path, request.Stop);
                return true;
            case "n":
                request.CandidateCount = (int)Math.Clamp(OpenAIField.OptionalInteger(value, path) ?? 1, 1, int.MaxValue);
                return true;
            case "logprobs":
                request.Logprobs = OpenAIField.OptionalFlag(value, path) ?? false;
                return true;
            case "top_logprobs":
                request.TopLogprobs = OpenAIField.OptionalInteger(value, path) is > 0 and var count ? count : null;
                return true;
            case "logit_bias":
                request.LogitBias = HasMembers(OpenAIField.Object(value, path)) ? value : null;
                return true;
            default:
                return TryReadRecord(name, value, path, request);
        }
    }

    private static bool TryReadRecord(string name, JsonElement value, SourcePath path, NeutralRequest request)
    {
        switch (name)
        {
            case "reasoning_effort":
                request.Reasoning = ReadEffort(value, path);
                return true;
            case "safety_identifier":
                request.EndUser = OpenAIField.Text(value, path);
                return true;
            case "user":
                // The older name for the same: the newer one counts, wherever it stands.
                request.EndUser ??= OpenAIField.Text(value, path);
                return true;
            case "metadata":
                request.Metadata = HasMembers(OpenAIField.Object(value, path)) ? value : null;
                return true;
            case "service_tier":
                request.ServiceTier = OpenAIField.Text(value, path);
                return true;
            case "verbosity":
                request.Verbosity = OpenAIField.Text(value, path);
                return true;
            case "store":
                request.Store = OpenAIField.OptionalFlag(value, path);
                return true;
            case "prompt_cache_key":
                request.PromptCacheKey = OpenAIField.Text(value, path);
                return true;
            default:
                return false;
        }
    }

    private static void ReadStop(JsonElement value, SourcePath path, List<string> stops)
    {
        if (value.ValueKind == JsonValueKind.String)
        {
            Add(value, path, stops);
            return;
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            throw OpenAIField.Wrong(path, "a string or an array of strings");
        }

        var index = 0;
        foreach (var stop in value.EnumerateArray())
        {
            Add(stop, path with { Index = index++ }, stops);
        }
    }

    private static void Add(JsonElement stop, SourcePath path, List<string> stops)
    {
        if (OpenAIField.Text(stop, path) is { Length: > 0 } text)
        {
            stops.Add(text);
        }
    }

    private static NeutralReasoning ReadEffort(JsonElement value, SourcePath path) => OpenAIField.Text(value, path) switch
    {
        "none" => new NeutralReasoning(ReasoningMode.Off, null, null, null, path),
        "minimal" or "low" or "medium" or "high" or "xhigh" or "max" => new NeutralReasoning(ReasoningMode.Effort, value.GetString(), null, null, path),
        _ => throw OpenAIField.Wrong(path, "none, minimal, low, medium, high, xhigh or max"),
    };

    private static bool HasMembers(JsonElement value)
    {
        foreach (var member in value.EnumerateObject())
        {
            _ = member;
            return true;
        }

        return false;
    }
}
