using System.Collections.Concurrent;
using System.Collections.Frozen;
using Gateway.Core.Configuration;
using Gateway.Core.Money;
using Gateway.Router.Attempts;
using Gateway.Router.Protocols;

namespace Gateway.Router.Catalog;

/// <summary>One configuration as requests read it: model names to deployments. Immutable but for a cache of resolved names.</summary>
internal sealed class CatalogSnapshot
{
    /// <summary>Names come from clients: past this many the cache stops growing.</summary>
    private const int MaxCachedNames = 1024;

    /// <summary>Stands in headers and metrics where other requests have their model.</summary>
    private const string Files = "files";

    private static readonly TranslationConfig Untold = new();

    private readonly FrozenDictionary<string, ModelGroup> _groups;
    private readonly FrozenDictionary<string, UpstreamClient> _upstreams;
    private readonly FrozenDictionary<string, TokenPrice?> _prices;
    private readonly (string Prefix, string Provider)[] _prefixes;
    private readonly ConcurrentDictionary<string, ModelGroup> _files = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ModelGroup> _resolved = new(StringComparer.Ordinal);

    public CatalogSnapshot(GatewayConfig config, FrozenDictionary<string, UpstreamClient> upstreams)
    {
        Config = config;
        _upstreams = upstreams;
        _groups = config.Models.Values.ToFrozenDictionary(static group => group.Name, Build, StringComparer.Ordinal);
        _prices = config.Models.Values.SelectMany(static group => group.Deployments)
            .GroupBy(static deployment => deployment.Id, StringComparer.Ordinal)
            .ToFrozenDictionary(static same => same.Key, static same => same.Select(static deployment => deployment.Price).FirstOrDefault(static price => price is not null), StringComparer.Ordinal);
        _prefixes = [.. config.Resolve.Prefixes.Select(static pair => (pair.Key.TrimEnd('*'), pair.Value)).OrderByDescending(static pair => pair.Item1.Length)];
    }

    public GatewayConfig Config { get; }

    public IEnumerable<UpstreamClient> Upstreams => _upstreams.Values;

    /// <summary>
    /// Resolves a name: model group, alias, <c>provider/model</c>, longest prefix, default provider.
    /// </summary>
    /// <returns>Null when the name leads nowhere.</returns>
    public ModelGroup? Resolve(string model)
    {
        if (_groups.TryGetValue(model, out var group) || _resolved.TryGetValue(model, out group))
        {
            return group;
        }

        if (Config.Aliases.TryGetValue(model, out var target))
        {
            // One step only: an alias of an alias could go in circles.
            return _groups.TryGetValue(target, out group) ? group : Remember(model, ByProvider(target));
        }

        return Remember(model, ByProvider(model) ?? ByPrefix(model));
    }

    /// <summary>The files of a provider, as what is asked instead of a model.</summary>
    /// <returns>Null when there is no such provider.</returns>
    public ModelGroup? FilesOf(string provider) => _upstreams.TryGetValue(provider, out var upstream)
        ? _files.GetOrAdd(provider, static (_, upstream) => new ModelGroup(
            Files, [new Deployment(upstream, UpstreamTraits.Of(upstream.Provider, Files, null, Untold), Files, weight: 1, price: null, index: 0, isConfigured: true)]), upstream)
        : null;

    /// <summary>What a name stands for: the target of an alias, else the name itself.</summary>
    public string TargetOf(string model) => !_groups.ContainsKey(model) && Config.Aliases.TryGetValue(model, out var target) ? target : model;

    private ModelGroup? ByProvider(string name)
    {
        // A model name may itself hold slashes (openrouter/anthropic/claude): the first one parts the provider.
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && slash < name.Length - 1 && _upstreams.TryGetValue(name[..slash], out var upstream) ? Single(name, upstream, name[(slash + 1)..]) : null;
    }

    private ModelGroup? ByPrefix(string model)
    {
        var provider = Config.Resolve.DefaultProvider;
        foreach (var (prefix, owner) in _prefixes)
        {
            if (model.StartsWith(prefix, StringComparison.Ordinal))
            {
                provider = owner;
                break;
            }
        }

        return provider is not null && _upstreams.TryGetValue(provider, out var upstream) ? Single(model, upstream, model) : null;
    }

    private ModelGroup Single(string name, UpstreamClient upstream, string model)
    {
        // The same model is priced alike whichever name led to it.
        _prices.TryGetValue($"{upstream.Provider.Name}/{model}", out var price);
        return new ModelGroup(name, [new Deployment(upstream, UpstreamTraits.Of(upstream.Provider, model, null, Untold), model, weight: 1, price, index: 0, isConfigured: false)]);
    }

    private ModelGroup? Remember(string model, ModelGroup? group)
    {
        if (group is not null && _resolved.Count < MaxCachedNames)
        {
            return _resolved.GetOrAdd(model, group);
        }

        return group;
    }

    private ModelGroup Build(ModelGroupConfig group) => new(group.Name, [.. group.Deployments.Select((deployment, index) =>
    {
        var upstream = _upstreams[deployment.Provider];
        return new Deployment(
            upstream, UpstreamTraits.Of(upstream.Provider, deployment.Model, deployment, group.Translation), deployment.Model, deployment.Weight, deployment.Price, index, isConfigured: true)
        {
            RejectsLosses = group.Translation.Unmappable == UnmappableFields.Reject,
            EchoesModel = group.Translation.EchoUpstreamModel,
        };
    })]);
}
