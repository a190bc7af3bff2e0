using Gateway.Core.Configuration;
using Gateway.Core.Requests;
using Gateway.Router.Protocols.Anthropic;
using Gateway.Router.Protocols.AzureOpenAI;
using Gateway.Router.Protocols.Bedrock;
using Gateway.Router.Protocols.Gemini;
using Gateway.Router.Protocols.Ollama;
using Gateway.Router.Protocols.OpenAI;
using Gateway.Router.Protocols.Responses;

namespace Gateway.Router.Protocols;

/// <summary>Which adapter speaks to a provider. A service, so that a test can let one of its own speak.</summary>
internal delegate IUpstreamProtocol UpstreamProtocolOf(ProviderConfig provider);

/// <summary>Every protocol that the gateway speaks, on each side. A new one adds its line here.</summary>
internal static class ProtocolAdapters
{
    private static readonly OpenAIUpstream OpenAIUpstream = new();
    private static readonly AzureOpenAIUpstream AzureOpenAIUpstream = new();
    private static readonly AnthropicUpstream AnthropicUpstream = new();
    private static readonly GeminiUpstream GeminiUpstream = new();
    private static readonly VertexUpstream VertexUpstream = new();
    private static readonly OllamaUpstream OllamaUpstream = new();
    private static readonly BedrockUpstream BedrockUpstream = new();

    private static readonly OpenAIClient OpenAIClient = new();
    private static readonly ResponsesClient ResponsesClient = new();
    private static readonly AnthropicClient AnthropicClient = new();
    private static readonly GeminiClient GeminiClient = new();
    private static readonly OllamaClient OllamaClient = new();

    /// <summary>As <see cref="UpstreamProtocolOf"/>.</summary>
    public static IUpstreamProtocol For(ProviderConfig provider) => Upstream(provider.Protocol);

    /// <summary>What speaks to upstreams of a provider's protocol.</summary>
    public static IUpstreamProtocol Upstream(ProviderProtocol protocol) => protocol switch
    {
        ProviderProtocol.OpenAI => OpenAIUpstream,
        ProviderProtocol.AzureOpenAI => AzureOpenAIUpstream,
        ProviderProtocol.Anthropic => AnthropicUpstream,
        ProviderProtocol.Gemini => GeminiUpstream,
        ProviderProtocol.Vertex => VertexUpstream,
        ProviderProtocol.Ollama => OllamaUpstream,
        ProviderProtocol.Bedrock => BedrockUpstream,
    };

    /// <summary>What speaks to clients.</summary>
    public static IClientProtocol Client(LlmProtocol protocol) => protocol switch
    {
        LlmProtocol.OpenAI => OpenAIClient,
        LlmProtocol.Responses => ResponsesClient,
        LlmProtocol.Anthropic => AnthropicClient,
        LlmProtocol.Gemini => GeminiClient,
        LlmProtocol.Ollama => OllamaClient,
        LlmProtocol.Bedrock => throw new NotSupportedException("Clients do not speak Bedrock's protocol to the gateway."),
    };
}
