using Gateway.Core.Configuration;
using Gateway.Router.Protocols.Responses;

namespace Gateway.Router.Protocols;

/// <summary>What a writer must know about one deployment and its route beyond the protocol. Immutable; made when the configuration loads.</summary>
internal sealed record UpstreamTraits
{
    public static readonly UpstreamTraits Default = new();

    /// <summary>Host of the base URL, for the few rules that are a vendor's own.</summary>
    public string Host { get; init; } = "";

    /// <summary>Output cap where the protocol wants one and the client named none.</summary>
    public long DefaultMaxTokens { get; init; } = 4096;

    /// <summary>Most output tokens of the model; null when not known.</summary>
    public long? MaxOutput { get; init; }

    /// <summary>What becomes of instructions in the middle of a talk where the protocol has no place for them.</summary>
    public MidSystemMode MidSystem { get; init; }

    /// <summary>Text that goes before a talk which begins with the assistant, where the protocol wants the user first; null refuses such talks.</summary>
    public string? LeadUser { get; init; }

    /// <summary>The model takes only its own default temperature.</summary>
    public bool FixedTemperature { get; init; }

    /// <summary>The upstream wants <c>reasoning_content</c> back in the history (DeepSeek).</summary>
    public bool EchoReasoning { get; init; }

    /// <summary>A tool choice that the upstream cannot say is refused instead of adapted.</summary>
    public bool StrictTools { get; init; }

    /// <summary>The upstream wants <c>max_completion_tokens</c>; servers that only resemble OpenAI know <c>max_tokens</c>.</summary>
    public bool MaxCompletionTokens { get; init; }

    /// <summary>The upstream has OpenAI's responses endpoint.</summary>
    public bool HasResponses { get; init; }

    /// <summary>The model is asked through the responses endpoint also for clients of other protocols: some models have nothing else.</summary>
    public bool PreferResponses { get; init; }

    /// <summary>The upstream understands <c>cache_control</c> inside OpenAI's content parts (OpenRouter).</summary>
    public bool CacheControl { get; init; }

    /// <summary>The upstream knows the role <c>developer</c>.</summary>
    public bool DeveloperRole { get; init; }

    /// <summary>Tool call ids must be nine letters or digits (Mistral).</summary>
    public bool ShortToolIds { get; init; }

    /// <summary>The model has structured output of its own.</summary>
    public bool JsonSchema { get; init; } = true;

    /// <summary>The model reasons.</summary>
    public bool Reasoning { get; init; } = true;

    /// <summary>Takes <c>stream_options.include_usage</c>.</summary>
    public bool StreamUsage { get; init; } = true;

    /// <summary>Azure OpenAI without <c>/openai/v1</c>: the model stands in the path as a deployment, and an api-version in the query.</summary>
    public bool AzureDeployments { get; init; }

    /// <summary>The api-version of <see cref="AzureDeployments"/>; null for the newest that is no preview.</summary>
    public string? ApiVersion { get; init; }

    /// <summary>What the document says, and where it is silent what is known of the vendor.</summary>
    /// <param name="model">The upstream's name of it.</param>
    /// <param name="deployment">Null for a model that the document does not name.</param>
    /// <param name="translation">Of the model group.</param>
    public static UpstreamTraits Of(ProviderConfig provider, string model, DeploymentConfig? deployment, TranslationConfig translation)
    {
        var quirks = (deployment?.Quirks ?? new QuirksConfig()).Over(provider.Quirks);
        var host = provider.BaseUrl.Host;
        var isOpenAI = provider.Protocol == ProviderProtocol.AzureOpenAI || IsBelow(host, "openai.com") || IsBelow(host, "openai.azure.com");
        var maxOutput = deployment?.MaxOutput;
        return new UpstreamTraits
        {
            Host = host,
            MaxOutput = maxOutput,
            DefaultMaxTokens = translation.DefaultMaxTokens ?? maxOutput ?? Default.DefaultMaxTokens,
            MidSystem = translation.MidSystem,
            LeadUser = translation.LeadUser,
            StrictTools = translation.StrictTools,
            MaxCompletionTokens = quirks.MaxCompletionTokens ?? isOpenAI,
            DeveloperRole = quirks.DeveloperRole ?? isOpenAI,
            HasResponses = quirks.Responses ?? isOpenAI,
            PreferResponses = quirks.PreferResponses ?? ((quirks.Responses ?? isOpenAI) && ResponsesModels.HaveNothingElse(model)),
            StreamUsage = quirks.StreamUsage ?? true,
            EchoReasoning = quirks.EchoReasoning ?? IsBelow(host, "deepseek.com"),
            CacheControl = quirks.CacheControl ?? IsBelow(host, "openrouter.ai"),
            ShortToolIds = quirks.ShortToolIds ?? IsBelow(host, "mistral.ai"),
            FixedTemperature = quirks.FixedTemperature ?? false,
            JsonSchema = quirks.JsonSchema ?? true,
            Reasoning = quirks.Reasoning ?? true,
            ApiVersion = quirks.ApiVersion,
            AzureDeployments = provider.Protocol == ProviderProtocol.AzureOpenAI && !provider.BaseUrl.AbsolutePath.TrimEnd('/').EndsWith("/v1", StringComparison.Ordinal),
        };
    }

    private static bool IsBelow(string host, string domain) =>
        host.EndsWith(domain, StringComparison.OrdinalIgnoreCase) && (host.Length == domain.Length || host[host.Length - domain.Length - 1] == '.');
}
