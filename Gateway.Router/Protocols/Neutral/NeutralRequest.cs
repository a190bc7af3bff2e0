using System.Text.Json;

namespace Gateway.Router.Protocols.Neutral;

/// <summary>
/// A chat request in no protocol's words: what a client protocol reads and an upstream protocol writes. Lives for one request, and not
/// longer than the client's body, which its <see cref="JsonElement"/>s point into.
/// </summary>
/// <remarks>Absent means absent: null is never written as a JSON null, and no default is invented here.</remarks>
internal sealed class NeutralRequest
{
    /// <summary>Model as the client asked for it.</summary>
    public required string Model { get; init; }

    public bool Stream { get; set; }

    /// <summary>Instructions before the first turn, as text parts in their order.</summary>
    public List<NeutralPart> System { get; } = [];

    /// <summary>The talk. Neighbours may have the same role; who writes them merges where its protocol wants alternation.</summary>
    public List<NeutralTurn> Turns { get; } = [];

    public List<NeutralTool> Tools { get; } = [];

    /// <summary>Null when the client said nothing.</summary>
    public NeutralToolChoice? ToolChoice { get; set; }

    /// <summary>Whether several calls may come in one turn; null when the client said nothing.</summary>
    public bool? ParallelToolCalls { get; set; }

    /// <summary>Null for plain text.</summary>
    public NeutralOutput? Output { get; set; }

    /// <summary>Cap on output tokens; null when none was given.</summary>
    public long? MaxOutput { get; set; }

    public double? Temperature { get; set; }

    public double? TopP { get; set; }

    public long? TopK { get; set; }

    public double? FrequencyPenalty { get; set; }

    public double? PresencePenalty { get; set; }

    public long? Seed { get; set; }

    /// <summary>Stop sequences; empty ones are already removed.</summary>
    public List<string> Stop { get; } = [];

    /// <summary>Log probabilities of the chosen tokens are wanted.</summary>
    public bool Logprobs { get; set; }

    /// <summary>Alternatives per token; null when none were asked for.</summary>
    public long? TopLogprobs { get; set; }

    /// <summary>Answers wanted.</summary>
    public int CandidateCount { get; set; } = 1;

    /// <summary>OpenAI's map of token id to bias.</summary>
    public JsonElement? LogitBias { get; set; }

    /// <summary>Null when the client said nothing about it.</summary>
    public NeutralReasoning? Reasoning { get; set; }

    /// <summary>Id of the client's own end user.</summary>
    public string? EndUser { get; set; }

    /// <summary>Pairs for the provider's records, without <see cref="EndUser"/>.</summary>
    public JsonElement? Metadata { get; set; }

    /// <summary>In OpenAI's words: auto, default, flex, scale, priority.</summary>
    public string? ServiceTier { get; set; }

    /// <summary>In OpenAI's words: low, medium, high.</summary>
    public string? Verbosity { get; set; }

    public bool? Store { get; set; }

    public string? PromptCacheKey { get; set; }

    /// <summary>Ollama's <c>num_ctx</c>.</summary>
    public long? ContextWindow { get; set; }

    /// <summary>OpenAI's <c>stream_options.include_usage</c>; protocols that always report usage set it.</summary>
    public bool IncludeUsage { get; set; }

    /// <summary>What only the client's protocol has: dropped or refused when another one is spoken to.</summary>
    public List<ForeignField> Foreign { get; } = [];

    /// <summary>What the client protocol must remember to write the answer in the client's dialect (legacy functions, echoed members). Holds no <see cref="JsonElement"/> of the body.</summary>
    public object? ClientState { get; set; }
}

/// <summary>A field without a neutral twin.</summary>
/// <param name="Path">As the client wrote it.</param>
/// <param name="ChangesAnswer">Dropping it would silently change what the caller gets: refused instead.</param>
internal readonly record struct ForeignField(SourcePath Path, bool ChangesAnswer);

internal enum NeutralRole
{
    User,
    Assistant,

    /// <summary>Results of tool calls, one part each.</summary>
    Tool,

    /// <summary>Instructions in the middle of the talk.</summary>
    System,
}

/// <summary>One turn of the talk.</summary>
internal sealed class NeutralTurn(NeutralRole role, SourcePath path)
{
    public NeutralRole Role { get; } = role;

    /// <summary>Where it stood, without a member.</summary>
    public SourcePath Path { get; } = path;

    public List<NeutralPart> Parts { get; } = [];

    /// <summary>OpenAI's <c>name</c> of the speaker.</summary>
    public string? Name { get; set; }
}

/// <summary>A function that the model may call.</summary>
/// <param name="Name">As the client named it.</param>
/// <param name="Description">Null when absent.</param>
/// <param name="Parameters">JSON schema; null when absent.</param>
/// <param name="Strict">Null when absent.</param>
/// <param name="Path">Where it stood.</param>
internal sealed record NeutralTool(string Name, string? Description, JsonElement? Parameters, bool? Strict, SourcePath Path)
{
    /// <summary>An Anthropic cache mark stood on it.</summary>
    public CacheMark? Cache { get; init; }

    /// <summary>OpenAI responses' <c>custom</c> tool: one text argument, written as a function with the string argument <c>input</c>.</summary>
    public bool IsCustom { get; init; }
}

internal enum ToolChoiceMode
{
    Auto,

    /// <summary>At least one call.</summary>
    Any,

    /// <summary>A call of the one tool in <see cref="NeutralToolChoice.Names"/>.</summary>
    Named,

    None,
}

/// <param name="Mode">What the model may or must do.</param>
/// <param name="Names">The tools that it may choose among; null for all. Exactly one for <see cref="ToolChoiceMode.Named"/>.</param>
internal sealed record NeutralToolChoice(ToolChoiceMode Mode, IReadOnlyList<string>? Names = null);

internal enum OutputKind
{
    JsonObject,
    JsonSchema,
}

/// <param name="Kind">Any JSON object, or one that fits <paramref name="Schema"/>.</param>
/// <param name="Schema">JSON schema; set exactly for <see cref="OutputKind.JsonSchema"/>.</param>
/// <param name="Name">Null when the client's protocol has none.</param>
/// <param name="Description">Null when absent.</param>
/// <param name="Strict">Null when absent.</param>
/// <param name="Path">Where it stood.</param>
internal sealed record NeutralOutput(OutputKind Kind, JsonElement? Schema, string? Name, string? Description, bool? Strict, SourcePath Path);

internal enum ReasoningMode
{
    /// <summary>The client wants none.</summary>
    Off,

    /// <summary>The model decides how much.</summary>
    Auto,

    /// <summary>By <see cref="NeutralReasoning.Effort"/>.</summary>
    Effort,

    /// <summary>By <see cref="NeutralReasoning.Budget"/>.</summary>
    Budget,
}

/// <param name="Mode">How much reasoning.</param>
/// <param name="Effort">minimal, low, medium, high, xhigh or max; set for <see cref="ReasoningMode.Effort"/>.</param>
/// <param name="Budget">Tokens; set for <see cref="ReasoningMode.Budget"/>.</param>
/// <param name="Show">Whether the client wants to see it; null when it said nothing.</param>
/// <param name="Path">Where it stood.</param>
internal sealed record NeutralReasoning(ReasoningMode Mode, string? Effort, long? Budget, bool? Show, SourcePath Path);

/// <param name="Ttl">Anthropic's time to live (5m, 1h), or null.</param>
internal sealed record CacheMark(string? Ttl);
