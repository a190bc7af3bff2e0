using Gateway.Core.Configuration;
using Gateway.Core.Requests;

namespace Gateway.Core.Tests.Requests;

public sealed class GenAiNamesTests
{
    [Theory]
    [InlineData(ProviderProtocol.OpenAI, "https://api.openai.com/v1", "openai")]
    [InlineData(ProviderProtocol.OpenAI, "http://127.0.0.1:8000/v1", "openai")]
    [InlineData(ProviderProtocol.OpenAI, "https://api.groq.com/openai/v1", "groq")]
    [InlineData(ProviderProtocol.OpenAI, "https://api.x.ai/v1", "x_ai")]
    [InlineData(ProviderProtocol.OpenAI, "https://api.phonix.ai/v1", "openai")]
    [InlineData(ProviderProtocol.Anthropic, "https://api.anthropic.com/v1", "anthropic")]
    [InlineData(ProviderProtocol.Gemini, "https://generativelanguage.googleapis.com/v1beta", "gcp.gemini")]
    [InlineData(ProviderProtocol.Vertex, "https://europe-west4-aiplatform.googleapis.com/v1", "gcp.vertex_ai")]
    [InlineData(ProviderProtocol.OpenAI, "https://europe-west4-aiplatform.googleapis.com/v1", "gcp.vertex_ai")]
    [InlineData(ProviderProtocol.AzureOpenAI, "https://x.openai.azure.com", "azure.ai.openai")]
    [InlineData(ProviderProtocol.Bedrock, "https://bedrock-runtime.eu-central-1.amazonaws.com", "aws.bedrock")]
    [InlineData(ProviderProtocol.Ollama, "http://localhost:11434", "ollama")]
    public void A_provider_has_the_well_known_name_of_its_kind(ProviderProtocol protocol, string url, string expected) =>
        Assert.Equal(expected, GenAiNames.Of(new ProviderConfig { Name = "mine", Protocol = protocol, BaseUrl = new Uri(url), Keys = [] }));
}
