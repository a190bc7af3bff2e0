using System.Collections.Frozen;
using Gateway.Core.Requests;

namespace Gateway.Core.Configuration;

/// <summary>
/// The document's words for what is asked of an upstream, the keys of <see cref="ProviderConfig.Paths"/>: the operation in snake case without the
/// vendor's name. A path that a protocol has twice, plain and streamed, has two words.
/// </summary>
public static class PathOperations
{
    /// <summary>The list of the upstream's models.</summary>
    public const string Models = "models";

    private const string CountTokens = "count_tokens";

    private const string StreamGenerateContent = "stream_generate_content";

    private static readonly FrozenSet<string> OpenAI = FrozenSet.Create(StringComparer.Ordinal,
        "chat_completions", "completions", "embeddings", "responses", CountTokens,
        "image_generations", "image_edits", "image_variations", "speech", "transcriptions", "speech_translations", "rerank", "files");

    private static readonly FrozenSet<string> OpenAIWithList = [.. OpenAI, Models];

    private static readonly FrozenSet<string> Anthropic = FrozenSet.Create(StringComparer.Ordinal, "messages", CountTokens, Models);

    private static readonly FrozenSet<string> Vertex =
        FrozenSet.Create(StringComparer.Ordinal, "generate_content", StreamGenerateContent, "embed_content", "batch_embed_contents", CountTokens);

    private static readonly FrozenSet<string> Gemini = [.. Vertex, Models];

    private static readonly FrozenSet<string> Ollama = FrozenSet.Create(StringComparer.Ordinal, "chat", "generate", "embed", "embeddings", Models);

    private static readonly FrozenSet<string> Bedrock = FrozenSet.Create(StringComparer.Ordinal, "converse", "converse_stream", CountTokens);

    /// <summary>Every word, in the order of the reference page.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        "chat_completions", "completions", "responses", "embeddings", "messages", CountTokens,
        "generate_content", StreamGenerateContent, "embed_content", "batch_embed_contents", "chat", "generate", "embed", "converse", "converse_stream",
        "image_generations", "image_edits", "image_variations", "speech", "transcriptions", "speech_translations", "rerank", "files", Models,
    ];

    /// <summary>The words of a protocol: what its upstreams are asked for.</summary>
    public static IReadOnlySet<string> Of(ProviderProtocol protocol) => protocol switch
    {
        ProviderProtocol.OpenAI => OpenAIWithList,
        ProviderProtocol.AzureOpenAI => OpenAI,
        ProviderProtocol.Anthropic => Anthropic,
        ProviderProtocol.Gemini => Gemini,
        ProviderProtocol.Vertex => Vertex,
        ProviderProtocol.Ollama => Ollama,
        ProviderProtocol.Bedrock => Bedrock,
    };

    /// <summary>Whether the protocol's own path of an operation has a query, so that another path may have one too.</summary>
    public static bool HasQuery(ProviderProtocol protocol, string operation) => protocol switch
    {
        ProviderProtocol.AzureOpenAI => true,
        ProviderProtocol.Gemini => operation is StreamGenerateContent or Models,
        ProviderProtocol.Vertex => operation is StreamGenerateContent,
        ProviderProtocol.Anthropic => operation is Models,
        ProviderProtocol.OpenAI or ProviderProtocol.Ollama or ProviderProtocol.Bedrock => false,
    };

    /// <summary>The word of an operation.</summary>
    /// <returns>Null for an operation without a path of its own upstream.</returns>
    public static string? NameOf(LlmOperation operation, bool stream) => operation switch
    {
        LlmOperation.ChatCompletions => "chat_completions",
        LlmOperation.Completions => "completions",
        LlmOperation.Embeddings or LlmOperation.OllamaEmbeddings => "embeddings",
        LlmOperation.Moderations => null,
        LlmOperation.Responses => "responses",
        LlmOperation.ResponsesInputTokens or LlmOperation.MessagesCountTokens or LlmOperation.GeminiCountTokens or LlmOperation.BedrockCountTokens => CountTokens,
        LlmOperation.Messages => "messages",
        LlmOperation.GenerateContent => stream ? StreamGenerateContent : "generate_content",
        LlmOperation.EmbedContent => "embed_content",
        LlmOperation.BatchEmbedContents => "batch_embed_contents",
        LlmOperation.OllamaChat => "chat",
        LlmOperation.OllamaGenerate => "generate",
        LlmOperation.OllamaEmbed => "embed",
        LlmOperation.Converse => stream ? "converse_stream" : "converse",
        LlmOperation.ImageGenerations => "image_generations",
        LlmOperation.ImageEdits => "image_edits",
        LlmOperation.ImageVariations => "image_variations",
        LlmOperation.Speech => "speech",
        LlmOperation.Transcriptions => "transcriptions",
        LlmOperation.SpeechTranslations => "speech_translations",
        LlmOperation.Rerank => "rerank",
        LlmOperation.Files => "files",
    };
}
