namespace Gateway.Simulator.Protocols.Responses;

/// <summary>The members of requests, items and content parts.</summary>
internal static class ResponsesFields
{
    private static readonly Dictionary<string, Field> Shared = new()
    {
        ["model"] = new(FieldType.Text, Required: true),
        ["input"] = new(FieldType.TextOrList),
        ["conversation"] = new(FieldType.TextOrMap, Refused: true),
        ["instructions"] = new(FieldType.Text),
        ["parallel_tool_calls"] = new(FieldType.Flag),
        ["previous_response_id"] = new(FieldType.Text),
        ["reasoning"] = new(FieldType.Map),
        ["text"] = new(FieldType.Map),
        ["tool_choice"] = new(FieldType.TextOrMap),
        ["tools"] = new(FieldType.List),
        ["truncation"] = new(FieldType.Text, OneOf: ["auto", "disabled"]),
    };

    public static readonly FieldTable InputTokens = new(Shared);

    public static readonly FieldTable Create = new(new Dictionary<string, Field>(Shared)
    {
        ["background"] = new(FieldType.Flag, Refused: true),
        ["include"] = new(FieldType.List),
        ["max_output_tokens"] = new(FieldType.Integer, Min: 16),
        ["max_tool_calls"] = new(FieldType.Integer, Min: 1),
        ["metadata"] = new(FieldType.Map),
        ["prompt"] = new(FieldType.Map, Refused: true),
        ["prompt_cache_key"] = new(FieldType.Text),
        ["prompt_cache_retention"] = new(FieldType.Text, OneOf: ["in_memory", "in-memory", "24h"]),
        ["safety_identifier"] = new(FieldType.Text),
        ["service_tier"] = new(FieldType.Text, OneOf: ["auto", "default", "flex", "scale", "priority"]),
        ["store"] = new(FieldType.Flag),
        ["stream"] = new(FieldType.Flag),
        ["stream_options"] = new(FieldType.Map),
        ["temperature"] = new(FieldType.Number, Min: 0, Max: 2),
        ["top_logprobs"] = new(FieldType.Integer, Min: 0, Max: 20),
        ["top_p"] = new(FieldType.Number, Min: 0, Max: 1),
        ["user"] = new(FieldType.Text),
    });

    /// <summary>Members of other protocols with the name that they have here; the provider says so itself.</summary>
    public static readonly IReadOnlyList<(string Old, string New)> Moved =
    [
        ("messages", "input"), ("response_format", "text.format"), ("max_tokens", "max_output_tokens"),
        ("max_completion_tokens", "max_output_tokens"), ("reasoning_effort", "reasoning.effort"), ("verbosity", "text.verbosity"),
    ];

    public static readonly string[] Includes =
    [
        "code_interpreter_call.outputs", "computer_call_output.output.image_url", "file_search_call.results", "message.input_image.image_url",
        "message.output_text.logprobs", "reasoning.encrypted_content", "web_search_call.action.sources", "web_search_call.results",
    ];

    public static readonly FieldTable Reasoning = new(new Dictionary<string, Field>
    {
        ["effort"] = new(FieldType.Text, OneOf: ["none", "minimal", "low", "medium", "high", "xhigh", "max"]),
        ["generate_summary"] = new(FieldType.Text),
        ["summary"] = new(FieldType.Text, OneOf: ["auto", "concise", "detailed"]),
    });

    public static readonly FieldTable Text = new(new Dictionary<string, Field>
    {
        ["format"] = new(FieldType.Map),
        ["verbosity"] = new(FieldType.Text, OneOf: ["low", "medium", "high"]),
    });

    public static readonly FieldTable PlainFormat = new(new Dictionary<string, Field> { ["type"] = new(FieldType.Text, Required: true) });

    public static readonly FieldTable SchemaFormat = new(new Dictionary<string, Field>
    {
        ["type"] = new(FieldType.Text, Required: true),
        ["name"] = new(FieldType.Text, Required: true),
        ["schema"] = new(FieldType.Map, Required: true),
        ["description"] = new(FieldType.Text),
        ["strict"] = new(FieldType.Flag),
    });

    public static readonly FieldTable Function = new(new Dictionary<string, Field>
    {
        ["type"] = new(FieldType.Text, Required: true),
        ["name"] = new(FieldType.Text, Required: true),
        ["description"] = new(FieldType.Text),
        ["parameters"] = new(FieldType.Map),
        ["strict"] = new(FieldType.Flag),
        ["defer_loading"] = new(FieldType.Flag),
        ["output_schema"] = new(FieldType.Map),
    });

    public static readonly IReadOnlyDictionary<string, FieldTable> Items = new Dictionary<string, FieldTable>
    {
        ["message"] = Item(("role", new(FieldType.Text, Required: true, OneOf: ["assistant", "system", "developer", "user"])),
            ("content", new(FieldType.TextOrList, Required: true)), ("phase", new(FieldType.Text))),
        ["function_call"] = Item(("call_id", new(FieldType.Text, Required: true)), ("name", new(FieldType.Text, Required: true)),
            ("arguments", new(FieldType.Text, Required: true)), ("namespace", new(FieldType.Text))),
        ["function_call_output"] = Item(("call_id", new(FieldType.Text, Required: true)), ("output", new(FieldType.TextOrList, Required: true))),
        ["custom_tool_call"] = Item(("call_id", new(FieldType.Text, Required: true)), ("name", new(FieldType.Text, Required: true)),
            ("input", new(FieldType.Text, Required: true))),
        ["custom_tool_call_output"] = Item(("call_id", new(FieldType.Text, Required: true)), ("output", new(FieldType.TextOrList, Required: true))),
        ["reasoning"] = Item(("summary", new(FieldType.List, Required: true)), ("content", new(FieldType.List)), ("encrypted_content", new(FieldType.Text))),
        ["item_reference"] = Item(),
    };

    public static readonly IReadOnlyDictionary<string, FieldTable> Parts = new Dictionary<string, FieldTable>
    {
        ["input_text"] = Part(("text", new(FieldType.Text, Required: true))),
        ["input_image"] = Part(("image_url", new(FieldType.Text)), ("file_id", new(FieldType.Text)), ("detail", new(FieldType.Text, OneOf: ["low", "high", "auto", "original"]))),
        ["input_file"] = Part(("file_data", new(FieldType.Text)), ("file_id", new(FieldType.Text)), ("file_url", new(FieldType.Text)), ("filename", new(FieldType.Text))),
        ["output_text"] = Part(("text", new(FieldType.Text, Required: true)), ("annotations", new(FieldType.List)), ("logprobs", new(FieldType.List))),
        ["refusal"] = Part(("refusal", new(FieldType.Text, Required: true))),
    };

    private static FieldTable Part(params (string Name, Field Field)[] fields) => new(new Dictionary<string, Field>(
        fields.Select(entry => KeyValuePair.Create(entry.Name, entry.Field)))
    { ["type"] = new(FieldType.Text, Required: true) });

    private static FieldTable Item(params (string Name, Field Field)[] fields) => new(new Dictionary<string, Field>(
        fields.Select(entry => KeyValuePair.Create(entry.Name, entry.Field)))
    {
        ["type"] = new(FieldType.Text),
        ["id"] = new(FieldType.Text),
        ["status"] = new(FieldType.Text, OneOf: ["in_progress", "completed", "incomplete"]),
    });
}
