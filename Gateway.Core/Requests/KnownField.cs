namespace Gateway.Core.Requests;

/// <summary>Fields that steer the gateway. An upstream must never see another value of them than the gateway did.</summary>
internal enum KnownField
{
    Model,
    Stream,
    StreamOptions,
    IncludeUsage,
    MaxTokens,
    MaxCompletionTokens,
    Candidates,
    User,
    SafetyIdentifier,
    Messages,
    Prompt,
    Input,
    PreviousResponse,
    Conversation,
    Metadata,
    Contents,
    GenerationConfig,
    CountedRequest,
    CountedModel,
    Requests,
    RequestModel,
    Options,
    Documents,
    Models,
    Provider,
    ProviderOrder,
    ProviderOnly,
    ProviderIgnore,
    ProviderSort,
    AllowFallbacks,
    MaxPrice,
    PromptPrice,
    CompletionPrice,

    /// <summary>What steers gateways of other makes: where to call, with which key, which model instead.</summary>
    Foreign,
}

/// <summary>How the value of a known field is read.</summary>
internal enum FieldRule
{
    /// <summary>Known by name only: another operation of the protocol steers with it.</summary>
    Any,

    Model,

    /// <summary>A model beside the one in the path: it must be the same.</summary>
    PathModel,
    Stream,
    StreamOptions,
    IncludeUsage,
    MaxTokens,
    MaxCompletionTokens,

    /// <summary>Gemini's cap: its integers may be written with a fraction of zero.</summary>
    LooseMaxTokens,

    /// <summary>Ollama's cap: -1 and -2 stand for none.</summary>
    NumPredict,
    Candidates,
    LooseCandidates,
    User,
    SafetyIdentifier,
    FilledArray,
    ArrayOrObject,
    StringOrArray,
    OptionalStringOrArray,
    OptionalString,
    Object,

    /// <summary>An object with known members, or null.</summary>
    Members,

    /// <summary>A list of objects with known members.</summary>
    MemberList,

    /// <summary>Models to try, in order.</summary>
    Models,

    /// <summary>What providers may serve: an object with known members alone.</summary>
    Provider,
    ProviderOrder,
    ProviderOnly,
    ProviderIgnore,
    ProviderSort,
    AllowFallbacks,

    /// <summary>An object with known members alone.</summary>
    MaxPrice,
    Price,

    /// <summary>Refused whatever its value: an upstream that is a gateway itself would obey it, past what was authorised and priced.</summary>
    Foreign,
}
