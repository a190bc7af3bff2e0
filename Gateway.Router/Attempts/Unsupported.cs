using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Router.Catalog;

namespace Gateway.Router.Attempts;

internal static class Unsupported
{
    /// <summary>The upstream has nothing like what the client asks for.</summary>
    public static GatewayException By(LlmEndpoint endpoint, Deployment deployment) => By(endpoint.Kind, deployment);

    public static GatewayException By(LlmKind kind, Deployment deployment) => new(
        GatewayErrorKind.ModelNotFound, $"The provider of the model '{deployment.Model}' has no {Name(kind)}. Ask for a model whose provider has.", "model");

    private static string Name(LlmKind kind) => kind switch
    {
        LlmKind.Chat => "chat",
        LlmKind.Embed => "embeddings",
        LlmKind.CountTokens => "token counter",
        LlmKind.Moderate => "moderation",
        LlmKind.Image => "images",
        LlmKind.Audio => "audio",
        LlmKind.Rerank => "reranking",
        LlmKind.Files => "files",
    };
}
