using Gateway.Simulator.Protocols.OpenAI;
using Gateway.Simulator.Protocols.Responses;

namespace Gateway.Simulator.Protocols.Azure;

internal static class AzureEndpoints
{
    public static IEndpointRouteBuilder MapAzure(this IEndpointRouteBuilder routes)
    {
        var old = new AzureProvider(versioned: true);
        routes.MapOperation("/openai/deployments/{deployment}/chat/completions", new DeploymentOperation(new ChatOperation(old)));
        routes.MapOperation("/openai/deployments/{deployment}/completions", new DeploymentOperation(new CompletionOperation(old)));
        routes.MapOperation("/openai/deployments/{deployment}/embeddings", new DeploymentOperation(new EmbeddingOperation(old)));

        // Models of other makers than OpenAI have a path without deployment.
        routes.MapOperation("/models/chat/completions", new ChatOperation(old));
        var shelf = new ResponseShelf();
        routes.MapResponses("/openai/responses", old, shelf);

        var plain = new AzureProvider(versioned: false);
        routes.MapOperation("/openai/v1/chat/completions", new ChatOperation(plain));
        routes.MapOperation("/openai/v1/completions", new CompletionOperation(plain));
        routes.MapOperation("/openai/v1/embeddings", new EmbeddingOperation(plain));
        routes.MapResponses("/openai/v1/responses", plain, shelf);

        var models = ActivatorUtilities.CreateInstance<ModelCatalog>(routes.ServiceProvider, plain);
        routes.MapGet("/openai/v1/models", models.ListAsync);
        routes.MapGet("/openai/v1/models/{**id}", models.GetAsync);
        var oldModels = ActivatorUtilities.CreateInstance<ModelCatalog>(routes.ServiceProvider, old);
        routes.MapGet("/openai/models", oldModels.ListAsync);
        routes.MapGet("/openai/models/{**id}", oldModels.GetAsync);
        return routes;
    }
}
