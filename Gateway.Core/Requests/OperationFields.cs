namespace Gateway.Core.Requests;

/// <summary>Which fields steer an operation, and which of them must be there. Fields of one protocol mean nothing in another.</summary>
internal sealed class OperationFields
{
    private static readonly KnownMember Model = new(KnownField.Model, FieldRule.Model, "model");
    private static readonly KnownMember Stream = new(KnownField.Stream, FieldRule.Stream, "stream");
    private static readonly KnownMember MaxTokens = new(KnownField.MaxTokens, FieldRule.MaxTokens, "max_tokens");
    private static readonly KnownMember User = new(KnownField.User, FieldRule.User, "user");
    private static readonly KnownMember SafetyIdentifier = new(KnownField.SafetyIdentifier, FieldRule.SafetyIdentifier, "safety_identifier");
    private static readonly KnownMember FilledMessages = new(KnownField.Messages, FieldRule.FilledArray, "messages");

    /// <summary>Fields inside <c>provider</c>, as bits of <see cref="KnownField"/>.</summary>
    public const ulong PreferenceMask =
        1UL << (int)KnownField.ProviderOrder | 1UL << (int)KnownField.ProviderOnly | 1UL << (int)KnownField.ProviderIgnore | 1UL << (int)KnownField.ProviderSort
        | 1UL << (int)KnownField.AllowFallbacks | 1UL << (int)KnownField.MaxPrice;

    /// <summary>Of LiteLLM's proxy and of OpenRouter. No provider has fields of these names.</summary>
    private static readonly KnownMember[] Foreign =
    [
        .. new[] { "api_base", "base_url", "api_key", "custom_llm_provider", "model_list", "fallbacks", "mock_response", "extra_body", "extra_headers", "extra_query", "route", "preset" }
            .Select(static name => new KnownMember(KnownField.Foreign, FieldRule.Foreign, name)),
    ];

    // As OpenRouter has them. Neither OpenAI nor Anthropic has fields of these names.
    private static readonly KnownMember[] Steering =
    [
        new(KnownField.Models, FieldRule.Models, "models"),
        new(KnownField.Provider, FieldRule.Provider, "provider", members:
        [
            new(KnownField.ProviderOrder, FieldRule.ProviderOrder, "order", "provider.order"),
            new(KnownField.ProviderOnly, FieldRule.ProviderOnly, "only", "provider.only"),
            new(KnownField.ProviderIgnore, FieldRule.ProviderIgnore, "ignore", "provider.ignore"),
            new(KnownField.ProviderSort, FieldRule.ProviderSort, "sort", "provider.sort"),
            new(KnownField.AllowFallbacks, FieldRule.AllowFallbacks, "allow_fallbacks", "provider.allow_fallbacks"),
            new(KnownField.MaxPrice, FieldRule.MaxPrice, "max_price", "provider.max_price",
            [
                new(KnownField.PromptPrice, FieldRule.Price, "prompt", "provider.max_price.prompt"),
                new(KnownField.CompletionPrice, FieldRule.Price, "completion", "provider.max_price.completion"),
            ]),
        ]),
        .. Foreign,
    ];

    private static readonly OperationFields ChatCompletions = new([.. OpenAI(messages: FieldRule.FilledArray), .. Steering], KnownField.Messages);
    private static readonly OperationFields Completions = new([.. OpenAI(prompt: FieldRule.StringOrArray), .. Steering], KnownField.Prompt);
    private static readonly OperationFields Embeddings = new([.. OpenAI(input: FieldRule.StringOrArray), .. Steering], KnownField.Input);
    private static readonly OperationFields Moderations = new([.. OpenAI(input: FieldRule.StringOrArray), .. Foreign], KnownField.Input) { NeedsModel = false };

    private static readonly OperationFields ImageGenerations = new(
        [Model, Stream, new(KnownField.Candidates, FieldRule.Candidates, "n"), User, new(KnownField.Prompt, FieldRule.StringOrArray, "prompt"), .. Foreign], KnownField.Prompt);

