using Gateway.Core.Configuration;
using Gateway.Core.Requests;

namespace Gateway.Router.Balancing;

/// <summary>Makes the strategy of a group. A service: whoever adds a strategy registers one that knows it and asks <see cref="BalancingStrategies.For"/> for the rest.</summary>
internal delegate IBalancingStrategy BalancingStrategyOf(ModelGroupConfig group, int deployments);

internal static class BalancingStrategies
{
    private static readonly LowestCost Cheapest = new();
    private static readonly LowestLatency Fastest = new(LatencyChoices.All);
    private static readonly HighestThroughput Throughput = new();

    /// <summary>The strategy of a group. It lives as long as the group's document; speed and load live longer, in <see cref="DeploymentLoad"/>.</summary>
    /// <param name="group">What the document says.</param>
    /// <param name="deployments">How many deployments it has.</param>
    public static IBalancingStrategy For(ModelGroupConfig group, int deployments) => group.Strategy switch
    {
        BalancingStrategy.WeightedRoundRobin => new WeightedRoundRobin(deployments),
        BalancingStrategy.LeastBusy => new LeastBusy(),
        BalancingStrategy.LowestLatency => new LowestLatency(),
        BalancingStrategy.LowestCost => new LowestCost(),
        BalancingStrategy.MostQuota => new MostQuota(),
        BalancingStrategy.Sticky => new Sticky(group, deployments),
        BalancingStrategy.Hybrid => new Hybrid(group.Priority),
    };

    /// <summary>For a request that says what its providers are to be sorted by: the best of all by that alone. Shared and stateless.</summary>
    /// <returns>Null when it does not say: then the group's own strategy chooses.</returns>
    public static IBalancingStrategy? ForSort(PreferenceSort sort) => sort switch
    {
        PreferenceSort.None => null,
        PreferenceSort.Price => Cheapest,
        PreferenceSort.Throughput => Throughput,
        PreferenceSort.Latency => Fastest,
    };
}
