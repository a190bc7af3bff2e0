using System.Collections.Frozen;

namespace Gateway.Core.Configuration.Documents;

/// <summary>The words for what is asked of an upstream, the keys of <see cref="ProviderConfig.Paths"/>, and which protocol has which.</summary>
internal static class PathOperations
{
    public const string Files = "files";

    public const string Models = "models";

    private const string CountTokens = "count_tokens";

    private static readonly FrozenSet<string> AzureOpenAI = FrozenSet.Create(StringComparer.Ordinal,
        "chat_completions", "completions", "responses", "embeddings", CountTokens, "images", "audio", "rerank", Files);

    private static readonly FrozenSet<string> OpenAI = [.. AzureOpenAI, Models];

    private static readonly FrozenSet<string> Anthropic = FrozenSet.Create(StringComparer.Ordinal, "messages", CountTokens, Models);

    // Where model and method stand in the paths, those of chats and embeddings are the protocol itself.
    private static readonly FrozenSet<string> Gemini = FrozenSet.Create(StringComparer.Ordinal, CountTokens, Models);

    private static readonly FrozenSet<string> Counting = FrozenSet.Create(StringComparer.Ordinal, CountTokens);

    private static readonly FrozenSet<string> Listing = FrozenSet.Create(StringComparer.Ordinal, Models);

    /// <summary>Every word with what it is about, in the order of the reference page.</summary>
    public static OrderedDictionary<string, string> All { get; } = new(StringComparer.Ordinal)
    {
        ["chat_completions"] = "Chats.",
        ["completions"] = "Text completions.",
        ["responses"] = "Responses.",
        ["embeddings"] = "Embeddings.",
        ["messages"] = "Messages.",
        [CountTokens] = "Counting of tokens.",
        ["images"] = "Pictures; `/generations`, `/edits` and `/variations` are appended.",
        ["audio"] = "Sound; `/speech`, `/transcriptions` and `/translations` are appended.",
        ["rerank"] = "Reranking.",
        [Files] = "Files; what is about one file is appended.",
        [Models] = "The list of models.",
    };

    /// <summary>The words of a protocol.</summary>
    public static IReadOnlySet<string> Of(ProviderProtocol protocol) => protocol switch
    {
        ProviderProtocol.OpenAI => OpenAI,
        ProviderProtocol.AzureOpenAI => AzureOpenAI,
        ProviderProtocol.Anthropic => Anthropic,
        ProviderProtocol.Gemini => Gemini,
        ProviderProtocol.Ollama => Listing,
        ProviderProtocol.Vertex or ProviderProtocol.Bedrock => Counting,
    };

    /// <summary>Whether the protocol's own path of an operation has a query, so that another path may have one too.</summary>
    public static bool HasQuery(ProviderProtocol protocol, string operation) => protocol switch
    {
        ProviderProtocol.AzureOpenAI => true,
        ProviderProtocol.Anthropic or ProviderProtocol.Gemini => operation == Models,
        ProviderProtocol.OpenAI or ProviderProtocol.Vertex or ProviderProtocol.Ollama or ProviderProtocol.Bedrock => false,
    };
}
