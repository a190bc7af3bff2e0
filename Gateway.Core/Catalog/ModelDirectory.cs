using System.Collections.Concurrent;
using System.Collections.Frozen;
using Gateway.Core.Configuration;
using Gateway.Core.Requests;

namespace Gateway.Core.Catalog;

/// <summary>
/// The model names of one configuration. A name is, the first that fits: a model group, an alias, <c>provider/model</c>, a name with the
/// longest prefix, a model of the default provider. Names are compared exactly. Thread-safe: immutable but for a bounded cache of the
/// names that no entry of the document has.
/// </summary>
public sealed class ModelDirectory
{
    /// <summary>Names come from clients: past this many the cache stops growing.</summary>
    private const int MaxCachedNames = 1024;

    private readonly FrozenDictionary<string, ModelTarget> _named;
    private readonly FrozenDictionary<string, ModelTarget> _otherTags;
    private readonly FrozenSet<string> _deadAliases;
    private readonly FrozenDictionary<string, ProviderConfig>.AlternateLookup<ReadOnlySpan<char>> _providers;
    private readonly ProviderConfig? _defaultProvider;
    private readonly (string Prefix, ProviderConfig Provider)[] _prefixes;
    private readonly ConcurrentDictionary<string, ModelTarget> _found = new(StringComparer.Ordinal);

    // ConcurrentDictionary counts by locking all of itself.
    private int _foundCount;

    public ModelDirectory(GatewayConfig config)
    {
        _providers = config.Providers.GetAlternateLookup<ReadOnlySpan<char>>();
        _defaultProvider = config.Resolve.DefaultProvider is { } name ? config.Providers.GetValueOrDefault(name) : null;
        _prefixes = [.. config.Resolve.Prefixes.Where(pair => config.Providers.ContainsKey(pair.Value))
            .Select(pair => (pair.Key.TrimEnd('*'), config.Providers[pair.Value])).OrderByDescending(static pair => pair.Item1.Length)];
        var named = config.Models.Values.ToDictionary(static group => group.Name, group => Of(group, config), StringComparer.Ordinal);
        var dead = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (alias, target) in config.Aliases)
        {
            // One step: who reads the document follows the chains. A name that is both is the group.
            if (named.ContainsKey(alias))
            {
                continue;
            }

            if ((config.Models.TryGetValue(target, out var group) ? Of(group, config) : ByProvider(target)) is { } found)
            {
                named.Add(alias, found with { Name = alias, Target = target });
            }
            else
            {
                dead.Add(alias);
            }
        }

        _named = named.ToFrozenDictionary(StringComparer.Ordinal);
        _deadAliases = dead.ToFrozenSet(StringComparer.Ordinal);
        _otherTags = named.Values.Select(static target => (Other: ModelTags.Other(target.Name), Target: target))
            .Where(pair => pair.Other is not null && !named.ContainsKey(pair.Other)).ToFrozenDictionary(static pair => pair.Other!, static pair => pair.Target, StringComparer.Ordinal);
        Names = [.. named.Values.OrderBy(static target => target.Name, StringComparer.Ordinal)];
    }

    /// <summary>Model groups and aliases, by name.</summary>
    public IReadOnlyList<ModelTarget> Names { get; }

    /// <summary>Allocates only for a name that it has not seen before and no entry of the document has.</summary>
    /// <returns>Null when the name leads nowhere.</returns>
    public ModelTarget? Resolve(string model)
    {
        if (_named.TryGetValue(model, out var target) || _found.TryGetValue(model, out target))
        {
            return target;
        }

        return _deadAliases.Contains(model) || (ByProvider(model) ?? ByPrefix(model)) is not { } found ? null : Remember(found);
    }

    /// <summary>As Ollama's clients mean it: <c>x</c> and <c>x:latest</c> are one name, whichever the document has.</summary>
    /// <returns>Null when the name leads nowhere.</returns>
    public ModelTarget? ResolveTagged(string model) =>
        _named.TryGetValue(model, out var target) || _otherTags.TryGetValue(model, out target) ? target : Resolve(model);

    /// <summary>Whether the document itself has the name.</summary>
    public bool IsNamed(string model) => _named.ContainsKey(model);

    private static ModelTarget Of(ModelGroupConfig group, GatewayConfig config)
    {
        var providers = group.Deployments.Select(static deployment => deployment.Provider).Distinct(StringComparer.Ordinal).ToArray();
        return new ModelTarget
        {
            Name = group.Name,
            Target = group.Name,
            Group = group,
            Providers = providers,
            MaxTotal = providers.Max(name => config.Providers[name].Timeouts.Total),
        };
    }

    private ModelTarget? ByProvider(string name)
    {
        // A model name may itself hold slashes (openrouter/anthropic/claude): the first one parts the provider.
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && slash < name.Length - 1 && _providers.TryGetValue(name.AsSpan(0, slash), out var provider) ? Single(name, provider, name[(slash + 1)..]) : null;
    }

    private ModelTarget? ByPrefix(string model)
    {
        foreach (var (prefix, provider) in _prefixes)
        {
            if (model.StartsWith(prefix, StringComparison.Ordinal))
            {
                return Single(model, provider, model);
            }
        }

        return _defaultProvider is null ? null : Single(model, _defaultProvider, model);
    }

    private static ModelTarget Single(string name, ProviderConfig provider, string model) =>
        new() { Name = name, Target = name, Providers = [provider.Name], UpstreamModel = model, MaxTotal = provider.Timeouts.Total };

    private ModelTarget Remember(ModelTarget target)
    {
        if (Volatile.Read(ref _foundCount) >= MaxCachedNames)
        {
            return target;
        }

        if (_found.TryAdd(target.Name, target))
        {
            Interlocked.Increment(ref _foundCount);
            return target;
        }

        return _found[target.Name];
    }
}
