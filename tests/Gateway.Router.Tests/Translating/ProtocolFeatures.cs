using Gateway.Core.Requests;

namespace Gateway.Router.Tests.Translating;

/// <summary>
/// Every feature of the table, in its order. All clients ask with the same values, so that one look at a written body tells whether the
/// value arrived; values are such that nothing else in a body looks like them.
/// </summary>
internal static class ProtocolFeatures
{
    public const string Png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    public const string Pdf = "JVBERi0xLjQKJcOkw7zDtsOf";
    public const string Wav = "UklGRiQAAABXQVZFZm10IBAAAAABAAEA";

    public static readonly ProtocolFeature Plain = Says("text", "PLAINTEXT");
    public static readonly ProtocolFeature Stream = new("stream", static (written, column) =>
        written.Contains("\"stream\":true", StringComparison.Ordinal) || Path(column, true) != Path(column, false));
    public static readonly ProtocolFeature StreamUsage = new("usage in streams", static (written, column) =>
        written.Contains("\"include_usage\":true", StringComparison.Ordinal) || column.Protocol.OperationFor(LlmKind.Chat, column.Traits) != LlmOperation.ChatCompletions)
    { IsAlwaysWritten = true };

    public static readonly ProtocolFeature MaxOutput = Says("max output", "321");
    public static readonly ProtocolFeature Temperature = Says("temperature", "0.37");
    public static readonly ProtocolFeature HighTemperature = Says("temperature above 1", "1.53");
    public static readonly ProtocolFeature TopP = Says("top_p", "0.83");
    public static readonly ProtocolFeature TopK = Says("top_k", "47");
    public static readonly ProtocolFeature Stop = Says("stop sequences", "STOPONE");
    public static readonly ProtocolFeature ManyStops = Says("more than 4 stop sequences", "STOPONE", "STOPFIVE");
    public static readonly ProtocolFeature FrequencyPenalty = Says("frequency penalty", "0.61");
    public static readonly ProtocolFeature PresencePenalty = Says("presence penalty", "0.62");
    public static readonly ProtocolFeature Seed = Says("seed", "4242");
    public static readonly ProtocolFeature Logprobs = OneOf("log probabilities", "\"logprobs\":true", "\"responseLogprobs\":true", "output_text.logprobs");
    public static readonly ProtocolFeature Candidates = OneOf("several answers", "\"n\":2", "\"candidateCount\":2");
    public static readonly ProtocolFeature LogitBias = Says("logit bias", "50256");

    public static readonly ProtocolFeature System = Says("system prompt", "SYSTEMTEXT");
    public static readonly ProtocolFeature MidSystem = Says("system in the middle", "MIDDLETEXT");
    public static readonly ProtocolFeature AssistantFirst = Says("assistant first", "FIRSTWORDS");
    public static readonly ProtocolFeature Prefill = Says("prefill (assistant last)", "PREFILLTEXT");
    public static readonly ProtocolFeature SpeakerName = Says("name of a speaker", "ALICE");

    public static readonly ProtocolFeature Tools = Says("tools", "get_weather", "CITYPARAM");
    public static readonly ProtocolFeature StrictTools = Says("strict tools", "\"strict\":true");
    public static readonly ProtocolFeature ChoiceRequired = OneOf("tool choice: required", "\"tool_choice\":\"required\"", "\"type\":\"any\"", "\"ANY\"", "\"any\":{");
    public static readonly ProtocolFeature ChoiceNamed = OneOf(
        "tool choice: named", "\"tool_choice\":{\"type\":\"function\"", "{\"type\":\"tool\",\"name\":\"get_weather\"", "\"allowedFunctionNames\":[\"get_weather\"]", "\"tool\":{\"name\":\"get_weather\"}");
    public static readonly ProtocolFeature ChoiceNone = new("tool choice: none", static (written, _) =>
        !written.Contains("get_weather", StringComparison.Ordinal) || Contains(written, "\"tool_choice\":\"none\"", "{\"type\":\"none\"}", "\"NONE\""));
    public static readonly ProtocolFeature ParallelOff = OneOf("one call at a time", "\"parallel_tool_calls\":false", "\"disable_parallel_tool_use\":true");
    public static readonly ProtocolFeature ParallelResults = Says("parallel calls and results", "RESULTONE", "RESULTTWO", "get_weather", "get_time");
    public static readonly ProtocolFeature FailedResult = OneOf("failed tool result", "\"is_error\":true", "\"status\":\"error\"", "\"error\":\"RESULTONE\"");
    public static readonly ProtocolFeature ImageResult = Says("image in a tool result", Png);
    public static readonly ProtocolFeature CustomTool = Says("custom tool", "run_sql");
    public static readonly ProtocolFeature HostedTool = Says("tool that the provider runs", "search");

    public static readonly ProtocolFeature ImageData = Says("image as base64", Png);
    public static readonly ProtocolFeature ImageUrl = Says("image by address", "https://images.example/cat.png");
    public static readonly ProtocolFeature ImageDetail = Says("image detail", "\"detail\":\"low\"");
    public static readonly ProtocolFeature PdfData = Says("PDF", Pdf);
    public static readonly ProtocolFeature AudioIn = Says("audio", Wav);
    public static readonly ProtocolFeature FileId = Says("file by id", "file-abc123");
    public static readonly ProtocolFeature AudioOut = Says("audio as answer", "alloy");

