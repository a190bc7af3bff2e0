using Gateway.Core.Configuration;
using Gateway.Core.Requests;

namespace Gateway.Router.Balancing;

internal static class BalancingStrategies
{
    /// <summary>The strategy of a group. It lives as long as the group's document; speed and load live longer, in <see cref="DeploymentLoad"/>.</summary>
    /// <param name="group">What the document says.</param>
    /// <param name="deployments">How many deployments it has.</param>
    public static IBalancingStrategy For(ModelGroupConfig group, int deployments) => new WeightedRoundRobin(deployments);

    /// <summary>What a request asks for itself.</summary>
    public static IBalancingStrategy ForSort(PreferenceSort sort) => throw new NotSupportedException($"Sorting by {sort} is not there yet.");
}
