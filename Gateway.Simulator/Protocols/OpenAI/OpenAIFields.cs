using System.Text.Json;

namespace Gateway.Simulator.Protocols.OpenAI;

/// <summary>The fields that each endpoint has.</summary>
internal static class OpenAIFields
{
    public static readonly FieldTable Chat = new(new Dictionary<string, Field>
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
    });

    public static readonly FieldTable Completion = new(new Dictionary<string, Field>
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
    });

    public static readonly FieldTable Embedding = new(new Dictionary<string, Field>
    {
        ["model"] = new(FieldType.Text, Required: true),
        ["input"] = new(FieldType.TextOrList, Required: true),
        ["dimensions"] = new(FieldType.Integer, Min: 1, Max: 4096),
        ["encoding_format"] = new(FieldType.Text),
        ["user"] = new(FieldType.Text),
    });

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
}
