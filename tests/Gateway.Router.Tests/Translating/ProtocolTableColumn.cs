using Gateway.Core.Configuration;
using Gateway.Router.Protocols;

namespace Gateway.Router.Tests.Translating;

/// <summary>One upstream of the table: an adapter with the traits that a document gives it, and a model of today.</summary>
internal sealed record ProtocolTableColumn(string Name, string Model, IUpstreamProtocol Protocol, UpstreamTraits Traits)
{
    public const string Anthropic = "Anthropic";
    public const string Bedrock = "Bedrock";
    public const string Compatible = "Compatible";

    public static readonly IReadOnlyList<ProtocolTableColumn> All =
    [
        Of("OpenAI", ProviderProtocol.OpenAI, "https://api.openai.com/v1", "gpt-5.1"),
        Of("Responses", ProviderProtocol.OpenAI, "https://api.openai.com/v1", "gpt-5.1-codex"),
        Of("Azure", ProviderProtocol.AzureOpenAI, "https://resource.openai.azure.com/openai/v1", "gpt-5.1"),
        Of(Compatible, ProviderProtocol.OpenAI, "https://llm.example/v1", "llama-3.3-70b"),
        Of(Anthropic, ProviderProtocol.Anthropic, "https://api.anthropic.com/v1", "claude-sonnet-4-5"),
        Of("Gemini", ProviderProtocol.Gemini, "https://generativelanguage.googleapis.com/v1beta", "gemini-3-flash"),
        Of("Vertex", ProviderProtocol.Vertex, "https://aiplatform.googleapis.com/v1/projects/p/locations/global/publishers/google", "gemini-3-flash"),
        Of("Ollama", ProviderProtocol.Ollama, "http://ollama.example:11434", "qwen3"),
        Of(Bedrock, ProviderProtocol.Bedrock, "https://bedrock-runtime.eu-west-1.amazonaws.com", "anthropic.claude-sonnet-4-5-20250929-v1:0"),
    ];

    private static ProtocolTableColumn Of(string name, ProviderProtocol protocol, string url, string model)
    {
        var provider = new ProviderConfig { Name = "up", Protocol = protocol, BaseUrl = new Uri(url) };
        var deployment = new DeploymentConfig { Provider = "up", Model = model };
        return new ProtocolTableColumn(name, model, ProtocolAdapters.For(provider), UpstreamTraits.Of(provider, model, deployment, new TranslationConfig()));
    }
}
