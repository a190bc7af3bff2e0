namespace Gateway.Core.Configuration.Documents;

/// <summary>The document's words for protocols.</summary>
internal static class ProtocolNames
{
    public static OrderedDictionary<string, ProviderProtocol> All { get; } = new(StringComparer.Ordinal)
    {
        ["openai"] = ProviderProtocol.OpenAI,
        ["anthropic"] = ProviderProtocol.Anthropic,
        ["gemini"] = ProviderProtocol.Gemini,
        ["vertex"] = ProviderProtocol.Vertex,
        ["ollama"] = ProviderProtocol.Ollama,
        ["azure-openai"] = ProviderProtocol.AzureOpenAI,
        ["bedrock"] = ProviderProtocol.Bedrock,
    };

    /// <summary>The protocols whose paths have an operation, as people write them.</summary>
    public static string Having(string operation) => string.Join(", ", All.Where(entry => PathOperations.Of(entry.Value).Contains(operation)).Select(static entry => $"`{entry.Key}`"));
}
