using Gateway.Router.Balancing;

namespace Gateway.Router.Catalog;

/// <summary>What one model name stands for.</summary>
internal sealed class ModelGroup(string name, Deployment[] deployments)
{
    public string Name { get; } = name;

    public IReadOnlyList<Deployment> Deployments { get; } = deployments;

    public WeightedRoundRobin Balancer { get; } = new(deployments.Length);
}
