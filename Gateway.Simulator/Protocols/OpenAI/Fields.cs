using System.Collections.Frozen;
using System.Text.Json;

namespace Gateway.Simulator.Protocols.OpenAI;

internal enum FieldType
{
    Text,
    Integer,
    Number,
    Flag,
    List,
    Map,
    TextOrList,
    TextOrMap,
}

/// <summary>What one top-level field of a request may be. Refused: the provider knows it, this model does not support it.</summary>
internal sealed record Field(FieldType Type, bool Required = false, double Min = double.NegativeInfinity, double Max = double.PositiveInfinity, bool Refused = false);

/// <summary>Checks a request against the fields that an endpoint has, as strictly as the provider does.</summary>
internal static class Fields
{
    public static readonly FrozenDictionary<string, Field> Chat = new Dictionary<string, Field>
    {
        ["model"] = new(FieldType.Text, Required: true),
        ["messages"] = new(FieldType.List, Required: true),
        ["audio"] = new(FieldType.Map, Refused: true),
        ["frequency_penalty"] = new(FieldType.Number, Min: -2, Max: 2),
        ["function_call"] = new(FieldType.TextOrMap, Refused: true),
        ["functions"] = new(FieldType.List, Refused: true),
        ["logit_bias"] = new(FieldType.Map),
        ["logprobs"] = new(FieldType.Flag, Refused: true),
        ["max_completion_tokens"] = new(FieldType.Integer, Min: 1),
        ["max_tokens"] = new(FieldType.Integer, Min: 1),
        ["metadata"] = new(FieldType.Map),
        ["modalities"] = new(FieldType.List),
        ["n"] = new(FieldType.Integer, Min: 1, Max: 128),
        ["parallel_tool_calls"] = new(FieldType.Flag),
        ["prediction"] = new(FieldType.Map),
        ["presence_penalty"] = new(FieldType.Number, Min: -2, Max: 2),
        ["prompt_cache_key"] = new(FieldType.Text),
        ["prompt_cache_retention"] = new(FieldType.Text),
        ["reasoning_effort"] = new(FieldType.Text),
        ["response_format"] = new(FieldType.Map),
        ["safety_identifier"] = new(FieldType.Text),
        ["seed"] = new(FieldType.Integer),
        ["service_tier"] = new(FieldType.Text),
        ["stop"] = new(FieldType.TextOrList),
        ["store"] = new(FieldType.Flag),
        ["stream"] = new(FieldType.Flag),
        ["stream_options"] = new(FieldType.Map),
        ["temperature"] = new(FieldType.Number, Min: 0, Max: 2),
        ["tool_choice"] = new(FieldType.TextOrMap),
        ["tools"] = new(FieldType.List),
        ["top_logprobs"] = new(FieldType.Integer, Min: 0, Max: 20, Refused: true),
        ["top_p"] = new(FieldType.Number, Min: 0, Max: 1),
        ["user"] = new(FieldType.Text),
        ["verbosity"] = new(FieldType.Text),
        ["web_search_options"] = new(FieldType.Map, Refused: true),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static readonly FrozenDictionary<string, Field> Completion = new Dictionary<string, Field>
    {
        ["model"] = new(FieldType.Text, Required: true),
        ["prompt"] = new(FieldType.TextOrList, Required: true),
        ["best_of"] = new(FieldType.Integer, Min: 1, Max: 20),
        ["echo"] = new(FieldType.Flag),
        ["frequency_penalty"] = new(FieldType.Number, Min: -2, Max: 2),
        ["logit_bias"] = new(FieldType.Map),
        ["logprobs"] = new(FieldType.Integer, Min: 0, Max: 5, Refused: true),
        ["max_tokens"] = new(FieldType.Integer, Min: 0),
        ["n"] = new(FieldType.Integer, Min: 1, Max: 128),
        ["presence_penalty"] = new(FieldType.Number, Min: -2, Max: 2),
        ["seed"] = new(FieldType.Integer),
        ["stop"] = new(FieldType.TextOrList),
        ["stream"] = new(FieldType.Flag),
        ["stream_options"] = new(FieldType.Map),
        ["suffix"] = new(FieldType.Text),
        ["temperature"] = new(FieldType.Number, Min: 0, Max: 2),
        ["top_p"] = new(FieldType.Number, Min: 0, Max: 1),
        ["user"] = new(FieldType.Text),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static readonly FrozenDictionary<string, Field> Embedding = new Dictionary<string, Field>
    {
        ["model"] = new(FieldType.Text, Required: true),
        ["input"] = new(FieldType.TextOrList, Required: true),
        ["dimensions"] = new(FieldType.Integer, Min: 1, Max: 4096),
        ["encoding_format"] = new(FieldType.Text),
        ["user"] = new(FieldType.Text),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <exception cref="OpenAIError">A field is unknown, missing, of the wrong type or out of range.</exception>
    public static void Check(JsonElement body, FrozenDictionary<string, Field> fields)
    {
        foreach (var member in body.EnumerateObject())
        {
            if (!fields.TryGetValue(member.Name, out var field))
            {
                throw OpenAIError.Unknown(member.Name);
            }

            CheckValue(member.Name, member.Value, field);
        }

        foreach (var (name, field) in fields)
        {
            if (field.Required && !body.TryGetProperty(name, out _))
            {
                throw OpenAIError.Missing(name);
            }
        }
    }

    /// <summary>A value's kind in the words of the provider's messages.</summary>
    public static string KindOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => "a string",
        JsonValueKind.Number => value.TryGetInt64(out _) ? "an integer" : "a decimal number",
        JsonValueKind.True or JsonValueKind.False => "a boolean",
        JsonValueKind.Array => "an array",
        JsonValueKind.Object => "an object",
        _ => "null",
    };

    private static void CheckValue(string name, JsonElement value, Field field)
    {
        if (value.ValueKind == JsonValueKind.Null && !field.Required)
        {
            return;
        }

        var (fits, expected) = field.Type switch
        {
            FieldType.Text => (value.ValueKind == JsonValueKind.String, "a string"),
            FieldType.Integer => (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _), "an integer"),
            FieldType.Number => (value.ValueKind == JsonValueKind.Number, "a decimal"),
            FieldType.Flag => (value.ValueKind is JsonValueKind.True or JsonValueKind.False, "a boolean"),
            FieldType.List => (value.ValueKind == JsonValueKind.Array, "an array"),
            FieldType.Map => (value.ValueKind == JsonValueKind.Object, "an object"),
            FieldType.TextOrList => (value.ValueKind is JsonValueKind.String or JsonValueKind.Array, "a string or an array"),
            FieldType.TextOrMap => (value.ValueKind is JsonValueKind.String or JsonValueKind.Object, "a string or an object"),
        };
        if (!fits)
        {
            throw OpenAIError.WrongType(name, expected, KindOf(value));
        }

        // 'false' asks for nothing, so it is no reason to refuse.
        if (field.Refused && value.ValueKind != JsonValueKind.False)
        {
            throw OpenAIError.Unsupported(name);
        }

        if (value.ValueKind == JsonValueKind.Number)
        {
            CheckRange(name, value.GetDouble(), field);
        }
    }

    private static void CheckRange(string name, double value, Field field)
    {
        var kind = field.Type == FieldType.Integer ? "integer" : "decimal";
        if (value < field.Min)
        {
            throw OpenAIError.Invalid(name, $"{kind} below minimum value. Expected a value >= {field.Min}, but got {value} instead.", $"{kind}_below_min_value");
        }

        if (value > field.Max)
        {
            throw OpenAIError.Invalid(name, $"{kind} above maximum value. Expected a value <= {field.Max}, but got {value} instead.", $"{kind}_above_max_value");
        }
    }
}
