using Gateway.Core.Configuration;
using Gateway.Router.Balancing;
using Gateway.Router.Telemetry;

namespace Gateway.Router.Catalog;

/// <summary>What one model name stands for.</summary>
internal sealed class ModelGroup
{
    public ModelGroup(ModelGroupConfig config, Deployment[] deployments, GroupState state, IBalancingStrategy strategy)
    {
        Config = config;
        Deployments = deployments;
        State = state;
        HasLimits = deployments.Any(static deployment => deployment.Upstream.Credentials.HasLimits);
        LimitsSessions = deployments.Any(static deployment => deployment.Upstream.Credentials.LimitsSessions);
        DeclaresBounds = deployments.Any(static deployment => deployment.Supports is not null || deployment.Context is not null);
        Strategy = strategy;
    }

    public string Name => Config.Name;

    /// <summary>The name where the document has it; else a word for all others, since clients could invent any number of them.</summary>
    public string MetricName { get; init; } = MetricNames.Other;

    /// <summary>What the document says, or the standard for a name that the document does not have.</summary>
    public ModelGroupConfig Config { get; }

    public Deployment[] Deployments { get; }

    /// <summary>Whether a deployment says what it can do or how much it holds: then requests must be read for what they need.</summary>
    public bool DeclaresBounds { get; }

    /// <summary>Whether a provider or one of its keys has limits of ours: then calls make room for others when they end.</summary>
    public bool HasLimits { get; }

    /// <summary>Whether such a limit is about sessions.</summary>
    public bool LimitsSessions { get; }

    /// <summary>Whether it matters how many tokens a request has: elsewhere nobody counts.</summary>
    public bool WantsEstimates => HasLimits || DeclaresBounds || Config.Strategy is BalancingStrategy.LowestCost or BalancingStrategy.Hybrid;

    public IBalancingStrategy Strategy { get; }

    public GroupState State { get; }
}
