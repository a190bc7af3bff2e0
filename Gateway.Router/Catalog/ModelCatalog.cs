using System.Collections.Frozen;
using Gateway.Core.Configuration;
using Gateway.Router.Attempts;
using Gateway.Router.Balancing;
using Gateway.Router.Cooldowns;
using Gateway.Router.Credentials;
using Gateway.Router.Protocols;

namespace Gateway.Router.Catalog;

/// <summary>The catalogue in force. Rebuilt whole on every good document; running requests keep the one they began with.</summary>
internal sealed class ModelCatalog : IDisposable
{
    private readonly UpstreamProtocolOf _protocolOf;
    private readonly DeploymentStates _states;
    private readonly GroupStates _groups;
    private readonly BalancingStrategyOf _strategyOf;
    private readonly TimeProvider _time;
    private readonly CredentialPools? _pools;
    private readonly IDisposable _subscription;
    private volatile CatalogSnapshot? _current;

    public ModelCatalog(IConfigStore store, UpstreamProtocolOf protocolOf, DeploymentStates states, GroupStates groups, TimeProvider? time = null, CredentialPools? pools = null, BalancingStrategyOf? strategyOf = null)
    {
        _protocolOf = protocolOf;
        _states = states;
        _groups = groups;
        _time = time ?? TimeProvider.System;
        _pools = pools;
        _strategyOf = strategyOf ?? BalancingStrategies.For;

        // The store calls once before it returns, so Current is never empty.
        _subscription = store.OnChange(Build);
    }

    /// <summary>Read once per request.</summary>
    public CatalogSnapshot Current => _current ?? throw new InvalidOperationException("The configuration store gave no document.");

    public void Dispose() => _subscription.Dispose();

    private void Build(ConfigSnapshot snapshot)
    {
        var before = _current?.Upstreams.ToDictionary(static upstream => upstream.Provider.Name, StringComparer.Ordinal);
        var models = snapshot.Config.Models.Values.SelectMany(static group => group.Deployments).ToLookup(static deployment => deployment.Provider, static deployment => deployment.Model, StringComparer.Ordinal);
        var upstreams = snapshot.Config.Providers.Values.ToFrozenDictionary(
            static provider => provider.Name,
            provider => new UpstreamClient(provider, before?.GetValueOrDefault(provider.Name), _protocolOf(provider), models[provider.Name], _time, _pools),
            StringComparer.Ordinal);
        _pools?.Keep(snapshot.Config.Providers.Keys);
        _current = new CatalogSnapshot(snapshot.Config, upstreams, _states, _groups, _strategyOf, snapshot.Generation);
    }
}
