namespace Gateway.Router.Protocols.Neutral;

/// <summary>The fields of a <see cref="NeutralRequest"/> that are members and not parts: each client protocol has its own name for them.</summary>
internal enum NeutralField
{
    MaxOutput,
    Temperature,
    TopP,
    TopK,
    FrequencyPenalty,
    PresencePenalty,
    Seed,
    Stop,
    Logprobs,
    TopLogprobs,
    CandidateCount,
    LogitBias,
    Reasoning,
    EndUser,
    Metadata,
    ServiceTier,
    Verbosity,
    Store,
    PromptCacheKey,
    ContextWindow,
    Tools,
    ToolChoice,
    ParallelToolCalls,
    Output,
    System,
    Turns,
}
