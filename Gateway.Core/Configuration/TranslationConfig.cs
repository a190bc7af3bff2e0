namespace Gateway.Core.Configuration;

/// <summary>What becomes of a field that the upstream's protocol has no place for.</summary>
public enum UnmappableFields
{
    /// <summary>Dropped or adapted, and named in <c>x-gateway-warning</c>; what would change the answer is refused all the same.</summary>
    Drop,

    /// <summary>Refused.</summary>
    Reject,
}

/// <summary>What becomes of instructions in the middle of a talk where the protocol has no place for them.</summary>
public enum MidSystemMode
{
    /// <summary>Appended to the system prompt.</summary>
    Hoist,

    /// <summary>Sent as text of the user.</summary>
    Inline,

    Reject,
}

/// <summary>How requests for a model group are translated where client and upstream speak different protocols.</summary>
public sealed record TranslationConfig
{
    public UnmappableFields Unmappable { get; init; }

    public MidSystemMode MidSystem { get; init; }

    /// <summary>Goes before a talk that begins with the assistant, where the protocol wants the user first; null refuses such talks.</summary>
    public string? LeadUser { get; init; }

    /// <summary>Output cap where the protocol wants one and the client named none; null for the deployment's <c>max_output</c>, else 4096.</summary>
    public long? DefaultMaxTokens { get; init; }

    /// <summary>A tool choice that the upstream cannot say is refused instead of adapted.</summary>
    public bool StrictTools { get; init; }

    /// <summary>Answers name the upstream's model instead of the one that was asked for.</summary>
    public bool EchoUpstreamModel { get; init; }
}

/// <summary>
/// What is special about a server beyond its protocol. Null follows from the provider's address, where a vendor is known, else from the
/// protocol. A deployment's quirks go before its provider's.
/// </summary>
public sealed record QuirksConfig
{
    /// <summary>Wants <c>max_completion_tokens</c> instead of <c>max_tokens</c>.</summary>
    public bool? MaxCompletionTokens { get; init; }

    /// <summary>Knows the role <c>developer</c>.</summary>
    public bool? DeveloperRole { get; init; }

    /// <summary>Has OpenAI's responses endpoint.</summary>
    public bool? Responses { get; init; }

    /// <summary>Is asked by its responses endpoint also for clients of another protocol.</summary>
    public bool? PreferResponses { get; init; }

    /// <summary>Azure's <c>api-version</c> of deployment paths.</summary>
    public string? ApiVersion { get; init; }

    /// <summary>Takes <c>stream_options.include_usage</c>.</summary>
    public bool? StreamUsage { get; init; }

    /// <summary>Wants <c>reasoning_content</c> back in the history.</summary>
    public bool? EchoReasoning { get; init; }

    /// <summary>Understands <c>cache_control</c> in OpenAI's content parts.</summary>
    public bool? CacheControl { get; init; }

    /// <summary>Tool call ids must be nine letters or digits.</summary>
    public bool? ShortToolIds { get; init; }

    /// <summary>Takes only its own default temperature.</summary>
    public bool? FixedTemperature { get; init; }

    /// <summary>Has structured output of its own.</summary>
    public bool? JsonSchema { get; init; }

    /// <summary>Reasons.</summary>
    public bool? Reasoning { get; init; }

    /// <summary>These, and where they are silent the others.</summary>
    public QuirksConfig Over(QuirksConfig other) => new()
    {
        MaxCompletionTokens = MaxCompletionTokens ?? other.MaxCompletionTokens,
        DeveloperRole = DeveloperRole ?? other.DeveloperRole,
        Responses = Responses ?? other.Responses,
        PreferResponses = PreferResponses ?? other.PreferResponses,
        ApiVersion = ApiVersion ?? other.ApiVersion,
        StreamUsage = StreamUsage ?? other.StreamUsage,
        EchoReasoning = EchoReasoning ?? other.EchoReasoning,
        CacheControl = CacheControl ?? other.CacheControl,
        ShortToolIds = ShortToolIds ?? other.ShortToolIds,
        FixedTemperature = FixedTemperature ?? other.FixedTemperature,
        JsonSchema = JsonSchema ?? other.JsonSchema,
        Reasoning = Reasoning ?? other.Reasoning,
    };
}