    private static readonly OperationFields Speech = new([Model, new(KnownField.Input, FieldRule.StringOrArray, "input"), .. Foreign], KnownField.Input);
    private static readonly OperationFields Rerank = new([Model, new(KnownField.Documents, FieldRule.FilledArray, "documents"), .. Foreign], KnownField.Documents);

    // What a response continues may stand in for its input.
    private static readonly KnownMember[] ResponsesInput =
    [
        new(KnownField.Input, FieldRule.OptionalStringOrArray, "input"),
        new(KnownField.PreviousResponse, FieldRule.OptionalString, "previous_response_id"),
        new(KnownField.Conversation, FieldRule.Any, "conversation"),
        new(KnownField.Prompt, FieldRule.Any, "prompt"),
    ];

    private static readonly OperationFields Responses = new(
        [Model, Stream, new(KnownField.MaxTokens, FieldRule.MaxTokens, "max_output_tokens"), User, SafetyIdentifier, .. ResponsesInput, .. Steering],
        KnownField.Input, KnownField.PreviousResponse, KnownField.Conversation, KnownField.Prompt);

    private static readonly OperationFields ResponsesInputTokens = new(
        [Model, .. ResponsesInput, .. Steering], KnownField.Input, KnownField.PreviousResponse, KnownField.Conversation, KnownField.Prompt);

    private static readonly OperationFields Messages = new(
        [Model, Stream, MaxTokens, new(KnownField.Metadata, FieldRule.Members, "metadata", members: [new(KnownField.User, FieldRule.User, "user_id", "metadata.user_id")]), FilledMessages, .. Steering],
        KnownField.Messages)
    { NeedsMaxTokens = true };

    private static readonly OperationFields MessagesCountTokens = new([Model, FilledMessages, .. Steering], KnownField.Messages);

    private static readonly KnownMember PathModel = new(KnownField.Model, FieldRule.PathModel, "model");
    private static readonly KnownMember Contents = new(KnownField.Contents, FieldRule.ArrayOrObject, "contents");

    private static readonly OperationFields GenerateContent = new(
        [PathModel, Contents, .. Spellings(KnownField.GenerationConfig, FieldRule.Members, "generationConfig", "generation_config", "", GenerationConfig)],
        KnownField.Contents)
    { NeedsModel = false };

    private static readonly OperationFields GeminiCountTokens = new(
        [PathModel, Contents, .. Spellings(KnownField.CountedRequest, FieldRule.Members, "generateContentRequest", "generate_content_request", "", Counted)],
        KnownField.Contents, KnownField.CountedRequest)
    { NeedsModel = false };

    private static readonly OperationFields EmbedContent = new(
        [PathModel, new(KnownField.Contents, FieldRule.Object, "content")], KnownField.Contents)
    { NeedsModel = false };

    private static readonly OperationFields BatchEmbedContents = new(
        [PathModel, new(KnownField.Requests, FieldRule.MemberList, "requests", members: [new(KnownField.RequestModel, FieldRule.PathModel, "model", "requests.model")])],
        KnownField.Requests)
    { NeedsModel = false };

    private static readonly KnownMember Options = new(
        KnownField.Options, FieldRule.Members, "options", members: [new(KnownField.MaxTokens, FieldRule.NumPredict, "num_predict", "options.num_predict")]);

    private static readonly OperationFields OllamaChat = new([Model, Stream, Options, FilledMessages], KnownField.Messages) { StreamsByDefault = true };

    // Without a prompt it loads the model.
    private static readonly OperationFields OllamaGenerate = new([Model, Stream, Options, new(KnownField.Prompt, FieldRule.OptionalString, "prompt")]) { StreamsByDefault = true };

    private static readonly OperationFields OllamaEmbed = new([Model, new(KnownField.Input, FieldRule.StringOrArray, "input")], KnownField.Input);
    private static readonly OperationFields OllamaEmbeddings = new([Model, new(KnownField.Prompt, FieldRule.OptionalString, "prompt")], KnownField.Prompt);

    private OperationFields(KnownMember[] members, params KnownField[] content)
    {
        Members = members;
        ContentName = content.Length == 0 ? "" : members.First(member => member.Field == content[0]).Path;
        foreach (var field in content)
        {
            ContentMask |= 1UL << (int)field;
        }
    }

