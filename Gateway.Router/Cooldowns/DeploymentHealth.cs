using Gateway.Router.Catalog;

namespace Gateway.Router.Cooldowns;

/// <summary>The state of a deployment as people are told it.</summary>
internal enum HealthState : byte
{
    Closed,

    /// <summary>Serves with less than its weight.</summary>
    Recovering,

    HalfOpen,
    Open,
}

internal static class DeploymentHealth
{
    /// <summary>The worse of a deployment and its address.</summary>
    public static HealthState Of(DeploymentState state, long now)
    {
        var (own, endpoint) = (Of(state.Breaker, now), Of(state.Endpoint.Breaker, now));
        return own > endpoint ? own : endpoint;
    }

    public static HealthState Of(Breaker breaker, long now) => breaker.StateAt(now) switch
    {
        BreakerState.Open => HealthState.Open,
        BreakerState.HalfOpen => HealthState.HalfOpen,
        BreakerState.Closed when breaker.RampAt(now) < 1 => HealthState.Recovering,
        BreakerState.Closed => HealthState.Closed,
    };

    /// <summary>The word in reports.</summary>
    public static string Word(this HealthState state) => state switch
    {
        HealthState.Closed => "closed",
        HealthState.Recovering => "recovering",
        HealthState.HalfOpen => "half_open",
        HealthState.Open => "open",
    };
}

internal static class ConfiguredDeployments
{
    /// <summary>Those that the document names, each once though several groups may have it, in the order of their names.</summary>
    public static IEnumerable<Deployment> Of(CatalogSnapshot catalog) => GroupsOf(catalog)
        .SelectMany(static group => group.Deployments).DistinctBy(static deployment => deployment.Id).OrderBy(static deployment => deployment.Id, StringComparer.Ordinal);

    public static IEnumerable<ModelGroup> GroupsOf(CatalogSnapshot catalog) =>
        catalog.Config.Models.Keys.Order(StringComparer.Ordinal).Select(catalog.Resolve).OfType<ModelGroup>();
}
