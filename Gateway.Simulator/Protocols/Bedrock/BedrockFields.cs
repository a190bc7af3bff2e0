namespace Gateway.Simulator.Protocols.Bedrock;

/// <summary>The members of requests, messages, tools and content blocks.</summary>
internal static class BedrockFields
{
    public static readonly FieldTable Converse = new(new Dictionary<string, Field>
    {
        ["messages"] = new(FieldType.List),
        ["additionalModelRequestFields"] = new(FieldType.Map),
        ["additionalModelResponseFieldPaths"] = new(FieldType.List),
        ["guardrailConfig"] = new(FieldType.Map),
        ["inferenceConfig"] = new(FieldType.Map),
        ["outputConfig"] = new(FieldType.Map),
        ["performanceConfig"] = new(FieldType.Map),
        ["promptVariables"] = new(FieldType.Map, Refused: true),
        ["requestMetadata"] = new(FieldType.Map),
        ["serviceTier"] = new(FieldType.Map),
        ["system"] = new(FieldType.List),
        ["toolConfig"] = new(FieldType.Map),
    });

    public static readonly FieldTable CountTokens = new(new Dictionary<string, Field> { ["input"] = new(FieldType.Map, Required: true) });

    public static readonly FieldTable CountInput = new(new Dictionary<string, Field> { ["converse"] = new(FieldType.Map, Required: true) });

    public static readonly FieldTable Inference = new(new Dictionary<string, Field>
    {
        ["maxTokens"] = new(FieldType.Integer, Min: 1),
        ["stopSequences"] = new(FieldType.List),
        ["temperature"] = new(FieldType.Number, Min: 0, Max: 1),
        ["topP"] = new(FieldType.Number, Min: 0, Max: 1),
    });

    public static readonly FieldTable Message = new(new Dictionary<string, Field>
    {
        ["role"] = new(FieldType.Text, Required: true, OneOf: ["user", "assistant"]),
        ["content"] = new(FieldType.List, Required: true),
    });

    public static readonly FieldTable ToolConfig = new(new Dictionary<string, Field>
    {
        ["tools"] = new(FieldType.List, Required: true),
        ["toolChoice"] = new(FieldType.Map),
    });

    public static readonly FieldTable ToolSpec = new(new Dictionary<string, Field>
    {
        ["name"] = new(FieldType.Text, Required: true),
        ["description"] = new(FieldType.Text),
        ["inputSchema"] = new(FieldType.Map, Required: true),
        ["strict"] = new(FieldType.Flag),
    });

    public static readonly FieldTable NamedTool = new(new Dictionary<string, Field> { ["name"] = new(FieldType.Text, Required: true) });

    public static readonly FieldTable InputSchema = new(new Dictionary<string, Field> { ["json"] = new(FieldType.Map, Required: true) });

    public static readonly FieldTable ToolUse = new(new Dictionary<string, Field>
    {
        ["toolUseId"] = new(FieldType.Text, Required: true),
        ["name"] = new(FieldType.Text, Required: true),
        ["input"] = new(FieldType.Map, Required: true),
        ["type"] = new(FieldType.Text),
    });

    public static readonly FieldTable ToolResult = new(new Dictionary<string, Field>
    {
        ["toolUseId"] = new(FieldType.Text, Required: true),
        ["content"] = new(FieldType.List, Required: true),
        ["status"] = new(FieldType.Text, OneOf: ["success", "error"]),
        ["type"] = new(FieldType.Text),
    });

    public static readonly FieldTable Image = new(new Dictionary<string, Field>
    {
        ["format"] = new(FieldType.Text, Required: true, OneOf: ["png", "jpeg", "gif", "webp"]),
        ["source"] = new(FieldType.Map, Required: true),
    });

    public static readonly FieldTable Document = new(new Dictionary<string, Field>
    {
        ["name"] = new(FieldType.Text, Required: true),
        ["source"] = new(FieldType.Map, Required: true),
        ["format"] = new(FieldType.Text, OneOf: ["pdf", "csv", "doc", "docx", "xls", "xlsx", "html", "txt", "md"]),
        ["context"] = new(FieldType.Text),
        ["citations"] = new(FieldType.Map),
    });

    public static readonly FieldTable CachePoint = new(new Dictionary<string, Field>
    {
        ["type"] = new(FieldType.Text, Required: true, OneOf: ["default"]),
        ["ttl"] = new(FieldType.Text, OneOf: ["5m", "1h"]),
    });

    public static readonly FieldTable Reasoning = new(new Dictionary<string, Field>
    {
        ["reasoningText"] = new(FieldType.Map),
        ["redactedContent"] = new(FieldType.Text),
    });

    public static readonly FieldTable ReasoningText = new(new Dictionary<string, Field>
    {
        ["text"] = new(FieldType.Text, Required: true),
        ["signature"] = new(FieldType.Text),
    });
}