    public static readonly ProtocolFeature JsonObject = OneOf("JSON object", "\"json_object\"", "\"application/json\"", "\"format\":\"json\"");
    public static readonly ProtocolFeature JsonSchema = Says("JSON schema", "SCHEMAFIELD");
    public static readonly ProtocolFeature Verbosity = Says("verbosity", "\"verbosity\":\"low\"");

    public static readonly ProtocolFeature Effort = OneOf(
        "reasoning effort", "\"reasoning_effort\":\"high\"", "\"effort\":\"high\"", "\"thinkingLevel\":\"high\"", "\"thinkingLevel\":\"HIGH\"", "\"think\":\"high\"", "\"budget_tokens\":16384");
    public static readonly ProtocolFeature Budget = Says("reasoning budget", "5123");
    public static readonly ProtocolFeature ReasoningOff = new("reasoning off", static (written, column) =>
        Contains(written, "\"reasoning_effort\":\"none\"", "\"effort\":\"none\"", "\"type\":\"disabled\"", "\"thinkingBudget\":0", "\"think\":false")
        || (column.Name is ProtocolTableColumn.Anthropic or ProtocolTableColumn.Bedrock && !written.Contains("thinking", StringComparison.Ordinal)))
    { IsAlwaysWritten = true };

    /// <summary>Some show it whenever they reason, and servers that resemble OpenAI whenever they have it: there is nothing to ask for.</summary>
    public static readonly ProtocolFeature ReasoningShown = new("reasoning shown", static (written, column) => column.Name == ProtocolTableColumn.Compatible
        || Contains(written, "\"summary\":\"auto\"", "\"includeThoughts\":true", "\"display\":\"summarized\"", "\"thinking\":{\"type\":\"enabled\"", "\"think\":true", "\"think\":\"high\""))
    { IsAlwaysWritten = true };

    public static readonly ProtocolFeature ReasoningBack = Says("reasoning in the history", "REASONTEXT");

    public static readonly ProtocolFeature CacheMarks = OneOf("cache marks", "\"cache_control\"", "\"cachePoint\"") with { IsDroppedInSilence = true };
    public static readonly ProtocolFeature PromptCacheKey = Says("prompt cache key", "cachekey-9");
    public static readonly ProtocolFeature EndUser = Says("end-user id", "end-user-77");
    public static readonly ProtocolFeature Metadata = Says("metadata", "metavalue");
    public static readonly ProtocolFeature ServiceTier = Says("service tier: flex", "\"flex\"");
    public static readonly ProtocolFeature StandardTier = OneOf("service tier: default", "\"service_tier\":\"default\"", "\"service_tier\":\"standard_only\"", "\"serviceTier\":\"standard\"", "\"serviceTier\":\"STANDARD\"", "\"service_tier\":{\"type\":\"default\"}", "\"serviceTier\":{\"type\":\"default\"}");
    public static readonly ProtocolFeature Store = Says("store", "\"store\":true");
    public static readonly ProtocolFeature PreviousResponse = Says("earlier response", "EARLIERTEXT");
    public static readonly ProtocolFeature ContextWindow = Says("context window", "8191");
    public static readonly ProtocolFeature SafetySettings = Says("safety settings", "BLOCK_NONE");
    public static readonly ProtocolFeature CachedContent = Says("cached content", "cachedContents/9");
    public static readonly ProtocolFeature Prediction = Says("prediction", "PREDICTED");
    public static readonly ProtocolFeature Truncation = Says("truncation", "\"truncation\":\"auto\"");
    public static readonly ProtocolFeature Unknown = Says("unknown field", "made_up");

    public static readonly ProtocolFeature Completion = Says("completion of a prompt", "PLAINTEXT");
    public static readonly ProtocolFeature Suffix = Says("text after the completion", "SUFFIXTEXT");
    public static readonly ProtocolFeature Embeddings = Says("embeddings", "PLAINTEXT");
    public static readonly ProtocolFeature Dimensions = Says("embeddings: dimensions", "333");
    public static readonly ProtocolFeature TaskType = Says("embeddings: task type", "RETRIEVAL_QUERY");
    public static readonly ProtocolFeature TokenIds = Says("embeddings: token ids", "9906");
    public static readonly ProtocolFeature TokenCount = Says("token count", "PLAINTEXT");

    private static ProtocolFeature Says(string name, params string[] all) => new(name, (written, _) =>
        all.All(marker => written.Contains(marker, StringComparison.OrdinalIgnoreCase)));

    private static ProtocolFeature OneOf(string name, params string[] any) => new(name, (written, _) => Contains(written, any));

    private static bool Contains(string written, params string[] any) => any.Any(marker => written.Contains(marker, StringComparison.Ordinal));

    private static string? Path(ProtocolTableColumn column, bool stream) =>
        column.Protocol.OperationFor(LlmKind.Chat, column.Traits) is { } operation ? column.Protocol.PathFor(operation, stream, column.Model, column.Traits) : null;
}
