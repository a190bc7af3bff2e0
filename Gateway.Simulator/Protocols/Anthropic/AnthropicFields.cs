namespace Gateway.Simulator.Protocols.Anthropic;

/// <summary>The members that requests, tools and content blocks have.</summary>
internal static class AnthropicFields
{
    private static readonly Dictionary<string, Field> Shared = new()
    {
        ["model"] = new(FieldType.Text, Required: true),
        ["messages"] = new(FieldType.List, Required: true),
        ["cache_control"] = new(FieldType.Map),
        ["output_config"] = new(FieldType.Map),
        ["system"] = new(FieldType.TextOrList),
        ["thinking"] = new(FieldType.Map),
        ["tool_choice"] = new(FieldType.Map),
        ["tools"] = new(FieldType.List),
    };

    public static readonly FieldTable CountTokens = new(Shared);

    public static readonly FieldTable Messages = new(new Dictionary<string, Field>(Shared)
    {
        ["max_tokens"] = new(FieldType.Integer, Required: true, Min: 1),
        ["inference_geo"] = new(FieldType.Text),
        ["metadata"] = new(FieldType.Map),
        ["service_tier"] = new(FieldType.Text, OneOf: ["auto", "standard_only"]),
        ["stop_sequences"] = new(FieldType.List),
        ["stream"] = new(FieldType.Flag),
        ["temperature"] = new(FieldType.Number, Min: 0, Max: 1),
        ["top_k"] = new(FieldType.Integer, Min: 0),
        ["top_p"] = new(FieldType.Number, Min: 0, Max: 1),
    });

    public static readonly FieldTable Message = new(new Dictionary<string, Field>
    {
        ["role"] = new(FieldType.Text, Required: true),
        ["content"] = new(FieldType.TextOrList, Required: true),
    });

    public static readonly FieldTable Metadata = new(new Dictionary<string, Field> { ["user_id"] = new(FieldType.Text) });

    public static readonly FieldTable CacheControl = new(new Dictionary<string, Field>
    {
        ["type"] = new(FieldType.Text, Required: true, OneOf: ["ephemeral"]),
        ["ttl"] = new(FieldType.Text, OneOf: ["5m", "1h"]),
    });

    public static readonly FieldTable OutputConfig = new(new Dictionary<string, Field>
    {
        ["effort"] = new(FieldType.Text, OneOf: ["low", "medium", "high", "xhigh", "max"]),
        ["format"] = new(FieldType.Map),
    });

    public static readonly FieldTable OutputFormat = new(new Dictionary<string, Field>
    {
        ["type"] = new(FieldType.Text, Required: true, OneOf: ["json_schema"]),
        ["schema"] = new(FieldType.Map, Required: true),
    });

    public static readonly FieldTable ThinkingEnabled = new(new Dictionary<string, Field>
    {
        ["type"] = new(FieldType.Text, Required: true),
        ["budget_tokens"] = new(FieldType.Integer, Required: true, Min: 1024),
        ["display"] = new(FieldType.Text, OneOf: ["summarized", "omitted"]),
    });

    public static readonly FieldTable ThinkingAdaptive = new(new Dictionary<string, Field>
    {
        ["type"] = new(FieldType.Text, Required: true),
        ["display"] = new(FieldType.Text, OneOf: ["summarized", "omitted"]),
    });

    public static readonly FieldTable ThinkingDisabled = new(new Dictionary<string, Field> { ["type"] = new(FieldType.Text, Required: true) });

    public static readonly FieldTable Tool = new(new Dictionary<string, Field>
    {
        ["type"] = new(FieldType.Text),
        ["name"] = new(FieldType.Text, Required: true),
        ["description"] = new(FieldType.Text),
        ["input_schema"] = new(FieldType.Map, Required: true),
        ["cache_control"] = new(FieldType.Map),
        ["strict"] = new(FieldType.Flag),
        ["defer_loading"] = new(FieldType.Flag),
        ["eager_input_streaming"] = new(FieldType.Flag),
        ["input_examples"] = new(FieldType.List),
        ["allowed_callers"] = new(FieldType.List),
    });

    public static readonly FieldTable ToolChoice = new(new Dictionary<string, Field>
    {
        ["type"] = new(FieldType.Text, Required: true),
        ["disable_parallel_tool_use"] = new(FieldType.Flag),
    });

    public static readonly FieldTable ToolChoiceNone = new(new Dictionary<string, Field> { ["type"] = new(FieldType.Text, Required: true) });

    public static readonly FieldTable ToolChoiceNamed = new(new Dictionary<string, Field>
    {
        ["type"] = new(FieldType.Text, Required: true),
        ["name"] = new(FieldType.Text, Required: true),
        ["disable_parallel_tool_use"] = new(FieldType.Flag),
    });

    /// <summary>The content blocks that this model knows, by their type.</summary>
    public static readonly IReadOnlyDictionary<string, FieldTable> Blocks = new Dictionary<string, FieldTable>
    {
        ["document"] = Block(("source", new(FieldType.Map, Required: true)), ("title", new(FieldType.Text)), ("context", new(FieldType.Text)), ("citations", new(FieldType.Map))),
        ["bash_code_execution_tool_result"] = ServerResult(),
        ["code_execution_tool_result"] = ServerResult(),
        ["image"] = Block(("source", new(FieldType.Map, Required: true))),
        ["redacted_thinking"] = Bare(("data", new(FieldType.Text, Required: true))),
        ["search_result"] = Block(
            ("source", new(FieldType.Text, Required: true)), ("title", new(FieldType.Text, Required: true)),
            ("content", new(FieldType.List, Required: true)), ("citations", new(FieldType.Map))),
        ["server_tool_use"] = Block(
            ("id", new(FieldType.Text, Required: true)), ("name", new(FieldType.Text, Required: true)), ("input", new(FieldType.Map, Required: true)), ("caller", new(FieldType.Map))),
        ["text"] = Block(("text", new(FieldType.Text, Required: true)), ("citations", new(FieldType.List))),
        ["text_editor_code_execution_tool_result"] = ServerResult(),
        ["thinking"] = Bare(("thinking", new(FieldType.Text, Required: true)), ("signature", new(FieldType.Text, Required: true))),
        ["tool_result"] = Block(
            ("tool_use_id", new(FieldType.Text, Required: true)), ("content", new(FieldType.TextOrList)), ("is_error", new(FieldType.Flag))),
        ["tool_search_tool_result"] = ServerResult(),
        ["tool_use"] = Block(
            ("id", new(FieldType.Text, Required: true)), ("name", new(FieldType.Text, Required: true)),
            ("input", new(FieldType.Map, Required: true)), ("caller", new(FieldType.Map))),
        ["web_fetch_tool_result"] = ServerResult(),
        ["web_search_tool_result"] = ServerResult(),
    };

    private static FieldTable Bare(params (string Name, Field Field)[] fields) => new(new Dictionary<string, Field>(
        fields.Select(entry => KeyValuePair.Create(entry.Name, entry.Field)))
    { ["type"] = new(FieldType.Text, Required: true) });

    /// <summary>What a tool of the provider gave; it stands in the assistant's own message.</summary>
    private static FieldTable ServerResult() => Block(
        ("tool_use_id", new(FieldType.Text, Required: true)), ("content", new(FieldType.Any, Required: true)), ("caller", new(FieldType.Map)));

    private static FieldTable Block(params (string Name, Field Field)[] fields) => Bare([.. fields, ("cache_control", new Field(FieldType.Map))]);
}