    /// <summary>Known members of the body itself.</summary>
    public KnownMember[] Members { get; }

    /// <summary>The fields of which one must be there, as bits of <see cref="KnownField"/>; 0 for none.</summary>
    public ulong ContentMask { get; }

    /// <summary>The usual one of them, for errors.</summary>
    public string ContentName { get; }

    public bool NeedsModel { get; private init; } = true;

    public bool NeedsMaxTokens { get; private init; }

    public bool StreamsByDefault { get; private init; }

    // Expressions, since static fields are made in the order of the text.
    private static KnownMember[] GenerationConfig =>
    [
        .. Spellings(KnownField.MaxTokens, FieldRule.LooseMaxTokens, "maxOutputTokens", "max_output_tokens", "generationConfig."),
        .. Spellings(KnownField.Candidates, FieldRule.LooseCandidates, "candidateCount", "candidate_count", "generationConfig."),
    ];

    private static KnownMember[] Counted => [new(KnownField.CountedModel, FieldRule.PathModel, "model", "generateContentRequest.model")];

    public static OperationFields Of(LlmOperation operation) => operation switch
    {
        LlmOperation.ChatCompletions => ChatCompletions,
        LlmOperation.Completions => Completions,
        LlmOperation.Embeddings => Embeddings,
        LlmOperation.Moderations => Moderations,
        LlmOperation.Responses => Responses,
        LlmOperation.ResponsesInputTokens => ResponsesInputTokens,
        LlmOperation.Messages => Messages,
        LlmOperation.MessagesCountTokens => MessagesCountTokens,
        LlmOperation.GenerateContent => GenerateContent,
        LlmOperation.EmbedContent => EmbedContent,
        LlmOperation.BatchEmbedContents => BatchEmbedContents,
        LlmOperation.GeminiCountTokens => GeminiCountTokens,
        LlmOperation.OllamaChat => OllamaChat,
        LlmOperation.OllamaGenerate => OllamaGenerate,
        LlmOperation.OllamaEmbed => OllamaEmbed,
        LlmOperation.OllamaEmbeddings => OllamaEmbeddings,
        LlmOperation.ImageGenerations => ImageGenerations,
        LlmOperation.Speech => Speech,
        LlmOperation.Rerank => Rerank,
        LlmOperation.ImageEdits or LlmOperation.ImageVariations or LlmOperation.Transcriptions or LlmOperation.SpeechTranslations
            or LlmOperation.Files => throw new ArgumentOutOfRangeException(nameof(operation), operation, "Its body is a form."),
        LlmOperation.Converse or LlmOperation.BedrockCountTokens => throw new ArgumentOutOfRangeException(nameof(operation), operation, "No client speaks it."),
    };

    /// <summary>All operations of OpenAI know the same names; each reads only its own content.</summary>
    private static KnownMember[] OpenAI(FieldRule messages = FieldRule.Any, FieldRule prompt = FieldRule.Any, FieldRule input = FieldRule.Any) =>
    [
        Model, Stream,
        new(KnownField.StreamOptions, FieldRule.StreamOptions, "stream_options", members: [new(KnownField.IncludeUsage, FieldRule.IncludeUsage, "include_usage", "stream_options.include_usage")]),
        MaxTokens, new(KnownField.MaxCompletionTokens, FieldRule.MaxCompletionTokens, "max_completion_tokens"),
        new(KnownField.Candidates, FieldRule.Candidates, "n"), User, SafetyIdentifier,
        new(KnownField.Messages, messages, "messages"), new(KnownField.Prompt, prompt, "prompt"), new(KnownField.Input, input, "input"),
    ];

    /// <summary>Gemini takes both spellings of a name. They are one field, so both at once are one too many.</summary>
    private static KnownMember[] Spellings(KnownField field, FieldRule rule, string camel, string snake, string parent, KnownMember[]? members = null) =>
        [new(field, rule, camel, parent + camel, members), new(field, rule, snake, parent + snake, members)];
}
