using Gateway.Core.Configuration;

namespace Gateway.Core.Requests;

/// <summary>
/// Values of attributes that OpenTelemetry's conventions for generative AI name. Source: semantic-conventions, docs/gen-ai/gen-ai-metrics.md: where a well-known value
/// applies it must be used, else one of our own.
/// </summary>
public static class GenAiNames
{
    // Providers that speak OpenAI's protocol and have a name of their own. By the end of the host.
    private static readonly (string Host, string Name)[] Known =
    [
        ("groq.com", "groq"), ("mistral.ai", "mistral_ai"), ("deepseek.com", "deepseek"), ("x.ai", "x_ai"), ("perplexity.ai", "perplexity"),
        ("cohere.com", "cohere"), ("aiplatform.googleapis.com", "gcp.vertex_ai"), ("ml.cloud.ibm.com", "ibm.watsonx.ai"), ("openai.azure.com", "azure.ai.openai"),
    ];

    /// <summary><c>gen_ai.operation.name</c>.</summary>
    public static string Of(LlmOperation operation) => operation switch
    {
        LlmOperation.Completions or LlmOperation.OllamaGenerate => "text_completion",
        LlmOperation.GenerateContent => "generate_content",
        _ => LlmOperations.KindOf(operation) switch
        {
            LlmKind.Chat => "chat",
            LlmKind.Embed => "embeddings",
            LlmKind.CountTokens => "count_tokens",
            LlmKind.Moderate => "moderations",
            LlmKind.Image => "image",
            LlmKind.Audio => "audio",
            LlmKind.Rerank => "rerank",
            LlmKind.Files => "files",
        },
    };

    /// <summary><c>gen_ai.provider.name</c>: the kind of provider, not the name that the document gives it. Not for the path of a request.</summary>
    public static string Of(ProviderConfig provider)
    {
        foreach (var (host, name) in Known)
        {
            var own = provider.BaseUrl.Host;
            if (own.EndsWith(host, StringComparison.OrdinalIgnoreCase) && (own.Length == host.Length || own[^(host.Length + 1)] is '.' or '-'))
            {
                return name;
            }
        }

        return provider.Protocol switch
        {
            ProviderProtocol.OpenAI => "openai",
            ProviderProtocol.Anthropic => "anthropic",
            ProviderProtocol.Gemini => "gcp.gemini",
            ProviderProtocol.Vertex => "gcp.vertex_ai",
            ProviderProtocol.Ollama => "ollama",
            ProviderProtocol.AzureOpenAI => "azure.ai.openai",
            ProviderProtocol.Bedrock => "aws.bedrock",
        };
    }
}
