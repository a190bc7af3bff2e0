using System.Collections.Frozen;
using Gateway.Core.Configuration;
using Gateway.Core.Requests;
using Gateway.Router.Attempts;

namespace Gateway.Router.Connections;

/// <summary>Paths that an upstream has elsewhere than its protocol, in the words of the document.</summary>
internal static class OperationPaths
{
    public const string Models = "models";

    /// <summary>Stands for the upstream's name of the model, escaped.</summary>
    public const string ModelPlace = "{model}";

    /// <summary>The path that the document gives to an operation, or null when it says nothing.</summary>
    /// <param name="model">Escaped.</param>
    public static string? Find(FrozenDictionary<string, string> paths, LlmOperation operation, string model)
    {
        if (paths.Count == 0 || WordOf(operation) is not var (word, rest) || !paths.TryGetValue(word, out var template))
        {
            return null;
        }

        var path = template.Replace(ModelPlace, model, StringComparison.Ordinal);
        var query = path.IndexOf('?', StringComparison.Ordinal);
        return query < 0 ? path + rest : path.Insert(query, rest);
    }

    /// <exception cref="GatewayConfigurationException">A path leads elsewhere than below the provider's base URL.</exception>
    public static void Check(ProviderConfig provider)
    {
        foreach (var (word, path) in provider.Paths)
        {
            if (!IsBelow(provider.BaseUrl, path))
            {
                throw new GatewayConfigurationException($"providers.{provider.Name}.paths.{word}: the path must begin with '/' and stay below base_url; only {ModelPlace} may be left open.");
            }
        }
    }

    private static bool IsBelow(Uri baseUrl, string path)
    {
        try
        {
            return path.StartsWith('/') && UpstreamAddress.Build(baseUrl, path.Replace(ModelPlace, "m", StringComparison.Ordinal)) is not null;
        }
        catch (Exception exception) when (exception is ArgumentException or UriFormatException)
        {
            return false;
        }
    }

    /// <summary>Images and audio are families: what stands behind their common path stays.</summary>
    private static (string Word, string Below)? WordOf(LlmOperation operation) => operation switch
    {
        LlmOperation.ChatCompletions => ("chat_completions", ""),
        LlmOperation.Completions => ("completions", ""),
        LlmOperation.Responses => ("responses", ""),
        LlmOperation.Embeddings => ("embeddings", ""),
        LlmOperation.Messages => ("messages", ""),
        LlmOperation.MessagesCountTokens or LlmOperation.ResponsesInputTokens or LlmOperation.GeminiCountTokens or LlmOperation.BedrockCountTokens => ("count_tokens", ""),
        LlmOperation.ImageGenerations => ("images", "/generations"),
        LlmOperation.ImageEdits => ("images", "/edits"),
        LlmOperation.ImageVariations => ("images", "/variations"),
        LlmOperation.Speech => ("audio", "/speech"),
        LlmOperation.Transcriptions => ("audio", "/transcriptions"),
        LlmOperation.SpeechTranslations => ("audio", "/translations"),
        LlmOperation.Rerank => ("rerank", ""),
        LlmOperation.Files => ("files", ""),

        // Protocols whose paths name model and method have nothing to put elsewhere.
        LlmOperation.Moderations or LlmOperation.GenerateContent or LlmOperation.EmbedContent or LlmOperation.BatchEmbedContents
            or LlmOperation.OllamaChat or LlmOperation.OllamaGenerate or LlmOperation.OllamaEmbed or LlmOperation.OllamaEmbeddings or LlmOperation.Converse => null,
    };
}
