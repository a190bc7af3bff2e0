using Gateway.Router.Balancing;
using Gateway.Router.Pipeline;
using Gateway.Router.Protocols;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Gateway.Router.Catalog;

internal static class CatalogServices
{
    /// <summary>The model catalogue and the stage that resolves names with it.</summary>
    public static WebApplicationBuilder AddCatalog(this WebApplicationBuilder builder)
    {
        builder.Services.TryAddSingleton(new UpstreamProtocolOf(ProtocolAdapters.For));
        builder.Services.TryAddSingleton(new BalancingStrategyOf(BalancingStrategies.For));
        builder.Services.AddSingleton<RouterClock>();
        builder.Services.AddSingleton<GroupStates>();
        builder.Services.AddSingleton<ModelCatalog>();
        builder.Services.AddLlmStage<ResolveStage>(LlmPhase.Resolve);
        return builder;
    }
}
