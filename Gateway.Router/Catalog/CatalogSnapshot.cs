using System.Collections.Concurrent;
using System.Collections.Frozen;
using Gateway.Core.Catalog;
using Gateway.Core.Configuration;
using Gateway.Core.Money;
using Gateway.Router.Attempts;
using Gateway.Router.Balancing;
using Gateway.Router.Cooldowns;
using Gateway.Router.Protocols;
using Gateway.Router.Telemetry;

namespace Gateway.Router.Catalog;

/// <summary>One configuration as requests read it: model names to deployments. Immutable but for a cache of resolved names.</summary>
internal sealed class CatalogSnapshot
{
    /// <summary>Names come from clients: past this many the cache stops growing.</summary>
    private const int MaxCachedNames = 1024;

    /// <summary>Stands in headers and metrics where other requests have their model.</summary>
    private const string Files = "files";

    private static readonly TranslationConfig Untold = new();

    private readonly DeploymentStates _states;
    private readonly GroupStates _groupStates;
    private readonly BalancingStrategyOf _strategyOf;
    private readonly FrozenDictionary<string, ModelGroup> _groups;
    private readonly FrozenDictionary<string, UpstreamClient> _upstreams;
    private readonly long _generation;
    private readonly ConcurrentDictionary<string, ModelGroup> _files = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ModelGroup> _resolved = new(StringComparer.Ordinal);

    public CatalogSnapshot(GatewayConfig config, FrozenDictionary<string, UpstreamClient> upstreams, DeploymentStates states, GroupStates groups, BalancingStrategyOf strategyOf, long generation = 1)
    {
        _generation = generation;
        _strategyOf = strategyOf;
        _states = states;
        _groupStates = groups;
        Config = config;
        _upstreams = upstreams;
        _groups = config.Models.Values.ToFrozenDictionary(static group => group.Name, Build, StringComparer.Ordinal);
        Names = new ModelDirectory(config);
    }

    public GatewayConfig Config { get; }

    public IEnumerable<UpstreamClient> Upstreams => _upstreams.Values;

    /// <summary>What names lead to.</summary>
    public ModelDirectory Names { get; }

    /// <returns>Null when the name leads nowhere.</returns>
    public ModelGroup? Resolve(string model) => Names.Resolve(model) is { } target ? GroupOf(target) : null;

    /// <summary>The deployments that a name of <see cref="Names"/> leads to.</summary>
    public ModelGroup GroupOf(ModelTarget target)
    {
        if (target.Group is { } named)
        {
            return _groups[named.Name];
        }

        return _resolved.TryGetValue(target.Name, out var group) ? group : Remember(target.Name, Single(target.Name, _upstreams[target.Providers[0]], target.UpstreamModel));
    }

    /// <summary>The files of a provider, as what is asked instead of a model.</summary>
    /// <returns>Null when there is no such provider.</returns>
    public ModelGroup? FilesOf(string provider) => _upstreams.TryGetValue(provider, out var upstream)
        ? _files.GetOrAdd(provider, static (_, made) => made.Catalog.Made(Files, made.upstream, Files, plan: null, isConfigured: true), (Catalog: this, upstream))
        : null;

    private ModelGroup Single(string name, UpstreamClient upstream, string model)
    {
        // The same model is priced alike whichever name led to it.
        return Made(name, upstream, model, Config.PlanOf(upstream.Provider.Name, model), isConfigured: false);
    }

    /// <summary>A group that the document does not have: one deployment, and whatever is remembered is its provider's.</summary>
    private ModelGroup Made(string name, UpstreamClient upstream, string model, PricePlan? plan, bool isConfigured)
    {
        var state = _states.Of(upstream.Provider.Name, model, upstream.Credentials, isConfigured);
        var deployment = new Deployment(upstream, UpstreamTraits.Of(upstream.Provider, model, null, Untold), model, weight: 1, plan, index: 0, isConfigured, state) { PriceVersion = plan?.VersionAt(_generation) ?? "" };
        var group = new ModelGroupConfig { Name = name, Deployments = [new DeploymentConfig { Provider = upstream.Provider.Name, Model = model }] };
        return new ModelGroup(group, [deployment], _groupStates.Of($"{upstream.Provider.Name}/*", group.Queue), BalancingStrategies.For(group, 1)) { MetricName = isConfigured ? name : MetricNames.Other };
    }

    private ModelGroup Remember(string model, ModelGroup group) => _resolved.Count < MaxCachedNames ? _resolved.GetOrAdd(model, group) : group;

    private ModelGroup Build(ModelGroupConfig group)
    {
        var deployments = new Deployment[group.Deployments.Count];
        for (var i = 0; i < deployments.Length; i++)
        {
            var config = group.Deployments[i];
            var upstream = _upstreams[config.Provider];
            var state = _states.Of(upstream.Provider.Name, config.Model, upstream.Credentials, isConfigured: true);
            deployments[i] = new Deployment(
                upstream, UpstreamTraits.Of(upstream.Provider, config.Model, config, group.Translation), config.Model, config.Weight, config.Plan, i, isConfigured: true, state)
            {
                PriceVersion = config.Plan?.VersionAt(_generation) ?? "",
                Order = config.Order,
                Context = config.Context,
                Supports = config.Supports,
                Tags = Merge(upstream.Provider.Tags, config.Tags),
                RejectsLosses = group.Translation.Unmappable == UnmappableFields.Reject,
                EchoesModel = group.Translation.EchoUpstreamModel,
            };
        }

        return new ModelGroup(group, deployments, _groupStates.Of(group.Name, group.Queue), _strategyOf(group, deployments.Length)) { MetricName = group.Name };
    }

    private static FrozenDictionary<string, string> Merge(FrozenDictionary<string, string> provider, FrozenDictionary<string, string> deployment)
    {
        if (deployment.Count == 0 || provider.Count == 0)
        {
            return deployment.Count == 0 ? provider : deployment;
        }

        var merged = new Dictionary<string, string>(provider, StringComparer.Ordinal);
        foreach (var (name, value) in deployment)
        {
            merged[name] = value;
        }

        return merged.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
